"""CIFAR-10: small colour photographs in 10 classes, from an archive of pickles.

Knows: which member holds which split, and how a row of pixels lies. Does not know: how a pickle is read without trusting it.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.fetch.pickles import read_pickle

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py/"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

DESCRIPTION = "60,000 colour photographs of 32 by 32 pixels in 10 classes, 6,000 of each: 50,000 to train and 10,000 to test."

CITATION = """@techreport{krizhevsky2009learning,
  title = {Learning multiple layers of features from tiny images},
  author = {Krizhevsky, Alex},
  institution = {University of Toronto},
  year = {2009},
}"""


class Cifar10(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description=DESCRIPTION)]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
            license="unknown",
            features=datasets.Features({"img": datasets.Image(), "label": datasets.ClassLabel(names=CLASSES)}),
            supervised_keys=("img", "label"),
        )

    def _split_generators(self, dl_manager):
        archive = dl_manager.download(URL)
        return [
            datasets.SplitGenerator("train", {"members": dl_manager.iter_archive(archive), "prefix": FOLDER + "data_batch_"}),
            datasets.SplitGenerator("test", {"members": dl_manager.iter_archive(archive), "prefix": FOLDER + "test_batch"}),
        ]

    def _generate_examples(self, members, prefix):
        # The batches come in the order of the archive, which is not that of their numbers.
        for path, file in members:
            if path.startswith(prefix):
                batch = read_pickle(file, encoding="bytes")
                for number, (pixels, label) in enumerate(zip(batch[b"data"], batch[b"labels"], strict=True)):
                    # 1,024 bytes of red, of green and of blue -> height, width, channel.
                    yield f"{path}_{number}", {"img": pixels.reshape(3, 32, 32).transpose(1, 2, 0), "label": label}
