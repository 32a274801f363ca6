"""The main job on real text, start to score: which of 448 languages is this paragraph written in?

The Universal Declaration of Human Rights, in 532 versions, ships with the package. The articles of the test split were seen in
no language during training. Run it twice: the second time every step is found again instead of computed.

    python examples/demo.py
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from nlpdata import Dataset, DatasetDict, load_dataset, load_metric
from nlpdata.settings import settings

VOCABULARY = 12_000
SMOOTHING = 0.02
HOME = Path(__file__).resolve().parent.parent / ".cache" / "demo"


def train_tokenizer(texts: Iterator[list[str]]) -> Tokenizer:
    """A byte-pair tokenizer trained on batches of text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=sys.stderr.isatty())
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save_weights(weights: np.ndarray, path: str) -> None:
    """Write an array to a file."""
    with open(path, "wb") as file:
        np.save(file, weights)


def train_classifier(train: Dataset, num_classes: int) -> np.ndarray:
    """Multinomial naive Bayes: log P(token | language), float32[classes, tokens], counted batch by batch."""
    counts = np.zeros(num_classes * VOCABULARY, np.float64)
    for batch in train.with_format("numpy", columns=["input_ids", "label"]).iter(batch_size=2000):
        lengths = [len(ids) for ids in batch["input_ids"]]
        cells = np.repeat(batch["label"], lengths) * VOCABULARY + np.concatenate(batch["input_ids"])
        counts += np.bincount(cells, minlength=counts.size)
    smoothed = counts.reshape(num_classes, VOCABULARY) + SMOOTHING
    return np.log(smoothed / smoothed.sum(axis=1, keepdims=True)).astype(np.float32)


def kept(path: Path, make: Callable[[], Any], save: Callable[[Any, str], Any], load: Callable[[str], Any]) -> Any:
    """What ``path`` holds, made and saved first if it is not there; a killed save leaves no half file under its name."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        value, aside = make(), path.with_name(f".making-{path.name}")
        save(value, str(aside))
        os.replace(aside, path)
        return value
    return load(str(path))


class Report:
    """Prints a line for each step: rows, bytes, seconds, and the peak memory of the process so far."""

    def __init__(self) -> None:
        print(f"{'step':<34}{'rows':>9}{'MB':>9}{'seconds':>10}{'peak MB':>9}")
        self.since = time.perf_counter()

    def step(self, name: str, rows: int, size: int) -> None:
        """End the step that began when the last one ended."""
        seconds = time.perf_counter() - self.since
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        print(f"{name:<34}{rows:>9,}{size / 1e6:>9.1f}{seconds:>10.3f}{peak:>9.0f}", flush=True)
        self.since = time.perf_counter()


def rows_of(corpus: DatasetDict) -> int:
    """Rows over all splits."""
    return sum(split.num_rows for split in corpus.values())


def bytes_of(corpus: DatasetDict) -> int:
    """Bytes on disk of all splits."""
    files = {f["filename"] for split in corpus.values() for f in split.cache_files}
    return sum(Path(f).stat().st_size for f in files)


def main() -> None:
    """Run the steps."""
    settings.set(cache=os.environ.get("NLPDATA_CACHE", str(HOME)))
    home = Path(settings.cache) / "demo"
    report = Report()

    corpus = load_dataset("udhr")
    report.step("load_dataset('udhr')", rows_of(corpus), bytes_of(corpus))

    codes = sorted(corpus["train"].unique("iso639_3"))
    number = {code: i for i, code in enumerate(codes)}
    corpus = corpus.map(lambda batch: {"label": [number[c] for c in batch["iso639_3"]]}, batched=True)
    report.step(f"map: {len(codes)} languages -> label", rows_of(corpus), bytes_of(corpus))

    train = corpus["train"]
    tokenizer = kept(
        home / f"tokenizer-{train._fingerprint}.json",
        lambda: train_tokenizer(batch["text"] for batch in train.iter(batch_size=1000)),
        Tokenizer.save,
        Tokenizer.from_file,
    )
    report.step("train a BPE tokenizer", train.num_rows, train.size_in_bytes or 0)

    corpus = corpus.map(lambda batch: {"input_ids": [e.ids for e in tokenizer.encode_batch(batch["text"])]}, batched=True)
    report.step("map: tokenize", rows_of(corpus), bytes_of(corpus))

    weights = kept(
        home / f"weights-{corpus['train']._fingerprint}.npy",
        lambda: train_classifier(corpus["train"], len(codes)),
        save_weights,
        np.load,
    )
    report.step("train on NumPy batches", corpus["train"].num_rows, weights.nbytes)

    test = corpus["test"].map(
        lambda batch: {"prediction": [int(weights[:, ids].sum(axis=1).argmax()) for ids in batch["input_ids"]]}, batched=True
    )
    report.step("map: predict unseen articles", test.num_rows, bytes_of(DatasetDict(test=test)))

    score = load_metric("accuracy").compute(predictions=test["prediction"], references=test["label"])
    report.step("load_metric('accuracy')", test.num_rows, 0)

    print(f"\naccuracy {score['accuracy']:.4f} over {len(codes)} languages: {test.num_rows:,} paragraphs of unseen articles")
    print(f"cache {settings.cache}")
    print("Next: run `make demo` again (all of it comes from the cache), then open README.md and load your own files:")
    print("  load_dataset('csv', data_files='yours.csv')")


if __name__ == "__main__":
    main()
