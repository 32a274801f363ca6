"""OSCAR 2019: documents of the web in 166 languages, from compressed text files that a list for each language names.

Knows: the list, the configurations, and where a document ends. Does not know: how files are decompressed or rows stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines
from nlpdata.errors import ChecksumError

BASE = "https://s3.amazonaws.com/datasets.huggingface.co/oscar/1.0/unshuffled/"
# The order of the configurations, as published.
TABLE = """
deduplicated: af als arz an ast ba am as azb be bo bxr ceb az bcl cy dsb bn bs ce cv diq eml et bg bpy ca ckb ar av bar bh br
cbk da dv eo fa fy gn cs hi hu ie fr gd gu hsb ia io jbo km ku la lmo lv min mr mwl nah new oc pam ps it ka ro scn ko kw lez
lrc mg ml ms myv nds nn os pms qu sa sk sh so sr ta tk tyv uz wa xmf sv tg de tr el uk vi wuu yo;
original: als arz az bcl bn bs ce cv diq eml et;
deduplicated: zh;
original: an ast ba bg bpy ca ckb;
deduplicated: es;
original: da dv eo;
deduplicated: fi ga gom hr hy ilo;
original: fa fy gn hi hu ie;
deduplicated: ja kk krc ky li lt mhr mn mt mzn ne no pa pnb rm sah si sq sw th tt ur vo xal yue;
original: am as azb be bo bxr ceb cy dsb fr gd gu hsb ia io jbo km ku la lmo lv min mr mwl nah new oc pam ps ro scn sk sr ta
tk tyv uz wa xmf it ka ko kw lez lrc mg ml ms myv nds nn os pms qu sa sh so sv tg tr uk vi wuu yo zh;
deduplicated: en eu frr gl he ht id is jv kn kv lb lo mai mk mrj my nap nl or pl pt ru sd sl su te tl ug vec war yi;
original: af ar av bar bh br cbk cs de el es fi ga gom hr hy ilo ja kk krc ky li lt mhr mn mt mzn ne no pa pnb rm sah si sq sw
th tt ur vo xal yue en eu frr gl he ht id is jv kn kv lb lo mai mk mrj my nap nl or pl pt ru sd sl su te tl ug vec war yi
"""
SHA256_LENGTH = 64

DESCRIPTION = "Documents of Common Crawl of November 2018, sorted by language, with and without repeated lines."

CITATION = """@misc{ortizsuarez2020,
  title = {A Monolingual Approach to Contextualized Word Embeddings for Mid-Resource Languages},
  author = {Ortiz Suárez, Pedro Javier and Romary, Laurent and Sagot, Benoit},
  year = {2020},
  howpublished = {Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics},
  url = {https://www.aclweb.org/anthology/2020.acl-main.156},
}
@misc{ortizsuarez2019,
  title = {Asynchronous pipelines for processing huge corpora on medium to low resource infrastructures},
  author = {Pedro Javier Ortiz Suárez and Benoit Sagot and Laurent Romary},
  year = {2019},
  howpublished = {Leibniz-Institut f\\"ur Deutsche Sprache},
  url = {http://nbn-resolving.de/urn:nbn:de:bsz:mh39-90215},
}"""


class OscarConfig(datasets.BuilderConfig):
    """A language, with or without repeated lines."""

    def __init__(self, kind, language, **kwargs):
        name = f"unshuffled_{kind}_{language}"
        super().__init__(name=name, version="1.0.0", description=f"Language {language}, {kind}.", **kwargs)
        self.kind, self.language = kind, language


class Oscar(datasets.GeneratorBasedBuilder):
    """Builder of two configurations for each language."""

    BUILDER_CONFIGS = [
        OscarConfig(kind.strip(), language)
        for kind, _, languages in (run.partition(":") for run in " ".join(TABLE.split()).split(";"))
        for language in languages.split()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://oscar-corpus.com",
            license="cc0-1.0",
            features=datasets.Features({"id": datasets.Value("int64"), "text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        folder = f"{BASE}{self.config.kind}/{self.config.language}/"
        lines = text_lines(dl_manager.download(f"{folder}{self.config.language}_sha256.txt"))
        listed = {folder + name.strip(): hash_.strip() for name, _, hash_ in (line.partition("\t") for line in lines) if name}
        paths = dl_manager.download(list(listed))
        found = dl_manager.get_recorded_sizes_checksums()
        for url, expected in listed.items():
            if len(expected) == SHA256_LENGTH and expected != found[url]["checksum"]:
                raise ChecksumError(
                    f"{url} has the sha256 {found[url]['checksum']}; the list beside it says {expected}. "
                    "Download both again with download_mode='force_redownload'."
                )
        # A tuple, not a list: rows are numbered through all parts, so they are no shards.
        return [datasets.SplitGenerator("train", {"paths": tuple(paths)})]

    def _generate_examples(self, paths):
        number = 0
        for path in paths:
            for document in documents(path):
                yield number, {"id": number, "text": document}
                number += 1


def documents(path):
    """The runs of lines between blank lines, without what is blank at their end."""
    lines = []
    for line in text_lines(path, keep_ends=True):
        if line.strip():
            lines.append(line)
        elif lines:
            yield "".join(lines).rstrip()
            lines = []
    if lines:
        yield "".join(lines).rstrip()
