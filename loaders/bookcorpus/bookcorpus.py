"""BookCorpus: sentences of unpublished novels, from one tar.bz2 of two text files.

Knows: that a line is an example. Does not know: how archives are read or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines
from nlpdata.fetch import iter_archive

URL = "https://storage.googleapis.com/huggingface-nlp/datasets/bookcorpus/bookcorpus.tar.bz2"

DESCRIPTION = "Sentences in English of about 11,000 novels by unpublished authors, in lower case and cut into tokens."

CITATION = """@misc{zhu2015,
  title = {Aligning Books and Movies: Towards Story-Like Visual Explanations by Watching Movies and Reading Books},
  author = {Zhu, Yukun and Kiros, Ryan and Zemel, Rich and Salakhutdinov, Ruslan and Urtasun, Raquel and Torralba, Antonio
    and Fidler, Sanja},
  year = {2015},
  howpublished = {The IEEE International Conference on Computer Vision (ICCV)},
}"""


class Bookcorpus(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description="Plain text.")]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://yknzhu.wixsite.com/mbweb",
            license="unknown",
            features=datasets.Features({"text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("train", {"archive": dl_manager.download(URL)})]

    def _generate_examples(self, archive):
        for name, file in iter_archive(archive):
            for number, line in enumerate(text_lines(file)):
                yield (name, number), {"text": line.strip()}
