"""CoNLL-2012 (OntoNotes 5): documents with parses, entities, predicates and coreference, from one zip of column files.

Knows: where the files of a language and release lie, and what each column says. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://data.mendeley.com/public-files/datasets/zmycy7t9h9/files/b078e1c4-f7a4-4427-be7f-9389967831ef/file_downloaded"
PARTS = {"train": "train", "validation": "development", "test": "test"}

DESCRIPTION = """OntoNotes 5.0 as prepared for the shared task of CoNLL-2012: documents in three languages with parts of speech,
parse trees, predicates and their arguments, word senses, speakers, named entities and coreference."""

CITATION = """@misc{pradhan2013,
  title = {Towards Robust Linguistic Analysis using OntoNotes},
  author = {Pradhan, Sameer and Moschitti, Alessandro and Xue, Nianwen and Ng, Hwee Tou and Björkelund, Anders and Uryupina,
    Olga and Zhang, Yuchen and Zhong, Zhi},
  year = {2013},
  howpublished = {Proceedings of the Seventeenth Conference on Computational Natural Language Learning},
  url = {https://aclanthology.org/W13-3516},
}"""

# Parts of speech by configuration; in Arabic they are texts.
POS = {
    "english_v4": r"""
XX `` $ '' , -LRB- -RRB- . : ADD AFX CC CD DT EX FW HYPH IN JJ JJR JJS LS MD NFP NN NNP NNPS NNS PDT POS PRP PRP$ RB RBR RBS
RP SYM TO UH VB VBD VBG VBN VBP VBZ WDT WP WP$ WRB
""",
    "chinese_v4": """
X AD AS BA CC CD CS DEC DEG DER DEV DT ETC FW IJ INF JJ LB LC M MSP NN NR NT OD ON P PN PU SB SP URL VA VC VE VV
""",
    "english_v12": r"""
XX `` $ '' * , -LRB- -RRB- . : ADD AFX CC CD DT EX FW HYPH IN JJ JJR JJS LS MD NFP NN NNP NNPS NNS PDT POS PRP PRP$ RB RBR
RBS RP SYM TO UH VB VBD VBG VBN VBP VBZ VERB WDT WP WP$ WRB
""",
}
ENTITIES = """
O B-PERSON I-PERSON B-NORP I-NORP B-FAC I-FAC B-ORG I-ORG B-GPE I-GPE B-LOC I-LOC B-PRODUCT I-PRODUCT B-DATE I-DATE B-TIME
I-TIME B-PERCENT I-PERCENT B-MONEY I-MONEY B-QUANTITY I-QUANTITY B-ORDINAL I-ORDINAL B-CARDINAL I-CARDINAL B-EVENT I-EVENT
B-WORK_OF_ART I-WORK_OF_ART B-LAW I-LAW B-LANGUAGE I-LANGUAGE
"""
NOTHING = "-"
BRACKETS = {"(": "-LRB-", ")": "-RRB-"}  # what they are written as among tags and in parse trees


class Conll2012Ontonotesv5(datasets.GeneratorBasedBuilder):
    """Builder of the four configurations, of a language and a release."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=f"Language and release: {name}.")
        for name in ("english_v4", "chinese_v4", "arabic_v4", "english_v12")
    ]

    def _info(self):
        text, number = datasets.Value("string"), datasets.Value("int32")
        names = POS.get(self.config.name)
        sentence = {
            "part_id": number,
            "words": datasets.Sequence(text),
            "pos_tags": datasets.Sequence(datasets.ClassLabel(names=names.split()) if names else text),
            "parse_tree": text,
            "predicate_lemmas": datasets.Sequence(text),
            "predicate_framenet_ids": datasets.Sequence(text),
            "word_senses": datasets.Sequence(datasets.Value("float32")),
            "speaker": text,
            "named_entities": datasets.Sequence(datasets.ClassLabel(names=ENTITIES.split())),
            "srl_frames": [{"verb": text, "frames": datasets.Sequence(text)}],
            "coref_spans": datasets.Sequence(datasets.Sequence(number, length=3)),
        }
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://conll.cemantix.org/2012/introduction.html",
            license="cc-by-nc-nd-4.0",
            features=datasets.Features({"document_id": text, "sentences": [sentence]}),
        )

    def _split_generators(self, dl_manager):
        language, release = self.config.name.split("_")
        folder = os.path.join(dl_manager.download_and_extract(URL), "conll-2012", release, "data")
        generators = []
        for split, part in PARTS.items():
            files = dl_manager.iter_files(os.path.join(folder, part, "data", language, "annotations"))
            paths = sorted(path for path in files if path.endswith("gold_conll"))
            generators.append(datasets.SplitGenerator(split, {"paths": paths}))
        return generators

    def _generate_examples(self, paths):
        for number, path in enumerate(paths):
            found = list(sentences(path))
            yield number, {"document_id": found[0][0][0], "sentences": [annotated(rows) for rows in found]}


def sentences(path):
    """The rows of each sentence of a file; a row is a word."""
    rows = []
    for line in text_lines(path):
        if line.strip() and not line.startswith("#"):
            rows.append(line.split())
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def annotated(rows):
    """A sentence with all that its columns say."""
    _, parts, _, words, tags, trees, lemmas, framesets, senses, speakers, entities, *frames, coreference = zip(
        *rows, strict=True
    )
    return {
        "part_id": int(parts[0]),
        "words": words,
        "pos_tags": [BRACKETS.get(tag, tag) for tag in tags],
        "parse_tree": tree(words, tags, trees),
        "predicate_lemmas": [known(lemma) for lemma in lemmas],
        "predicate_framenet_ids": [known(frameset) for frameset in framesets],
        "word_senses": [None if sense == NOTHING else float(sense) for sense in senses],
        "speaker": known(speakers[0]),
        "named_entities": span_tags(entities),
        "srl_frames": [
            {"verb": word, "frames": span_tags(frame)}
            for frame in frames
            for word, piece in zip(words, frame, strict=True)
            if "(V*" in piece
        ],
        "coref_spans": coreference_spans(coreference),
    }


def known(value):
    """The value, or None where the file has ``-``."""
    return None if value == NOTHING else value


def tree(words, tags, pieces):
    """The parse tree in brackets: each ``*`` is a part of speech with its word; None where there is no parse."""
    if not all("*" in piece for piece in pieces):
        return None
    leaves = [f"({BRACKETS.get(tag, tag)} {BRACKETS.get(word, word)})" for word, tag in zip(words, tags, strict=True)]
    return " ".join(piece.replace("*", leaf) for piece, leaf in zip(pieces, leaves, strict=True))


def span_tags(pieces):
    """Brackets such as ``(PER*``, ``*`` and ``*)`` as B-PER, I-PER, I-PER, and O outside."""
    tags, inside = [], None
    for piece in pieces:
        if piece.startswith("("):
            inside = piece.strip("()*")
            tags.append(f"B-{inside}")
        else:
            tags.append(f"I-{inside}" if inside else "O")
        if piece.endswith(")"):
            inside = None
    return tags


def coreference_spans(pieces):
    """Pieces such as ``(1|(2)`` and ``1)`` as (cluster, first word, last word), in the order of their last words."""
    spans, begun = [], {}
    for place, piece in enumerate(pieces):
        for mark in piece.split("|") if piece != NOTHING else ():
            cluster = int(mark.strip("()"))
            if mark.startswith("("):
                begun.setdefault(cluster, []).append(place)
            if mark.endswith(")"):
                spans.append((cluster, begun[cluster].pop(), place))
    return spans
