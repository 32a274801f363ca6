"""CIFAR-100: small colour photographs in 100 fine and 20 coarse classes, from an archive of pickles.

Knows: which member holds which split, and how a row of pixels lies. Does not know: how a pickle is read without trusting it.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.fetch.pickles import read_pickle

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
FOLDER = "cifar-100-python/"
# The published names, "cra" among them.
FINE_LIST = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar
cattle chair chimpanzee clock cloud cockroach couch cra crocodile cup dinosaur dolphin elephant flatfish forest fox girl
hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road
rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
COARSE_LIST = """
aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture insects
large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals
non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2
"""
FINE, COARSE = FINE_LIST.split(), COARSE_LIST.split()

DESCRIPTION = "60,000 colour photographs of 32 by 32 pixels in 100 classes, 600 of each: 50,000 to train and 10,000 to test."

CITATION = """@techreport{krizhevsky2009learning,
  title = {Learning multiple layers of features from tiny images},
  author = {Krizhevsky, Alex},
  institution = {University of Toronto},
  year = {2009},
}"""


class Cifar100(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="cifar100", version=datasets.Version("1.0.0"), description=DESCRIPTION)]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
            license="unknown",
            features=datasets.Features(
                {
                    "img": datasets.Image(),
                    "fine_label": datasets.ClassLabel(names=FINE),
                    "coarse_label": datasets.ClassLabel(names=COARSE),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        archive = dl_manager.download(URL)
        return [
            datasets.SplitGenerator(split, {"members": dl_manager.iter_archive(archive), "member": FOLDER + split})
            for split in ("train", "test")
        ]

    def _generate_examples(self, members, member):
        for path, file in members:
            if path == member:
                batch = read_pickle(file, encoding="bytes")
                rows = zip(batch[b"data"], batch[b"fine_labels"], batch[b"coarse_labels"], strict=True)
                for number, (pixels, fine, coarse) in enumerate(rows):
                    # 1,024 bytes of red, of green and of blue -> height, width, channel.
                    image = pixels.reshape(3, 32, 32).transpose(1, 2, 0)
                    yield number, {"img": image, "fine_label": fine, "coarse_label": coarse}
