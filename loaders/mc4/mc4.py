"""mC4: the cleaned crawl of the web in 108 languages, from shards of compressed JSON Lines.

Knows: how many shards each language has and how they are named. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.errors import UnknownConfigError, unknown
from nlpdata.files import get_file_type

REVISION = "1ddc917116b730e1859edef32896ec5c16be51d0"
BASE = f"https://huggingface.co/datasets/allenai/c4/resolve/{REVISION}/multilingual/"
NAMES = {"train": "c4-{}.tfrecord-{:05}-of-{:05}.json.gz", "validation": "c4-{}-validation.tfrecord-{:05}-of-{:05}.json.gz"}
# Language, shards of train, shards of validation.
TABLE = """
af:64:1 am:16:1 ar:1024:4 az:256:1 be:128:1 bg:1024:1 bg-Latn:4:1 bn:512:1 ca:512:1 ceb:8:1 co:8:1 cs:1024:2 cy:256:1
da:1024:1 de:2048:16 el:1024:2 el-Latn:16:1 en:11264:128 eo:32:1 es:2048:16 et:256:1 eu:64:1 fa:1024:2 fi:1024:1 fil:64:1
fr:2048:16 fy:16:1 ga:16:1 gd:16:1 gl:128:1 gu:64:1 ha:8:1 haw:2:1 hi:1024:2 hi-Latn:16:1 hmn:8:1 ht:8:1 hu:1024:2 hy:128:1
id:1024:4 ig:4:1 is:128:1 it:1024:8 iw:1024:1 ja:1024:8 ja-Latn:8:1 jv:8:1 ka:256:1 kk:256:1 km:64:1 kn:64:1 ko:1024:1
ku:16:1 ky:64:1 la:64:1 lb:32:1 lo:8:1 lt:512:1 lv:256:1 mg:8:1 mi:4:1 mk:128:1 ml:128:1 mn:128:1 mr:1024:1 ms:512:1 mt:128:1
my:64:1 ne:256:1 nl:1024:4 no:1024:1 ny:4:1 pa:32:1 pl:1024:4 ps:16:1 pt:1024:4 ro:1024:2 ru:4096:32 ru-Latn:32:1 sd:64:1
si:64:1 sk:512:1 sl:256:1 sm:4:1 sn:8:1 so:64:1 sq:128:1 sr:256:1 st:2:1 su:4:1 sv:1024:2 sw:32:1 ta:256:1 te:128:1 tg:64:1
th:1024:1 tr:1024:4 uk:1024:2 und:3072:32 ur:128:1 uz:32:1 vi:1024:4 xh:2:1 yi:16:1 yo:2:1 zh:1024:2 zh-Latn:8:1 zu:8:1
"""
SHARDS = {
    language: {"train": int(train), "validation": int(validation)}
    for language, train, validation in (entry.split(":") for entry in TABLE.split())
}

DESCRIPTION = "Pages of 86 dumps of Common Crawl, cleaned, and sorted by language; as prepared by AllenAI."

CITATION = """@misc{raffel2019,
  title = {Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer},
  author = {Colin Raffel and Noam Shazeer and Adam Roberts and Katherine Lee and Sharan Narang and Michael Matena and Yanqi
    Zhou and Wei Li and Peter J. Liu},
  year = {2019},
  howpublished = {arXiv e-prints},
  url = {https://arxiv.org/abs/1910.10683},
}"""


class Mc4Config(datasets.BuilderConfig):
    """One or more languages, one after the other."""

    def __init__(self, languages, name=None, **kwargs):
        languages = [languages] if isinstance(languages, str) else list(languages)
        for language in languages:
            if language not in SHARDS:
                raise unknown(UnknownConfigError, "language of mc4", language, SHARDS)
        super().__init__(name=name or "+".join(languages), **kwargs)
        self.languages = languages


class Mc4(datasets.ArrowBasedBuilder):
    """Builder of a configuration for each language, and of any languages together by ``languages``."""

    BUILDER_CONFIG_CLASS = Mc4Config
    BUILDER_CONFIGS = [Mc4Config(languages=[language], description=f"Language {language}.") for language in SHARDS]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/allenai/allennlp/discussions/5056",
            license="odc-by",
            features=datasets.Features({name: datasets.Value("string") for name in ("text", "timestamp", "url")}),
        )

    def _split_generators(self, dl_manager):
        urls = {
            split: [
                BASE + name.format(language, number, SHARDS[language][split])
                for language in self.config.languages
                for number in range(SHARDS[language][split])
            ]
            for split, name in NAMES.items()
        }
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"paths": files}) for split, files in paths.items()]

    def _generate_tables(self, paths):
        for number, path in enumerate(paths):
            for part, batch in enumerate(get_file_type("json").read(path, features=self.info.features)):
                yield (number, part), batch
