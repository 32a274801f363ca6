"""Wikipedia: articles as plain text, from a MediaWiki dump of any language and date, read in parts.

Knows: where a dump lies, which pages are articles and how they are addressed.
Does not know: how a dump is read or wikitext cleaned (``nlpdata.builder.mediawiki`` does).
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import nlpdata as datasets
from nlpdata.builder.mediawiki import dump_parts, pages_of_part, plain_text, vocabulary
from nlpdata.errors import BuildError

SITE = "https://dumps.wikimedia.org"
JOB = "articlesmultistreamdump"
DATE = "20220301"
# The languages of the ready configurations, in the published order.
LANGUAGE_LIST = """
de en fr frr it simple aa ab ace ady af ak als am an ang ar arc arz as ast atj av ay az azb ba bar bat-smg bcl be be-x-old bg
bh bi bjn bm bn bo bpy br bs bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da din diq dsb dty dv
dz ee el eml eo es et eu ext fa ff fi fiu-vro fj fo frp fur fy ga gag gan gd gl glk gn gom gor got gu gv ha hak haw he hi hif
ho hr hsb ht hu hy ia id ie ig ii ik ilo inh io is iu ja jam jbo jv ka kaa kab kbd kbp kg ki kj kk kl km kn ko koi krc ks ksh
ku kv kw ky la lad lb lbe lez lfn lg li lij lmo ln lo lrc lt ltg lv mai map-bms mdf mg mh mhr mi min mk ml mn mr mrj ms mt mus
mwl my myv mzn na nah nap nds nds-nl ne new ng nl nn no nov nrm nso nv ny oc olo om or os pa pag pam pap pcd pdc pfl pi pih pl
pms pnb pnt ps pt qu rm rmy rn ro roa-rup roa-tara ru rue rw sa sah sat sc scn sco sd se sg sh si sk sl sm sn so sq sr srn ss
st stq su sv sw szl ta tcy te tet tg th ti tk tl tn to tpi tr ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war
wo wuu xal xh xmf yi yo za zea zh zh-classical zh-min-nan zh-yue zu
"""
LANGUAGES = LANGUAGE_LIST.split()

DESCRIPTION = """The articles of Wikipedia in one language as plain text, without references, tables, templates and files."""

CITATION = """@misc{wikimedia,
  title = {Wikimedia Downloads},
  author = {Wikimedia Foundation},
  url = {https://dumps.wikimedia.org},
}"""


class WikipediaConfig(datasets.BuilderConfig):
    """The dump of a language at a date, such as ``"20220301"``."""

    def __init__(self, language, date=DATE, name=None, version="2.0.0", **kwargs):
        about = kwargs.pop("description", None) or f"Wikipedia in the language {language}, dump of {date}."
        super().__init__(name=name or f"{date}.{language}", version=version, description=about, **kwargs)
        self.language, self.date = language, date


class Wikipedia(datasets.GeneratorBasedBuilder):
    """Builder of 300 ready configurations, of any other language and date, and of dumps that the user has; parts are shards."""

    SHARDED = True
    BUILDER_CONFIG_CLASS = WikipediaConfig
    BUILDER_CONFIGS = [WikipediaConfig(language) for language in LANGUAGES]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage=SITE,
            license="cc-by-sa-3.0, gfdl",
            features=datasets.Features({name: datasets.Value("string") for name in ("id", "url", "title", "text")}),
        )

    def _split_generators(self, dl_manager):
        given = self.config.data_files
        files = dl_manager.download([path for paths in given.values() for path in paths] if given else self._urls(dl_manager))
        parts = [part for file in files for part in dump_parts(file)]
        return [datasets.SplitGenerator("train", {"parts": parts, "words": vocabulary(files[0])})]

    def _urls(self, dl_manager):
        """The files of the dump, as its status lists them."""
        folder = f"{SITE}/{self.config.language.replace('-', '_')}wiki/{self.config.date}/"
        job = json.loads(Path(dl_manager.download(f"{folder}dumpstatus.json")).read_text("utf-8"))["jobs"][JOB]
        urls = [folder + name for name in job.get("files", ()) if ".xml" in name]
        if job["status"] != "done" or not urls:
            raise BuildError(
                f"The dump at {folder} is not complete: {JOB} is {job['status']!r}. Take another date=, "
                f"or a dump that you have: load_dataset('wikipedia', '{self.config.name}', data_files=...)."
            )
        return urls

    def _generate_examples(self, parts, words):
        address = f"https://{self.config.language}.wikipedia.org/wiki/"
        for part in parts:
            for page in pages_of_part(part):
                if page.namespace == 0 and page.redirect is None and (text := plain_text(page.text, words)):
                    url = address + quote(page.title)
                    yield page.id, {"id": page.id, "url": url, "title": page.title, "text": text}
