"""SuperGLUE: eight tasks of language understanding in English and two sets to diagnose with, from a zip for each.

Knows: the members, the layouts of all tasks, and how spans of WSC are mended.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

BASE = "https://dl.fbaipublicfiles.com/glue/superglue/data/v2/"
TASKS = {
    **{"boolq": "BoolQ", "cb": "CB", "copa": "COPA", "multirc": "MultiRC", "record": "ReCoRD", "rte": "RTE"},
    **{"wic": "WiC", "wsc": "WSC", "wsc.fixed": "WSC", "axb": "AX-b", "axg": "AX-g"},
}
STRING, NUMBER = datasets.Value("string"), datasets.Value("int32")
YES_NO = datasets.ClassLabel(names=["False", "True"])
CHOICE = datasets.ClassLabel(names=["choice1", "choice2"])
TWO = datasets.ClassLabel(names=["entailment", "not_entailment"])
THREE = datasets.ClassLabel(names=["entailment", "contradiction", "neutral"])
COLUMNS = {
    "boolq": {"question": STRING, "passage": STRING, "idx": NUMBER, "label": YES_NO},
    "cb": {"premise": STRING, "hypothesis": STRING, "idx": NUMBER, "label": THREE},
    "copa": {"premise": STRING, "choice1": STRING, "choice2": STRING, "question": STRING, "idx": NUMBER, "label": CHOICE},
    "multirc": {
        "paragraph": STRING,
        "question": STRING,
        "answer": STRING,
        "idx": {"paragraph": NUMBER, "question": NUMBER, "answer": NUMBER},
        "label": YES_NO,
    },
    "record": {
        "passage": STRING,
        "query": STRING,
        "entities": datasets.Sequence(STRING),
        "entity_spans": datasets.Sequence({"text": STRING, "start": NUMBER, "end": NUMBER}),
        "answers": datasets.Sequence(STRING),
        "idx": {"passage": NUMBER, "query": NUMBER},
    },
    "rte": {"premise": STRING, "hypothesis": STRING, "idx": NUMBER, "label": TWO},
    "wic": {
        "word": STRING,
        "sentence1": STRING,
        "sentence2": STRING,
        "start1": NUMBER,
        "start2": NUMBER,
        "end1": NUMBER,
        "end2": NUMBER,
        "idx": NUMBER,
        "label": YES_NO,
    },
    "wsc": {
        "text": STRING,
        "span1_index": NUMBER,
        "span2_index": NUMBER,
        "span1_text": STRING,
        "span2_text": STRING,
        "idx": NUMBER,
        "label": YES_NO,
    },
    "wsc.fixed": {
        "text": STRING,
        "span1_index": NUMBER,
        "span2_index": NUMBER,
        "span1_text": STRING,
        "span2_text": STRING,
        "idx": NUMBER,
        "label": YES_NO,
    },
    "axb": {"sentence1": STRING, "sentence2": STRING, "idx": NUMBER, "label": TWO},
    "axg": {"premise": STRING, "hypothesis": STRING, "idx": NUMBER, "label": TWO},
}

DESCRIPTION = """Eight tasks of language understanding in English that are harder than those of GLUE, and two sets to
diagnose with."""

CITATION = """@misc{wang2019,
  title = {SuperGLUE: A Stickier Benchmark for General-Purpose Language Understanding Systems},
  author = {Wang, Alex and Pruksachatkun, Yada and Nangia, Nikita and Singh, Amanpreet and Michael, Julian and Hill, Felix
    and Levy, Omer and Bowman, Samuel R},
  year = {2019},
  howpublished = {arXiv preprint arXiv:1905.00537},
}
@misc{clark2019,
  title = {BoolQ: Exploring the Surprising Difficulty of Natural Yes/No Questions},
  author = {Clark, Christopher and Lee, Kenton and Chang, Ming-Wei and Kwiatkowski, Tom and Collins, Michael and Toutanova,
    Kristina},
  year = {2019},
  howpublished = {NAACL},
}
@misc{marneff2019,
  title = {The CommitmentBank: Investigating projection in naturally occurring discourse},
  author = {De Marneff, Marie-Catherine and Simons, Mandy and Tonhauser, Judith},
  year = {2019},
  howpublished = {proceedings of Sinn und Bedeutung 23},
}
@misc{roemmele2011,
  title = {Choice of plausible alternatives: An evaluation of commonsense causal reasoning},
  author = {Roemmele, Melissa and Bejan, Cosmin Adrian and Gordon, Andrew S},
  year = {2011},
  howpublished = {2011 AAAI Spring Symposium Series},
}
@misc{khashabi2018,
  title = {Looking Beyond the Surface:A Challenge Set for Reading Comprehension over Multiple Sentences},
  author = {Daniel Khashabi and Snigdha Chaturvedi and Michael Roth and Shyam Upadhyay and Dan Roth},
  year = {2018},
  howpublished = {Proceedings of North American Chapter of the Association for Computational Linguistics (NAACL)},
}
@misc{zhang2018,
  title = {Record: Bridging the gap between human and machine commonsense reading comprehension},
  author = {Zhang, Sheng and Liu, Xiaodong and Liu, Jingjing and Gao, Jianfeng and Duh, Kevin and Van Durme, Benjamin},
  year = {2018},
  howpublished = {arXiv preprint arXiv:1810.12885},
}
@misc{dagan2005,
  title = {The PASCAL recognising textual entailment challenge},
  author = {Dagan, Ido and Glickman, Oren and Magnini, Bernardo},
  year = {2005},
  howpublished = {Machine Learning Challenges Workshop},
}
@misc{barhaim2006,
  title = {The second pascal recognising textual entailment challenge},
  author = {Bar-Haim, Roy and Dagan, Ido and Dolan, Bill and Ferro, Lisa and Giampiccolo, Danilo and Magnini, Bernardo and
    Szpektor, Idan},
  year = {2006},
  howpublished = {Proceedings of the second PASCAL challenges workshop on recognising textual entailment},
}
@misc{giampiccolo2007,
  title = {The third pascal recognizing textual entailment challenge},
  author = {Giampiccolo, Danilo and Magnini, Bernardo and Dagan, Ido and Dolan, Bill},
  year = {2007},
  howpublished = {Proceedings of the ACL-PASCAL workshop on textual entailment and paraphrasing},
}
@misc{bentivogli2009,
  title = {The Fifth PASCAL Recognizing Textual Entailment Challenge.},
  author = {Bentivogli, Luisa and Clark, Peter and Dagan, Ido and Giampiccolo, Danilo},
  year = {2009},
  howpublished = {TAC},
}
@misc{pilehvar2018,
  title = {WiC: 10, 000 Example Pairs for Evaluating Context-Sensitive Representations},
  author = {Mohammad Taher Pilehvar and José Camacho-Collados},
  year = {2018},
  howpublished = {CoRR},
  url = {http://arxiv.org/abs/1808.09121},
}
@misc{levesque2012,
  title = {The winograd schema challenge},
  author = {Levesque, Hector and Davis, Ernest and Morgenstern, Leora},
  year = {2012},
  howpublished = {Thirteenth International Conference on the Principles of Knowledge Representation and Reasoning},
}
@misc{rudinger2018,
  title = {Gender Bias in Coreference Resolution},
  author = {Rudinger, Rachel and Naradowsky, Jason and Leonard, Brian and Van Durme, Benjamin},
  year = {2018},
  howpublished = {Proceedings of the 2018 Conference of the North American Chapter of the Association for Computational
    Linguistics: Human Language Technologies},
}"""


def class_of(label):
    """A class as the features take it: JSON's true and false are the names of theirs."""
    return str(label) if isinstance(label, bool) else label


def multirc_rows(row):
    """One example for each answer to a question."""
    for question in row["passage"]["questions"]:
        for answer in question["answers"]:
            yield {
                "paragraph": row["passage"]["text"],
                "question": question["question"],
                "answer": answer["text"],
                "label": answer.get("label", -1),
                "idx": {"paragraph": row["idx"], "question": question["idx"], "answer": answer["idx"]},
            }


def record_rows(row):
    """One example for each query; the last character of an entity is counted in the source."""
    passage = row["passage"]["text"]
    spans = [(span["start"], span["end"] + 1) for span in row["passage"]["entities"]]
    texts = [passage[start:end] for start, end in spans]
    for query in row["qas"]:
        yield {
            "passage": passage,
            "query": query["query"],
            "entities": list(dict.fromkeys(texts)),
            "entity_spans": {
                "text": texts,
                "start": [start for start, _ in spans],
                "end": [end for _, end in spans],
            },
            "answers": sorted({answer["text"] for answer in query.get("answers", ())}),
            "idx": {"passage": row["idx"], "query": query["idx"]},
        }


def wsc_rows(row):
    """The example with its spans beside the text."""
    yield {**row, **row["target"]}


def mended_wsc_rows(row):
    """The example with spans that occur in the text, as far as a rule can tell."""
    (example,) = wsc_rows(row)
    for span in ("span1", "span2"):
        text, words = example[f"{span}_text"], example["text"].split()
        if text not in example["text"] and text not in UNMENDED:
            lower = words[example[f"{span}_index"]][0].islower()
            first = text[0].lower() if lower else text[0].upper()
            example[f"{span}_text"] = (first + text[1:]).rstrip(".").replace("\n", " ")
    yield example


UNMENDED = {"Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"}  # spans that no rule mends
LAYOUTS = {"multirc": multirc_rows, "record": record_rows, "wsc": wsc_rows, "wsc.fixed": mended_wsc_rows}


class SuperGlue(datasets.GeneratorBasedBuilder):
    """Builder of the eleven configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(
            name=name, version=datasets.Version("1.0.3" if name == "record" else "1.0.2"), description=f"Task {task}."
        )
        for name, task in TASKS.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://super.gluebenchmark.com/",
            license="unknown",
            features=datasets.Features(COLUMNS[self.config.name]),
        )

    def _split_generators(self, dl_manager):
        task = TASKS[self.config.name]
        folder = os.path.join(dl_manager.download_and_extract(f"{BASE}{task}.zip"), task)
        files = {"train": "train", "validation": "val", "test": "test"}
        if self.config.name in ("axb", "axg"):
            files = {"test": task}
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(folder, f"{file}.jsonl")}) for split, file in files.items()
        ]

    def _generate_examples(self, path):
        expand = LAYOUTS.get(self.config.name)
        rows = (example for row in json_lines(path) for example in (expand(row) if expand else [row]))
        for number, row in enumerate(rows):
            if "label" in COLUMNS[self.config.name]:
                row["label"] = class_of(row.get("label", -1))
            yield number, {column: row[column] for column in COLUMNS[self.config.name]}
