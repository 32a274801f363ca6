"""Stanford Sentiment Treebank: sentences and phrases with a grade of sentiment, from two zips.

Knows: how the six text files belong together, and which bytes of the sentences are broken.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows, text_lines

URL = "https://nlp.stanford.edu/~socherr/stanfordSentimentTreebank.zip"
TREES_URL = "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip"
PARTS = {"train": ("1", "train"), "validation": ("3", "dev"), "test": ("2", "test")}
CONFIGS = {
    "default": "Sentences with grades and trees.",
    "dictionary": "Phrases with grades.",
    "ptb": "Trees with five classes of sentiment.",
}
STRING, GRADE = datasets.Value("string"), datasets.Value("float32")
COLUMNS = {
    "default": {"sentence": STRING, "label": GRADE, "tokens": STRING, "tree": STRING},
    "dictionary": {"phrase": STRING, "label": GRADE},
    "ptb": {"ptb_tree": STRING},
}

DESCRIPTION = """Sentences of film reviews in English with parse trees; every phrase has a grade of sentiment from 0 to 1."""

CITATION = """@misc{socher2013,
  title = {Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank},
  author = {Socher, Richard and Perelygin, Alex and Wu, Jean and Chuang, Jason and Manning, Christopher D. and Ng, Andrew and
    Potts, Christopher},
  year = {2013},
  howpublished = {Proceedings of the 2013 Conference on Empirical Methods in Natural Language Processing},
  url = {https://www.aclweb.org/anthology/D13-1170},
}"""


class Sst(datasets.GeneratorBasedBuilder):
    """Builder of the three configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about)
        for name, about in CONFIGS.items()
    ]
    DEFAULT_CONFIG_NAME = "default"

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://nlp.stanford.edu/sentiment/",
            license="unknown",
            features=datasets.Features(COLUMNS[self.config.name]),
        )

    def _split_generators(self, dl_manager):
        roots = dl_manager.download_and_extract({"treebank": URL, "trees": TREES_URL})
        folder, trees = os.path.join(roots["treebank"], "stanfordSentimentTreebank"), os.path.join(roots["trees"], "trees")
        if self.config.name == "dictionary":
            return [datasets.SplitGenerator("dictionary", {"path": folder})]
        if self.config.name == "ptb":
            files = {split: os.path.join(trees, f"{part}.txt") for split, (_, part) in PARTS.items()}
            return [datasets.SplitGenerator(split, {"path": path}) for split, path in files.items()]
        return [datasets.SplitGenerator(split, {"path": folder, "part": number}) for split, (number, _) in PARTS.items()]

    def _generate_examples(self, path, part=None):
        if self.config.name == "ptb":
            for number, line in enumerate(text_lines(path)):
                yield number, {"ptb_tree": line}
            return
        grades = phrase_grades(path)
        if part is None:
            for number, (phrase, grade) in enumerate(grades.items()):
                yield number, {"phrase": phrase, "label": grade}
            return
        parts = {row["sentence_index"]: row["splitset_label"] for row in rows_of(path, "datasetSplit.txt", ",")}
        tokens, trees = (list(text_lines(os.path.join(path, file))) for file in ("SOStr.txt", "STree.txt"))
        for row in rows_of(path, "datasetSentences.txt", "\t"):
            if parts[row["sentence_index"]] == part:
                line, sentence = int(row["sentence_index"]) - 1, mended(row["sentence"])
                yield line, {"sentence": sentence, "label": grades[sentence], "tokens": tokens[line], "tree": trees[line]}


def rows_of(folder, file, delimiter, names=None):
    """The rows of one of the files, in which a quote is an ordinary character."""
    return delimited_rows(os.path.join(folder, file), delimiter=delimiter, names=names)


def phrase_grades(folder):
    """Phrase -> grade, in the order of the dictionary."""
    grades = {row["phrase ids"]: float(row["sentiment values"]) for row in rows_of(folder, "sentiment_labels.txt", "|")}
    return {row["phrase"]: grades[row["id"]] for row in rows_of(folder, "dictionary.txt", "|", ["phrase", "id"])}


def mended(sentence):
    """A sentence without letters that were encoded twice, and with brackets."""
    mended = sentence.encode("utf-8").replace(b"\xc3\x83\xc2", b"\xc3").replace(b"\xc3\x82\xc2", b"\xc2").decode("utf-8")
    return mended.replace("-LRB-", "(").replace("-RRB-", ")")
