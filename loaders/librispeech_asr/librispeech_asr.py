"""LibriSpeech: read English speech with transcripts, from one tar archive a subset.

Knows: which archives make which split, and that the transcripts of a chapter lie beside its sounds.
Does not know: how a sound is decoded.
"""

from __future__ import annotations

import posixpath

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines
from nlpdata.errors import BuildError

BASE = "http://www.openslr.org/resources/12/"
ARCHIVES = {
    "clean": {
        "train.100": "train-clean-100",
        "train.360": "train-clean-360",
        "validation": "dev-clean",
        "test": "test-clean",
    },
    "other": {"train.500": "train-other-500", "validation": "dev-other", "test": "test-other"},
    "all": {
        "train.clean.100": "train-clean-100",
        "train.clean.360": "train-clean-360",
        "train.other.500": "train-other-500",
        "validation.clean": "dev-clean",
        "validation.other": "dev-other",
        "test.clean": "test-clean",
        "test.other": "test-other",
    },
}
SPEECH = {
    "clean": "Speakers that a recogniser understood well.",
    "other": "Speakers that a recogniser found hard.",
    "all": "All speakers.",
}

DESCRIPTION = (
    "About 1,000 hours of English read aloud from public domain books, at 16 kHz, cut into utterances with transcripts."
)

CITATION = """@inproceedings{panayotov2015librispeech,
  title = {Librispeech: an ASR corpus based on public domain audio books},
  author = {Panayotov, Vassil and Chen, Guoguo and Povey, Daniel and Khudanpur, Sanjeev},
  booktitle = {Acoustics, Speech and Signal Processing (ICASSP), 2015 IEEE International Conference on},
  pages = {5206--5210},
  year = {2015},
  organization = {IEEE},
}"""


class LibrispeechAsr(datasets.GeneratorBasedBuilder):
    """Builder of the three configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("2.1.0"), description=text) for name, text in SPEECH.items()
    ]
    DEFAULT_CONFIG_NAME = "all"

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION}\n\n{self.config.description}",
            citation=CITATION,
            homepage="http://www.openslr.org/12",
            license="cc-by-4.0",
            features=datasets.Features(
                {
                    "file": datasets.Value("string"),
                    "audio": datasets.Audio(sampling_rate=16_000),
                    "text": datasets.Value("string"),
                    "speaker_id": datasets.Value("int64"),
                    "chapter_id": datasets.Value("int64"),
                    "id": datasets.Value("string"),
                }
            ),
            supervised_keys=("file", "text"),
        )

    def _split_generators(self, dl_manager):
        urls = {split: f"{BASE}{archive}.tar.gz" for split, archive in ARCHIVES[self.config.name].items()}
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"members": dl_manager.iter_archive(path)}) for split, path in paths.items()]

    def _generate_examples(self, members):
        sounds, texts = {}, {}  # chapters that are not whole yet: folder -> id -> FLAC file, or transcript
        for path, file in members:
            folder, name = posixpath.split(path)
            if name.endswith(".flac"):
                sounds.setdefault(folder, {})[name.removesuffix(".flac")] = file.read()
            elif name.endswith(".trans.txt"):
                texts[folder] = dict(line.strip().split(" ", 1) for line in text_lines(file) if line.strip())
            if folder in texts and texts[folder].keys() == sounds.get(folder, {}).keys():
                yield from chapter(texts.pop(folder), sounds.pop(folder))
        if left := sorted({*sounds, *texts}):
            raise BuildError(f"The chapter {left[0]} of the archive has sounds without transcripts, or the reverse.")


def chapter(texts, sounds):
    """The rows of a chapter, in the order of its transcripts."""
    for key, text in texts.items():
        speaker, number = key.split("-")[:2]
        audio = {"path": f"{key}.flac", "bytes": sounds[key]}
        row = {"file": f"{key}.flac", "audio": audio, "text": text}
        yield key, {**row, "speaker_id": int(speaker), "chapter_id": int(number), "id": key}
