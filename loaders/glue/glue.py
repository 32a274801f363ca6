"""GLUE: nine tasks of language understanding and a diagnostic set, from tab-separated files.

Knows: which file, column and class order each configuration has, and what is odd about each.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field

import nlpdata as datasets

BASE = "https://dl.fbaipublicfiles.com/glue/data/"
MRPC = {
    "dev_ids": BASE + "mrpc_dev_ids.tsv",
    "train": "https://dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt",
    "test": "https://dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_test.txt",
}

DESCRIPTION = """GLUE, the General Language Understanding Evaluation benchmark: single sentences, similarity and paraphrase, and
inference tasks in English. Labels of the test splits are withheld (-1), except in mrpc."""

CITATION = """@inproceedings{wang2019glue,
  title = {{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding},
  author = {Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.},
  booktitle = {International Conference on Learning Representations},
  year = {2019},
}"""

PAIR = {"sentence1": "sentence1", "sentence2": "sentence2"}
INFERENCE = {"premise": "sentence1", "hypothesis": "sentence2"}
THREE_WAY = ("entailment", "neutral", "contradiction")
TWO_WAY = ("entailment", "not_entailment")
ORDINARY = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
UNKNOWN = -1


@dataclass
class GlueConfig(datasets.BuilderConfig):
    """One task: ``text`` maps our columns to the file's; no ``classes`` means a number as label."""

    text: dict = field(default_factory=dict)
    label: str | None = "label"
    classes: tuple = ()
    url: str = ""
    folder: str = ""
    files: dict = field(default_factory=lambda: dict(ORDINARY))


def mnli(name, files, description):
    """A configuration on the MultiNLI archive."""
    return GlueConfig(
        name=name,
        description=description,
        text=INFERENCE,
        label="gold_label",
        classes=THREE_WAY,
        url=BASE + "MNLI.zip",
        folder="MNLI",
        files=files,
    )


CONFIGS = [
    GlueConfig(
        name="cola",
        description="Corpus of Linguistic Acceptability: is the sentence grammatical English?",
        text={"sentence": "sentence"},
        label="is_acceptable",
        classes=("unacceptable", "acceptable"),
        url=BASE + "CoLA.zip",
        folder="CoLA",
    ),
    GlueConfig(
        name="sst2",
        description="Stanford Sentiment Treebank: is a phrase of a film review positive?",
        text={"sentence": "sentence"},
        classes=("negative", "positive"),
        url=BASE + "SST-2.zip",
        folder="SST-2",
    ),
    GlueConfig(
        name="mrpc",
        description="Microsoft Research Paraphrase Corpus: do two sentences of the news say the same?",
        text={"sentence1": "#1 String", "sentence2": "#2 String"},
        label="Quality",
        classes=("not_equivalent", "equivalent"),
    ),
    GlueConfig(
        name="qqp",
        description="Quora Question Pairs: do two questions ask the same?",
        text={"question1": "question1", "question2": "question2"},
        label="is_duplicate",
        classes=("not_duplicate", "duplicate"),
        url=BASE + "QQP-clean.zip",
        folder="QQP",
    ),
    GlueConfig(
        name="stsb",
        description="Semantic Textual Similarity Benchmark: how alike are two sentences, from 0 to 5?",
        text=PAIR,
        label="score",
        url=BASE + "STS-B.zip",
        folder="STS-B",
    ),
    mnli(
        "mnli",
        {
            "train": "train.tsv",
            "validation_matched": "dev_matched.tsv",
            "validation_mismatched": "dev_mismatched.tsv",
            "test_matched": "test_matched.tsv",
            "test_mismatched": "test_mismatched.tsv",
        },
        "Multi-Genre Natural Language Inference: does the premise entail or contradict the hypothesis?",
    ),
    mnli(
        "mnli_mismatched",
        {"validation": "dev_mismatched.tsv", "test": "test_mismatched.tsv"},
        "MultiNLI, the sets whose genres are not in the training set.",
    ),
    mnli(
        "mnli_matched",
        {"validation": "dev_matched.tsv", "test": "test_matched.tsv"},
        "MultiNLI, the sets whose genres are those of the training set.",
    ),
    GlueConfig(
        name="qnli",
        description="Question NLI, made from SQuAD: does the sentence hold the answer?",
        text={"question": "question", "sentence": "sentence"},
        classes=TWO_WAY,
        url=BASE + "QNLIv2.zip",
        folder="QNLI",
    ),
    GlueConfig(
        name="rte",
        description="Recognizing Textual Entailment, the sets of RTE 1, 2, 3 and 5.",
        text=PAIR,
        classes=TWO_WAY,
        url=BASE + "RTE.zip",
        folder="RTE",
    ),
    GlueConfig(
        name="wnli",
        description="Winograd NLI: is the pronoun resolved rightly?",
        text=PAIR,
        # The reverse of the order in rte and qnli.
        classes=("not_entailment", "entailment"),
        url=BASE + "WNLI.zip",
        folder="WNLI",
    ),
    GlueConfig(
        name="ax",
        description="The diagnostic set, labelled as MultiNLI; its labels are withheld.",
        text=INFERENCE,
        label=None,
        classes=THREE_WAY,
        url=BASE + "AX.tsv",
        files={"test": ""},
    ),
]


class Glue(datasets.GeneratorBasedBuilder):
    """Builder of the twelve configurations."""

    VERSION = datasets.Version("1.0.0")
    BUILDER_CONFIG_CLASS = GlueConfig
    BUILDER_CONFIGS = CONFIGS

    def _info(self):
        columns = {name: datasets.Value("string") for name in self.config.text}
        classes = self.config.classes
        columns["label"] = datasets.ClassLabel(names=list(classes)) if classes else datasets.Value("float32")
        columns["idx"] = datasets.Value("int32")
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION}\n\n{self.config.description}",
            citation=CITATION,
            homepage="https://gluebenchmark.com/",
            license="cc-by-4.0",
            features=datasets.Features(columns),
        )

    def _split_generators(self, dl_manager):
        if self.config.name == "mrpc":
            paths = dl_manager.download(MRPC)
            return [
                datasets.SplitGenerator("train", {"path": paths["train"], "split": "train", "dev_ids": paths["dev_ids"]}),
                datasets.SplitGenerator(
                    "validation", {"path": paths["train"], "split": "validation", "dev_ids": paths["dev_ids"]}
                ),
                datasets.SplitGenerator("test", {"path": paths["test"], "split": "test"}),
            ]
        root = dl_manager.download_and_extract(self.config.url)
        return [
            datasets.SplitGenerator(
                split, {"path": os.path.join(root, self.config.folder, file) if file else root, "split": split}
            )
            for split, file in self.config.files.items()
        ]

    def _generate_examples(self, path, split, dev_ids=None):
        rows = read_rows(path, header=self._header(split))
        keep = self._kept_by_ids(split, dev_ids)
        for number, row in enumerate(rows):
            if not keep(row):
                continue
            example = {ours: row.get(theirs) for ours, theirs in self.config.text.items()}
            example["label"] = self._label(row, split)
            # A few rows of qqp are broken over two lines; what lacks a column is left out, and still counted by idx.
            if None not in example.values():
                yield number, {**example, "idx": number}

    def _header(self, split):
        """Column names of a file that has no header line."""
        if self.config.name == "cola" and split != "test":
            return ["source", "is_acceptable", "mark", "sentence"]
        return None

    def _kept_by_ids(self, split, dev_ids):
        """Whether a row of mrpc belongs to the split; train and validation share one file."""
        if dev_ids is None:
            return lambda row: True
        held_out = {(row["one"], row["two"]) for row in read_rows(dev_ids, header=["one", "two"])}
        wanted = split == "validation"
        return lambda row: ((row.get("#1 ID"), row.get("#2 ID")) in held_out) is wanted

    def _label(self, row, split):
        """The label as class name, class number or score; None where the row lacks it."""
        withheld = split.startswith("test") and self.config.name != "mrpc"
        if withheld or self.config.label is None:
            return UNKNOWN
        label = row.get(self.config.label)
        if label is None:
            return None
        if not self.config.classes:
            return float(label)
        return label if label in self.config.classes else int(label)


def read_rows(path, header=None):
    """Each line of a tab-separated file as a dict; quotes are ordinary characters, a byte order mark is skipped."""
    with open(path, encoding="utf-8-sig") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = header or next(lines)
        yield from (dict(zip(names, line, strict=False)) for line in lines if line)
