"""CNN / Daily Mail: news stories with their highlights, from two tgz of story files and three lists of URLs.

Knows: how a story is found by its URL, and how its file is cut. Does not know: how archives are read or how rows are stored.
"""

from __future__ import annotations

import hashlib
import re

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines
from nlpdata.fetch import iter_archive

STORIES = "https://huggingface.co/datasets/cnn_dailymail/resolve/11343c3752184397d56efc19a8a7cceb68089318/data/"
ARCHIVES = [STORIES + "cnn_stories.tgz", STORIES + "dailymail_stories.tgz"]
LISTS = {
    split: f"https://raw.githubusercontent.com/abisee/cnn-dailymail/master/url_lists/all_{part}.txt"
    for split, part in (("train", "train"), ("validation", "val"), ("test", "test"))
}
SENTENCE_ENDS = (".", "!", "?", "'", "`", '"', "\u2019", "\u201d", ")")

DESCRIPTION = (
    "Stories in English of the news sites CNN and Daily Mail; the highlights written by their editors are the summary."
)
ABOUT = {
    "3.0.0": "With the names of people and places.",
    "1.0.0": "Highlights are joined by blanks.",
    "2.0.0": "Highlights are joined by line ends.",
}

CITATION = """@misc{see2017,
  title = {Get To The Point: Summarization with Pointer-Generator Networks},
  author = {Abigail See and Peter J. Liu and Christopher D. Manning},
  year = {2017},
  howpublished = {CoRR},
  url = {http://arxiv.org/abs/1704.04368},
}
@misc{hermann2015,
  title = {Teaching machines to read and comprehend},
  author = {Hermann, Karl Moritz and Kocisky, Tomas and Grefenstette, Edward and Espeholt, Lasse and Kay, Will and Suleyman,
    Mustafa and Blunsom, Phil},
  year = {2015},
  howpublished = {Advances in neural information processing systems},
}"""


class CnnDailymail(datasets.GeneratorBasedBuilder):
    """Builder of the three configurations, which are called like their versions."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version(name), description=about) for name, about in ABOUT.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/abisee/cnn-dailymail",
            license="apache-2.0",
            features=datasets.Features({name: datasets.Value("string") for name in ("article", "highlights", "id")}),
        )

    def _split_generators(self, dl_manager):
        archives, lists = dl_manager.download([ARCHIVES, LISTS])
        return [datasets.SplitGenerator(split, {"archives": archives, "urls": urls}) for split, urls in lists.items()]

    def _generate_examples(self, archives, urls):
        wanted = {hashlib.sha1(url.strip().encode()).hexdigest() for url in text_lines(urls)}
        between = " " if self.config.name == "1.0.0" else "\n"
        for archive in archives:
            for path, file in iter_archive(archive):
                story = re.fullmatch(r"(?:.*/)?(\w+)\.story", path)
                if story and story[1] in wanted:
                    article, highlights = read_story(file)
                    if article and highlights:
                        example = {"article": " ".join(article), "highlights": between.join(highlights), "id": story[1]}
                        yield story[1], example


def read_story(file):
    """The lines of the article, and the lines that come after ``@highlight``; each ends like a sentence."""
    article, highlights, lines = [], [], None
    for line in text_lines(file):
        text = line.strip()
        if text.startswith("@highlight"):
            lines = highlights
        elif text:
            (article if lines is None else lines).append(text if text.endswith(SENTENCE_ENDS) else f"{text} .")
    return article, highlights
