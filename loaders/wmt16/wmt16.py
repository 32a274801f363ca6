"""WMT 2016: sentence pairs of the news translation task, English with six other languages.

Knows: which corpora the task takes for training and for testing. Does not know: where they lie or how they are read.
"""

from __future__ import annotations

from nlpdata.builder.wmt import WmtBuilder, pair_configs

DESCRIPTION = """Sentence pairs of the news translation task of WMT 2016: English with six other languages."""

CITATION = """@misc{bojar2016,
  title = {Findings of the 2016 Conference on Machine Translation},
  author = {Bojar, Ondřej and Chatterjee, Rajen and Federmann, Christian and Graham, Yvette and Haddow, Barry and Huck,
    Matthias and Jimeno Yepes, Antonio and Koehn, Philipp and Logacheva, Varvara and Monz, Christof and Negri, Matteo and
    Neveol, Aurelie and Neves, Mariana and Popel, Martin and Post, Matt and Rubino, Raphael and Scarton, Carolina and Specia,
    Lucia and Turchi, Marco and Verspoor, Karin and Zampieri, Marcos},
  year = {2016},
  howpublished = {Proceedings of the First Conference on Machine Translation},
  url = {http://www.aclweb.org/anthology/W/W16/W16-2301},
}"""

PAIRS = "cs-en de-en fi-en ro-en ru-en tr-en"


class Wmt16(WmtBuilder):
    """Builder of a configuration for each pair of languages, and of others by ``language_pair`` and ``subsets``."""

    BUILDER_CONFIGS = pair_configs(PAIRS)
    ABOUT = {
        "description": DESCRIPTION,
        "citation": CITATION,
        "homepage": "http://www.statmt.org/wmt16/translation-task.html",
        "license": "unknown",
    }
    SUBSETS = {
        "train": ("europarl_v7 europarl_v8_16 commoncrawl newscommentary_v11 wikiheadlines_fi wikiheadlines_ru setimes_2"),
        "validation": "newsdev2016 newstest2015",
        "test": "newstest2016 newstestB2016",
    }
