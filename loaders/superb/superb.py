"""SUPERB: six tasks on speech, each from the files of another corpus.

Knows: how each corpus lays out its sounds, labels and splits. Does not know: how a sound is decoded.
"""

from __future__ import annotations

import glob
import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows, text_lines

LIBRISPEECH = "http://www.openslr.org/resources/12/"
COMMANDS = "http://download.tensorflow.org/data/"
DIARIZATION = "https://huggingface.co/datasets/superb/superb-data/resolve/main/sd/"
# Task -> split -> what is downloaded for it; a dict of URLs where a split has several files.
URLS = {
    "asr": {
        split: f"{LIBRISPEECH}{archive}.tar.gz"
        for split, archive in (("train", "train-clean-100"), ("validation", "dev-clean"), ("test", "test-clean"))
    },
    "sd": {
        split: {file: f"{DIARIZATION}{split}/{file}" for file in ("reco2dur", "segments", "utt2spk", "wav.zip")}
        for split in ("train", "dev", "test")
    },
    "ks": {
        "train": f"{COMMANDS}speech_commands_v0.01.tar.gz",
        "validation": f"{COMMANDS}speech_commands_v0.01.tar.gz",
        "test": f"{COMMANDS}speech_commands_test_set_v0.01.tar.gz",
    },
    "ic": dict.fromkeys(("train", "validation", "test"), "http://fluent.ai:2052/jf8398hf30f0381738rucj3828chfdnchs.tar.gz"),
}
MANUAL_SPLITS = {"si": ("train", "validation", "test"), "er": tuple(f"session{number}" for number in range(1, 6))}
BY_HAND = {
    "si": "Get VoxCeleb1 from https://www.robots.ox.ac.uk/~vgg/data/voxceleb: wav/ and veri_test_class.txt in a folder.",
    "er": "Get IEMOCAP from https://sail.usc.edu/iemocap/iemocap_release.htm: Session1/ to Session5/ in a folder.",
}

TASKS = {
    "asr": "Automatic speech recognition, on LibriSpeech.",
    "sd": "Speaker diarization, on LibriMix: who speaks when, in mixtures of two speakers.",
    "ks": "Keyword spotting, on Speech Commands 0.01.",
    "ic": "Intent classification, on Fluent Speech Commands.",
    "si": "Speaker identification, on VoxCeleb1.",
    "er": "Emotion recognition, on IEMOCAP.",
}
WORDS = ["yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"]
SILENCE = ("_silence_", "_background_noise_")
EMOTIONS = {"neu": "neu", "hap": "hap", "ang": "ang", "sad": "sad", "exc": "hap"}  # as annotated -> class
SPOKEN_OF = "Chinese English German Korean heat juice lamp lights music newspaper none shoes socks volume"
OBJECTS = SPOKEN_OF.split()
INTENTS = {
    "action": ["activate", "bring", "change language", "deactivate", "decrease", "increase"],
    "object": OBJECTS,
    "location": ["bedroom", "kitchen", "none", "washroom"],
}
RATE, FRAME_SAMPLES, CHUNK_FRAMES = 16_000, 160, 2000

DESCRIPTION = "SUPERB measures what a pretrained model of speech is good for: many tasks, each with a small head on top of it."

CITATION = """@article{yang2021superb,
  title = {SUPERB: Speech processing Universal PERformance Benchmark},
  author = {Yang, Shu-Wen and Chi, Po-Han and Chuang, Yung-Sung and Lai, Cheng-I Jeff and Lakhotia, Kushal and Lin, Yist Y. and
            Liu, Andy T. and Shi, Jiatong and Chang, Xuankai and Lin, Guan-Ting and Huang, Tzu-Hsien and Tseng, Wei-Cheng and
            Lee, Ko-tik and Liu, Da-Rong and Huang, Zili and Dong, Shuyan and Li, Shang-Wen and Watanabe, Shinji and
            Mohamed, Abdelrahman and Lee, Hung-yi},
  journal = {CoRR},
  volume = {abs/2105.01051},
  year = {2021},
  url = {https://arxiv.org/abs/2105.01051},
}"""


def columns_of(task):
    """The columns of a task beside ``file`` and ``audio``."""
    text, number = datasets.Value("string"), datasets.Value("int64")
    if task == "asr":
        return {"text": text, "speaker_id": number, "chapter_id": number, "id": text}
    if task == "sd":
        return {"start": number, "end": number, "speakers": [{"speaker_id": text, "start": number, "end": number}]}
    if task == "ic":
        return {"speaker_id": text, "text": text} | {name: datasets.ClassLabel(names=names) for name, names in INTENTS.items()}
    classes = {
        "ks": [*WORDS, "_silence_", "_unknown_"],
        "si": [f"id{number}" for number in range(10_001, 11_252)],
        "er": ["neu", "hap", "ang", "sad"],
    }
    return {"label": datasets.ClassLabel(names=classes[task])}


