"""WMT 2014: sentence pairs of the news translation task, English with five other languages.

Knows: which corpora the task takes for training and for testing. Does not know: where they lie or how they are read.
"""

from __future__ import annotations

from nlpdata.builder.wmt import WmtBuilder, pair_configs

DESCRIPTION = """Sentence pairs of the news translation task of WMT 2014: English with five other languages."""

CITATION = """@misc{bojar2014,
  title = {Findings of the 2014 Workshop on Statistical Machine Translation},
  author = {Bojar, Ondřej and Buck, Christian and Federmann, Christian and Haddow, Barry and Koehn, Philipp and Leveling,
    Johannes and Monz, Christof and Pecina, Pavel and Post, Matt and Saint-Amand, Herve and Soricut, Radu and Specia, Lucia
    and Tamchyna, Aleš},
  year = {2014},
  howpublished = {Proceedings of the Ninth Workshop on Statistical Machine Translation},
  url = {http://www.aclweb.org/anthology/W/W14/W14-3302},
}"""

PAIRS = "cs-en de-en fr-en hi-en ru-en"


class Wmt14(WmtBuilder):
    """Builder of a configuration for each pair of languages, and of others by ``language_pair`` and ``subsets``."""

    BUILDER_CONFIGS = pair_configs(PAIRS)
    ABOUT = {
        "description": DESCRIPTION,
        "citation": CITATION,
        "homepage": "http://www.statmt.org/wmt14/translation-task.html",
        "license": "unknown",
    }
    SUBSETS = {
        "train": "europarl_v7 commoncrawl multiun newscommentary_v9 gigafren wikiheadlines_hi wikiheadlines_ru",
        "validation": "newsdev2014 newstest2013",
        "test": "newstest2014",
    }
