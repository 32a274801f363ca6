"""WebNLG: sets of triples from DBpedia and sentences that say what they say, from XML files.

Knows: the releases, where their splits lie in the archive, and what an entry holds.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os
from glob import escape, glob

import nlpdata as datasets
from nlpdata.builder.shapes import xml_elements

COMMIT = "587fa698bec705efbefe72a235a6019c2b9b8b6c"
URL = f"https://gitlab.com/shimorina/webnlg-dataset/-/archive/{COMMIT}/webnlg-dataset-{COMMIT}.zip"

# Release -> folder of its splits.
FOLDERS = {
    "webnlg_challenge_2017": "webnlg_challenge_2017",
    "release_v1": "release_v1/xml",
    "release_v2": "release_v2/xml",
    "release_v2_constrained": "release_v2_constrained/xml",
    "release_v2.1": "release_v2.1/xml",
    "release_v2.1_constrained": "release_v2.1_constrained/xml",
    "release_v3.0_en": "release_v3.0/en",
    "release_v3.0_ru": "release_v3.0/ru",
}

DESCRIPTION = """Sets of triples from DBpedia, and sentences in English or Russian that say what they say."""

CITATION = """@misc{gardent2017,
  title = {Creating Training Corpora for NLG Micro-Planners},
  author = {Claire Gardent and Anastasia Shimorina and Shashi Narayan and Laura Perez-Beltrachini},
  year = {2017},
  howpublished = {Proceedings of the 55th Annual Meeting of the Association for Computational Linguistics, ACL 2017,
    Vancouver, Canada, July 30 - August 4, Volume 1: Long Papers},
  url = {https://doi.org/10.18653/v1/P17-1017},
}"""


class WebNlg(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each release."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, description=f"The data of {name}.") for name in FOLDERS]

    def _info(self):
        text, texts = datasets.Value("string"), datasets.Sequence(datasets.Value("string"))
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://webnlg-challenge.loria.fr/",
            license="cc-by-sa-3.0, cc-by-nc-sa-4.0, gfdl",
            features=datasets.Features(
                {
                    "category": text,
                    "size": datasets.Value("int32"),
                    "eid": text,
                    "original_triple_sets": datasets.Sequence({"otriple_set": texts}),
                    "modified_triple_sets": datasets.Sequence({"mtriple_set": texts}),
                    "shape": text,
                    "shape_type": text,
                    "lex": datasets.Sequence({"comment": text, "lid": text, "text": text, "lang": text}),
                    "test_category": text,
                    "dbpedia_links": texts,
                    "links": texts,
                }
            ),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        folder = os.path.join(root, f"webnlg-dataset-{COMMIT}", *FOLDERS[self.config.name].split("/"))
        splits = {"full": ""} if self.config.name == "release_v1" else {"train": "train", "dev": "dev", "test": "test"}
        return [
            datasets.SplitGenerator(split, {"paths": files_of(os.path.join(folder, name))}) for split, name in splits.items()
        ]

    def _generate_examples(self, paths):
        for path in paths:
            kind = os.path.basename(os.path.dirname(path))
            category = os.path.splitext(os.path.basename(path))[0] if kind == "test" else ""
            for number, entry in enumerate(xml_elements(path, "entry")):
                yield f"{path}/{number}", row_of(entry, category)


def files_of(folder):
    """The XML files of a split in their order: those of one triple, of two and so on, or those that lie there."""
    by_size = sorted(glob(os.path.join(escape(folder), "*triples", "*.xml")))
    return by_size or sorted(glob(os.path.join(escape(folder), "*.xml")))


def row_of(entry, category):
    """An element ``entry`` as a row."""
    phrases = entry.findall("lex")
    return {
        "category": entry.get("category"),
        "size": int(entry.get("size")),
        "eid": entry.get("eid"),
        "original_triple_sets": {"otriple_set": triple_sets(entry, "originaltripleset")},
        "modified_triple_sets": {"mtriple_set": triple_sets(entry, "modifiedtripleset")},
        "shape": entry.get("shape", ""),
        "shape_type": entry.get("shape_type", ""),
        "lex": {
            **{name: [phrase.get(name, "") for phrase in phrases] for name in ("comment", "lid", "lang")},
            "text": [phrase.text or "" for phrase in phrases],
        },
        "test_category": category,
        "dbpedia_links": [link.text for link in entry.iterfind("dbpedialinks/*")],
        "links": [link.text for link in entry.iterfind("links/*")],
    }


def triple_sets(entry, name):
    """The triples of each set."""
    return [[triple.text for triple in triples] for triples in entry.iterfind(name)]
