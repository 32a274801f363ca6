"""Fashion-MNIST: articles of clothing, in the four IDX files of MNIST.

Knows: which files hold which split, and the class names. Does not know: the layout of IDX files, or how an image is stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import idx_array
from nlpdata.errors import BuildError

BASE = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
FILES = {
    "train": {"images": BASE + "train-images-idx3-ubyte.gz", "labels": BASE + "train-labels-idx1-ubyte.gz"},
    "test": {"images": BASE + "t10k-images-idx3-ubyte.gz", "labels": BASE + "t10k-labels-idx1-ubyte.gz"},
}
CLASSES = ["T - shirt / top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]

DESCRIPTION = (
    "70,000 photographs of clothing by Zalando, 28 by 28 pixels in grey, in 10 classes: a harder MNIST of the same form."
)

CITATION = """@article{xiao2017fashion,
  title = {Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms},
  author = {Xiao, Han and Rasul, Kashif and Vollgraf, Roland},
  journal = {CoRR},
  volume = {abs/1708.07747},
  year = {2017},
  url = {http://arxiv.org/abs/1708.07747},
}"""


class FashionMnist(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="fashion_mnist", version=datasets.Version("1.0.0"), description=DESCRIPTION)]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/zalandoresearch/fashion-mnist",
            license="mit",
            features=datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=CLASSES)}),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, files) for split, files in paths.items()]

    def _generate_examples(self, images, labels):
        pixels, classes = idx_array(images, dimensions=3), idx_array(labels, dimensions=1).tolist()
        if len(pixels) != len(classes):
            raise BuildError(f"{images} holds {len(pixels)} images, but {labels} holds {len(classes)} labels.")
        for number, (image, label) in enumerate(zip(pixels, classes, strict=True)):
            yield number, {"image": image, "label": label}
