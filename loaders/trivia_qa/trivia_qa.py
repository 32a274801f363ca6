"""TriviaQA: questions of trivia with pages that may hold the answer, from two archives of JSON and text files.

Knows: which files make up a variant, and how evidence is found. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_items

URL = "http://nlp.cs.washington.edu/triviaqa/data/triviaqa-{}.tar.gz"
VARIANTS = [f"{variant}{part}" for part in ("", ".web", ".wikipedia") for variant in ("rc", "unfiltered")]
CONFIGS = [f"{variant}{context}" for variant in VARIANTS for context in ("", ".nocontext")]
PAGE = {"doc_source": "DocSource", "filename": "Filename", "title": "Title"}
RESULT = {"description": "Description", "filename": "Filename", "rank": "Rank", "title": "Title", "url": "Url"}

DESCRIPTION = """Questions of trivia in English with their answers, and pages of the web and of Wikipedia that may hold
them."""

CITATION = """@misc{joshi2017,
  title = {triviaqa: A Large Scale Distantly Supervised Challenge Dataset for Reading Comprehension},
  author = {Joshi, Mandar and Choi, Eunsol and Weld, Daniel and Zettlemoyer, Luke},
  year = {2017},
  howpublished = {arXiv e-prints},
  url = {https://arxiv.org/abs/1705.03551},
}"""


class TriviaQa(datasets.GeneratorBasedBuilder):
    """Builder of the twelve configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.2.0"), description=f"Variant {name}.") for name in CONFIGS
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://nlp.cs.washington.edu/triviaqa/",
            license="unknown",
            features=datasets.Features(
                {
                    "question": datasets.Value("string"),
                    "question_id": datasets.Value("string"),
                    "question_source": datasets.Value("string"),
                    "entity_pages": datasets.Sequence(
                        {
                            "doc_source": datasets.Value("string"),
                            "filename": datasets.Value("string"),
                            "title": datasets.Value("string"),
                            "wiki_context": datasets.Value("string"),
                        }
                    ),
                    "search_results": datasets.Sequence(
                        {
                            "description": datasets.Value("string"),
                            "filename": datasets.Value("string"),
                            "rank": datasets.Value("int32"),
                            "title": datasets.Value("string"),
                            "url": datasets.Value("string"),
                            "search_context": datasets.Value("string"),
                        }
                    ),
                    "answer": {
                        "aliases": datasets.Sequence(datasets.Value("string")),
                        "normalized_aliases": datasets.Sequence(datasets.Value("string")),
                        "matched_wiki_entity_name": datasets.Value("string"),
                        "normalized_matched_wiki_entity_name": datasets.Value("string"),
                        "normalized_value": datasets.Value("string"),
                        "type": datasets.Value("string"),
                        "value": datasets.Value("string"),
                    },
                }
            ),
        )

    def _split_generators(self, dl_manager):
        variant, *rest = self.config.name.removesuffix(".nocontext").split(".")
        with_context = not self.config.name.endswith(".nocontext")
        names = [variant] if variant == "unfiltered" else []
        if with_context or variant == "rc":
            names.append("rc")
        roots = dl_manager.download_and_extract({name: URL.format(name) for name in names})
        evidence = os.path.join(roots["rc"], "evidence") if with_context else None
        if variant == "rc":
            patterns = [os.path.join(roots["rc"], "qa", f"{part}-{{}}.json") for part in rest or ("web", "wikipedia")]
        else:
            folder = os.path.join(roots["unfiltered"], "triviaqa-unfiltered")
            patterns = [os.path.join(folder, f"unfiltered-{part}-{{}}.json") for part in ([] if rest else ["web"])]
        return [
            datasets.SplitGenerator(split, {"paths": [p.format(part) for p in patterns], "evidence": evidence})
            for split, part in (("train", "train"), ("validation", "dev"), ("test", "test-without-answers"))
        ]

    def _generate_examples(self, paths, evidence):
        number = 0
        for path in paths:
            for row in json_items(path, "Data"):
                yield number, example_of(row, evidence)
                number += 1


def example_of(row, evidence):
    """A question as a row, with the texts below the folder ``evidence`` if there is one."""
    answer = row.get("Answer")
    missing = "<unk>" if answer is None else ""
    answer = answer or {}
    return {
        "question": row["Question"],
        "question_id": row["QuestionId"],
        "question_source": row["QuestionSource"],
        "entity_pages": pages(row.get("EntityPages", ()), PAGE, "wiki_context", evidence, "wikipedia"),
        "search_results": pages(row.get("SearchResults", ()), RESULT, "search_context", evidence, "web"),
        "answer": {
            "aliases": answer.get("Aliases", []),
            "normalized_aliases": answer.get("NormalizedAliases", []),
            "matched_wiki_entity_name": missing,
            "normalized_matched_wiki_entity_name": missing,
            "normalized_value": answer.get("NormalizedValue", missing),
            "type": answer.get("Type", ""),
            "value": answer.get("Value", missing),
        },
    }


def pages(found, keys, context, evidence, kind):
    """The pages as a struct of lists, each with its text; none without a folder ``evidence``."""
    pages = {column: [] for column in [*keys, context]}
    for page in found if evidence else ():
        path = os.path.join(evidence, kind, page["Filename"])
        if os.path.exists(path):
            for column, key in keys.items():
                pages[column].append(page.get(key, 0 if column == "rank" else ""))
            with open(path, encoding="utf-8") as file:
                pages[context].append(file.read().strip())
    return pages
