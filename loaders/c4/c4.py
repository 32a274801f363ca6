"""C4: the cleaned crawl of the web in English, from shards of compressed JSON Lines.

Knows: how many shards each variant has and how they are named. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.files import get_file_type

REVISION = "1ddc917116b730e1859edef32896ec5c16be51d0"
URL = "https://huggingface.co/datasets/allenai/c4/resolve/{revision}/{variant}/c4-{split}.{number:05}-of-{count:05}.json.gz"

DESCRIPTION = "Colossal Clean Crawled Corpus: pages of Common Crawl of April 2019 in English, cleaned, as prepared by AllenAI."
# Variant: shards of train and of validation, and what it is.
VARIANTS = {
    "en": (1024, 8, "Cleaned, without pages that hold a word of the block list."),
    "en.noblocklist": (1024, 8, "Cleaned, but pages with words of the block list are kept."),
    "realnewslike": (512, 1, "Only pages of the domains of the corpus RealNews."),
    "en.noclean": (7168, 64, "Not cleaned; only the language was told."),
}

CITATION = """@misc{raffel2019,
  title = {Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer},
  author = {Colin Raffel and Noam Shazeer and Adam Roberts and Katherine Lee and Sharan Narang and Michael Matena and Yanqi
    Zhou and Wei Li and Peter J. Liu},
  year = {2019},
  howpublished = {arXiv e-prints},
  url = {https://arxiv.org/abs/1910.10683},
}"""


class C4(datasets.ArrowBasedBuilder):
    """Builder of the four configurations."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, description=about) for name, (_, _, about) in VARIANTS.items()]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/allenai/allennlp/discussions/5056",
            license="odc-by",
            features=datasets.Features({name: datasets.Value("string") for name in ("text", "timestamp", "url")}),
        )

    def _split_generators(self, dl_manager):
        variant = self.config.name
        shards = dict(zip(("train", "validation"), VARIANTS[variant], strict=False))
        urls = {
            split: [
                URL.format(revision=REVISION, variant=variant, split=split, number=number, count=count)
                for number in range(count)
            ]
            for split, count in shards.items()
        }
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"paths": files}) for split, files in paths.items()]

    def _generate_tables(self, paths):
        for number, path in enumerate(paths):
            for part, batch in enumerate(get_file_type("json").read(path, features=self.info.features)):
                yield (number, part), batch
