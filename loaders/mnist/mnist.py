"""MNIST: handwritten digits, from two IDX files a split.

Knows: which files hold which split. Does not know: the layout of IDX files, or how an image is stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import idx_array
from nlpdata.errors import BuildError

BASE = "https://storage.googleapis.com/cvdf-datasets/mnist/"
FILES = {
    "train": {"images": BASE + "train-images-idx3-ubyte.gz", "labels": BASE + "train-labels-idx1-ubyte.gz"},
    "test": {"images": BASE + "t10k-images-idx3-ubyte.gz", "labels": BASE + "t10k-labels-idx1-ubyte.gz"},
}

DESCRIPTION = "70,000 handwritten digits of 28 by 28 pixels in grey, 60,000 to train and 10,000 to test."

CITATION = """@article{lecun2010mnist,
  title = {MNIST handwritten digit database},
  author = {LeCun, Yann and Cortes, Corinna and Burges, CJ},
  journal = {ATT Labs [Online]. Available: http://yann.lecun.com/exdb/mnist},
  year = {2010},
}"""


class Mnist(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="mnist", version=datasets.Version("1.0.0"), description=DESCRIPTION)]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://yann.lecun.com/exdb/mnist/",
            license="mit",
            features=datasets.Features(
                {"image": datasets.Image(), "label": datasets.ClassLabel(names=[str(digit) for digit in range(10)])}
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, files) for split, files in paths.items()]

    def _generate_examples(self, images, labels):
        pixels, digits = idx_array(images, dimensions=3), idx_array(labels, dimensions=1).tolist()
        if len(pixels) != len(digits):
            raise BuildError(f"{images} holds {len(pixels)} images, but {labels} holds {len(digits)} labels.")
        for number, (image, digit) in enumerate(zip(pixels, digits, strict=True)):
            yield number, {"image": image, "label": digit}
