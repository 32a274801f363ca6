"""Winograd Schema Challenge: what a pronoun stands for, from one XML file.

Knows: how text and places are put together from the elements. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import itertools

import nlpdata as datasets
from nlpdata.builder.shapes import xml_elements

URL = "https://cs.nyu.edu/faculty/davise/papers/WinogradSchemas/WSCollection.xml"
COUNTS = {"wsc285": 285, "wsc273": 273}

DESCRIPTION = """Short texts in English with a pronoun that stands for one of two things, told only by sense."""

CITATION = """@misc{levesque2012,
  title = {The winograd schema challenge},
  author = {Levesque, Hector and Davis, Ernest and Morgenstern, Leora},
  year = {2012},
  howpublished = {Thirteenth International Conference on the Principles of Knowledge Representation and Reasoning},
}"""


class WinogradWsc(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, description=f"The first {count} schemas.") for name, count in COUNTS.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://cs.nyu.edu/faculty/davise/papers/WinogradSchemas/WS.html",
            license="cc-by-4.0",
            features=datasets.Features(
                {
                    "text": datasets.Value("string"),
                    "pronoun": datasets.Value("string"),
                    "pronoun_loc": datasets.Value("int32"),
                    "quote": datasets.Value("string"),
                    "quote_loc": datasets.Value("int32"),
                    "options": datasets.Sequence(datasets.Value("string")),
                    "label": datasets.ClassLabel(names=["0", "1"]),
                    "source": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("test", {"path": dl_manager.download(URL)})]

    def _generate_examples(self, path):
        for number, schema in enumerate(itertools.islice(xml_elements(path, "schema"), COUNTS[self.config.name])):
            before, pronoun, after = (words(schema, f"text/{tag}") for tag in ("txt1", "pron", "txt2"))
            quote_before, quote_after = words(schema, "quote/quote1"), words(schema, "quote/quote2")
            place = len(before) + 1 if before else 0
            example = {
                "text": f"{before} {pronoun} {after}".strip(),
                "pronoun": pronoun,
                "pronoun_loc": place,
                "quote": f"{quote_before} {pronoun} {quote_after}".strip(),
                "quote_loc": place - (len(quote_before) + 1 if quote_before else 0),
                "options": [" ".join((answer.text or "").split()) for answer in schema.iterfind("answers/answer")],
                "label": int("B" in words(schema, "correctAnswer")),
                "source": words(schema, "source"),
            }
            yield number, example


def words(schema, path):
    """The text of an element with single blanks; empty where there is none."""
    return " ".join((schema.findtext(path) or "").split())
