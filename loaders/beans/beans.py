"""Beans: photographs of bean leaves by disease, from a zip archive of JPEG files a split.

Knows: that the folder of a file is its class. Does not know: how an image is read.
"""

from __future__ import annotations

import os

import nlpdata as datasets

BASE = "https://huggingface.co/datasets/beans/resolve/main/data/"
URLS = {split: f"{BASE}{split}.zip" for split in ("train", "validation", "test")}
CLASSES = ["angular_leaf_spot", "bean_rust", "healthy"]

DESCRIPTION = "Photographs of bean leaves taken with a phone in fields of Uganda, healthy or with one of two diseases."

CITATION = """@misc{beansdata,
  title = {Bean disease dataset},
  author = {Makerere AI Lab},
  year = {2020},
  url = {https://github.com/AI-Lab-Makerere/ibean/},
}"""


class Beans(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/AI-Lab-Makerere/ibean/",
            license="mit",
            features=datasets.Features(
                {
                    "image_file_path": datasets.Value("string"),
                    "image": datasets.Image(),
                    "labels": datasets.ClassLabel(names=CLASSES),
                }
            ),
            supervised_keys=("image", "labels"),
        )

    def _split_generators(self, dl_manager):
        folders = dl_manager.download_and_extract(URLS)
        return [datasets.SplitGenerator(split, {"files": dl_manager.iter_files([folder])}) for split, folder in folders.items()]

    def _generate_examples(self, files):
        for number, path in enumerate(path for path in files if path.endswith(".jpg")):
            label = os.path.basename(os.path.dirname(path)).lower()
            yield number, {"image_file_path": path, "image": path, "labels": label}
