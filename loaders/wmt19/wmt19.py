"""WMT 2019: sentence pairs of the news translation task, English with eight other languages, and French with German.

Knows: which corpora the task takes for training and for testing. Does not know: where they lie or how they are read.
"""

from __future__ import annotations

from nlpdata.builder.wmt import WmtBuilder, pair_configs

DESCRIPTION = (
    """Sentence pairs of the news translation task of WMT 2019: English with eight other languages, and French with German."""
)

CITATION = """@misc{foundation,
  title = {ACL 2019 Fourth Conference on Machine Translation (WMT19), Shared Task: Machine Translation of News},
  author = {Wikimedia Foundation},
  url = {http://www.statmt.org/wmt19/translation-task.html},
}"""

PAIRS = "cs-en de-en fi-en gu-en kk-en lt-en ru-en zh-en fr-de"


class Wmt19(WmtBuilder):
    """Builder of a configuration for each pair of languages, and of others by ``language_pair`` and ``subsets``."""

    BUILDER_CONFIGS = pair_configs(PAIRS)
    ABOUT = {
        "description": DESCRIPTION,
        "citation": CITATION,
        "homepage": "http://www.statmt.org/wmt19/translation-task.html",
        "license": "unknown",
    }
    SUBSETS = {
        "train": (
            "europarl_v9 europarl_v7_frde paracrawl_v3 paracrawl_v1_ru paracrawl_v3_frde commoncrawl "
            "commoncrawl_frde newscommentary_v14 newscommentary_v14_frde wikititles_v1 uncorpus_v1 "
            "rapid_2016_ltfi rapid_2019 casia2015 casict2011 casict2015 datum2015 datum2017 neu2017"
        ),
        "validation": "euelections_dev2019 newsdev2019 newstest2018",
    }