class Superb(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each task."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.9.0"), description=text) for name, text in TASKS.items()
    ]

    @property
    def manual_download_instructions(self):
        return BY_HAND.get(self.config.name)

    def _info(self):
        task = self.config.name
        columns = {"file": datasets.Value("string"), "audio": datasets.Audio(sampling_rate=RATE), **columns_of(task)}
        if task == "sd":
            columns = {"record_id": datasets.Value("string"), **columns}
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION}\n\n{self.config.description}",
            citation=CITATION,
            homepage="http://www.openslr.org/12",
            license="unknown",
            features=datasets.Features(columns),
            supervised_keys={"asr": ("file", "text"), "ks": ("file", "label"), "si": ("file", "label")}.get(task),
        )

    def _split_generators(self, dl_manager):
        task = self.config.name
        if task in MANUAL_SPLITS:
            places = dict.fromkeys(MANUAL_SPLITS[task], os.path.abspath(dl_manager.manual_dir))
        else:
            places = dl_manager.download_and_extract(URLS[task])
        return [datasets.SplitGenerator(split, {"place": place, "split": split}) for split, place in places.items()]

    def _generate_examples(self, place, split):
        rows = {"asr": transcripts, "sd": mixtures, "ks": keywords, "ic": intents, "si": voices, "er": emotions}
        for number, row in enumerate(rows[self.config.name](place, split)):
            yield number, {**row, "audio": row["file"]}


def transcripts(folder, split):
    """The rows of asr: chapters by their path, utterances as they are listed."""
    del split
    for listed in sorted(glob.glob(os.path.join(glob.escape(folder), "LibriSpeech", "*", "*", "*", "*.trans.txt"))):
        for line in text_lines(listed):
            if line.strip():
                key, text = line.strip().split(" ", 1)
                speaker, chapter = (int(part) for part in key.split("-")[:2])
                file = os.path.join(os.path.dirname(listed), f"{key}.flac")
                yield {"file": file, "text": text, "speaker_id": speaker, "chapter_id": chapter, "id": key}


def keywords(folder, split):
    """The rows of ks by path; two lists say what is for validation and for tests, and so not for training."""
    if split == "validation":
        files = list(text_lines(os.path.join(folder, "validation_list.txt")))
    else:
        listed = set()
        for name in ("validation_list.txt", "testing_list.txt") if split == "train" else ():
            listed |= set(text_lines(os.path.join(folder, name)))
        files = {os.path.relpath(path, folder) for path in glob.glob(os.path.join(glob.escape(folder), "*", "*.wav"))} - listed
    for file in sorted(name for name in files if name.strip()):
        word = os.path.dirname(file)
        label = word if word in WORDS else "_silence_" if word in SILENCE else "_unknown_"
        yield {"file": os.path.join(folder, file), "label": label}


def intents(folder, split):
    """The rows of ic, in the order of its tables."""
    root = os.path.join(folder, "fluent_speech_commands_dataset")
    table = os.path.join(root, "data", f"{'valid' if split == 'validation' else split}_data.csv")
    names = ["index", "file", "speaker_id", "text", *INTENTS]
    for row in delimited_rows(table, delimiter=",", names=names, quoted=True, skip_rows=1, skipinitialspace=True):
        del row["index"]
        yield {**row, "file": os.path.join(root, row["file"])}


def voices(folder, split):
    """The rows of si, in the order of its one list, which begins each line with 1, 2 or 3 for the split."""
    wanted = {"train": "1", "validation": "2", "test": "3"}[split]
    for line in text_lines(os.path.join(folder, "veri_test_class.txt")):
        number, _, path = line.strip().partition(" ")
        if number == wanted:
            yield {"file": os.path.join(folder, "wav", path), "label": path.partition("/")[0]}


def emotions(folder, split):
    """The rows of er: dialogues by name, turns as they are annotated; turns with other emotions are left out."""
    session = os.path.join(folder, split.capitalize())
    for annotated in sorted(glob.glob(os.path.join(glob.escape(session), "dialog", "EmoEvaluation", "*.txt"))):
        for line in text_lines(annotated):
            if line.startswith("["):
                _, turn, emotion, _ = line.split("\t")
                if emotion in EMOTIONS:
                    file = os.path.join(session, "sentences", "wav", turn.rpartition("_")[0], f"{turn}.wav")
                    yield {"file": file, "label": EMOTIONS[emotion]}


def mixtures(files, split):
    """The rows of sd: recordings by name, each cut into chunks, with all its speakers; times are frames of 10 ms."""
    del split
    spoken_by = dict(line.split() for line in text_lines(files["utt2spk"]) if line.strip())
    seconds = {name: float(length) for name, length in (line.split() for line in text_lines(files["reco2dur"]) if line.strip())}
    speakers = {}
    for utterance, recording, start, end in (line.split() for line in text_lines(files["segments"]) if line.strip()):
        turn = {"start": round(float(start) * RATE / FRAME_SAMPLES), "end": round(float(end) * RATE / FRAME_SAMPLES)}
        speakers.setdefault(recording, []).append({"speaker_id": spoken_by[utterance], **turn})
    folder = os.path.join(files["wav.zip"], "wav")
    for file in sorted(os.listdir(folder)):
        name = file.removesuffix(".wav")
        frames = int(seconds[name] * RATE / FRAME_SAMPLES)
        for start in range(0, frames, CHUNK_FRAMES):
            chunk = {"start": start, "end": min(start + CHUNK_FRAMES, frames)}
            yield {"record_id": name, "file": os.path.join(folder, file), **chunk, "speakers": speakers[name]}
