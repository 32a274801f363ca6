"""Universal Dependencies 2.7: 183 treebanks in one annotation, from CoNLL-U files.

Knows: the repository, the splits and the files of each treebank. Does not know: how CoNLL-U is read.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import conllu_sentences

URL = "https://raw.githubusercontent.com/UniversalDependencies/UD_{folder}/r2.7/{treebank}-ud-{part}.conllu"
PARTS = {"train": "train", "dev": "validation", "test": "test"}

DESCRIPTION = """Universal Dependencies: treebanks of many languages with one annotation of words, features and dependencies."""

CITATION = """@misc{zeman2020,
  title = {Universal Dependencies 2.7},
  author = {Zeman, Daniel and Nivre, Joakim and Abrams, Mitchell and Ackermann, Elia and Aepli, No"emi and Aghaei, Hamid and
    Agi'c, Zeljko and Ahmadi, Amir and Ahrenberg, Lars and Ajede, Chika Kennedy and and 406 others},
  year = {2020},
  url = {http://hdl.handle.net/11234/1-3424},
}"""

UPOS = """
NOUN PUNCT ADP NUM SYM SCONJ ADJ PART DET CCONJ PROPN PRON X _ ADV INTJ VERB AUX
"""

# Splits that come in several files; lt_hse was published with its training file as every split.
SEVERAL = {
    ("cs_pdt", "train"): ["train-l", "train-m", "train-c", "train-v"],
    ("de_hdt", "train"): ["train-a-1", "train-a-2", "train-b-1", "train-b-2"],
    ("lt_hse", "dev"): ["train"],
    ("lt_hse", "test"): ["train"],
}

# Treebank, repository without "UD_", and the parts where it has not all three.
TREEBANKS = """
af_afribooms Afrikaans-AfriBooms
akk_pisandub Akkadian-PISANDUB test
akk_riao Akkadian-RIAO test
aqz_tudet Akuntsu-TuDeT test
sq_tsa Albanian-TSA test
am_att Amharic-ATT test
grc_perseus Ancient_Greek-Perseus
grc_proiel Ancient_Greek-PROIEL
apu_ufpa Apurina-UFPA test
ar_nyuad Arabic-NYUAD
ar_padt Arabic-PADT
ar_pud Arabic-PUD test
hy_armtdp Armenian-ArmTDP
aii_as Assyrian-AS test
bm_crb Bambara-CRB test
eu_bdt Basque-BDT
be_hse Belarusian-HSE
bho_bhtb Bhojpuri-BHTB test
br_keb Breton-KEB test
bg_btb Bulgarian-BTB
bxr_bdt Buryat-BDT train test
yue_hk Cantonese-HK test
ca_ancora Catalan-AnCora
zh_cfl Chinese-CFL test
zh_gsd Chinese-GSD
zh_gsdsimp Chinese-GSDSimp
zh_hk Chinese-HK test
zh_pud Chinese-PUD test
ckt_hse Chukchi-HSE test
lzh_kyoto Classical_Chinese-Kyoto
cop_scriptorium Coptic-Scriptorium
hr_set Croatian-SET
cs_cac Czech-CAC
cs_cltt Czech-CLTT
cs_fictree Czech-FicTree
cs_pdt Czech-PDT
cs_pud Czech-PUD test
da_ddt Danish-DDT
nl_alpino Dutch-Alpino
nl_lassysmall Dutch-LassySmall
en_esl English-ESL
en_ewt English-EWT
en_gum English-GUM
en_gumreddit English-GUMReddit
en_lines English-LinES
en_partut English-ParTUT
en_pronouns English-Pronouns test
en_pud English-PUD test
myv_jr Erzya-JR test
et_edt Estonian-EDT
et_ewt Estonian-EWT
fo_farpahc Faroese-FarPaHC
fo_oft Faroese-OFT test
fi_ftb Finnish-FTB
fi_ood Finnish-OOD test
fi_pud Finnish-PUD test
fi_tdt Finnish-TDT
fr_fqb French-FQB test
fr_ftb French-FTB
fr_gsd French-GSD
fr_partut French-ParTUT
fr_pud French-PUD test
fr_sequoia French-Sequoia
fr_spoken French-Spoken
gl_ctg Galician-CTG
gl_treegal Galician-TreeGal train test
de_gsd German-GSD
de_hdt German-HDT
de_lit German-LIT test
de_pud German-PUD test
got_proiel Gothic-PROIEL
el_gdt Greek-GDT
he_htb Hebrew-HTB
qhe_hiencs Hindi_English-HIENCS
hi_hdtb Hindi-HDTB
hi_pud Hindi-PUD test
hu_szeged Hungarian-Szeged
is_icepahc Icelandic-IcePaHC
is_pud Icelandic-PUD test
id_csui Indonesian-CSUI train test
id_gsd Indonesian-GSD
id_pud Indonesian-PUD test
ga_idt Irish-IDT
it_isdt Italian-ISDT
it_partut Italian-ParTUT
it_postwita Italian-PoSTWITA
it_pud Italian-PUD test
it_twittiro Italian-TWITTIRO
it_vit Italian-VIT
ja_bccwj Japanese-BCCWJ
ja_gsd Japanese-GSD
ja_modern Japanese-Modern test
ja_pud Japanese-PUD test
krl_kkpp Karelian-KKPP test
kk_ktb Kazakh-KTB train test
kfm_aha Khunsari-AHA test
koi_uh Komi_Permyak-UH test
kpv_ikdp Komi_Zyrian-IKDP test
kpv_lattice Komi_Zyrian-Lattice test
ko_gsd Korean-GSD
ko_kaist Korean-Kaist
ko_pud Korean-PUD test
kmr_mg Kurmanji-MG train test
la_ittb Latin-ITTB
la_llct Latin-LLCT
la_perseus Latin-Perseus train test
la_proiel Latin-PROIEL
lv_lvtb Latvian-LVTB
lt_alksnis Lithuanian-ALKSNIS
lt_hse Lithuanian-HSE
olo_kkpp Livvi-KKPP train test
mt_mudt Maltese-MUDT
gv_cadhan Manx-Cadhan test
mr_ufal Marathi-UFAL
gun_dooley Mbya_Guarani-Dooley test
gun_thomas Mbya_Guarani-Thomas test
mdf_jr Moksha-JR test
myu_tudet Munduruku-TuDeT test
pcm_nsc Naija-NSC
nyq_aha Nayini-AHA test
sme_giella North_Sami-Giella train test
no_bokmaal Norwegian-Bokmaal
no_nynorsk Norwegian-Nynorsk
no_nynorsklia Norwegian-NynorskLIA
cu_proiel Old_Church_Slavonic-PROIEL
fro_srcmf Old_French-SRCMF
orv_rnc Old_Russian-RNC train test
orv_torot Old_Russian-TOROT
otk_tonqq Old_Turkish-Tonqq test
fa_perdt Persian-PerDT
fa_seraji Persian-Seraji
pl_lfg Polish-LFG
pl_pdb Polish-PDB
pl_pud Polish-PUD test
pt_bosque Portuguese-Bosque
pt_gsd Portuguese-GSD
pt_pud Portuguese-PUD test
ro_nonstandard Romanian-Nonstandard
ro_rrt Romanian-RRT
ro_simonero Romanian-SiMoNERo
ru_gsd Russian-GSD
ru_pud Russian-PUD test
ru_syntagrus Russian-SynTagRus
ru_taiga Russian-Taiga
sa_ufal Sanskrit-UFAL test
sa_vedic Sanskrit-Vedic train test
gd_arcosg Scottish_Gaelic-ARCOSG
sr_set Serbian-SET
sms_giellagas Skolt_Sami-Giellagas test
sk_snk Slovak-SNK
sl_ssj Slovenian-SSJ
sl_sst Slovenian-SST train test
soj_aha Soi-AHA test
ajp_madar South_Levantine_Arabic-MADAR test
es_ancora Spanish-AnCora
es_gsd Spanish-GSD
es_pud Spanish-PUD test
swl_sslc Swedish_Sign_Language-SSLC
sv_lines Swedish-LinES
sv_pud Swedish-PUD test
sv_talbanken Swedish-Talbanken
gsw_uzh Swiss_German-UZH test
tl_trg Tagalog-TRG test
tl_ugnayan Tagalog-Ugnayan test
ta_mwtt Tamil-MWTT test
ta_ttb Tamil-TTB
te_mtg Telugu-MTG
th_pud Thai-PUD test
tpn_tudet Tupinamba-TuDeT test
qtd_sagt Turkish_German-SAGT
tr_boun Turkish-BOUN
tr_gb Turkish-GB test
tr_imst Turkish-IMST
tr_pud Turkish-PUD test
uk_iu Ukrainian-IU
hsb_ufal Upper_Sorbian-UFAL train test
ur_udtb Urdu-UDTB
ug_udt Uyghur-UDT
vi_vtb Vietnamese-VTB
wbp_ufal Warlpiri-UFAL test
cy_ccg Welsh-CCG train test
wo_wtb Wolof-WTB
yo_ytb Yoruba-YTB test
"""


class UniversalDependenciesConfig(datasets.BuilderConfig):
    """A treebank: its repository and its parts."""

    def __init__(self, name="", folder="", parts=(), **kwargs):
        super().__init__(name=name, **kwargs)
        self.folder, self.parts = folder, parts


def treebank(line):
    """The configuration of a line of the table."""
    name, folder, *parts = line.split()
    return UniversalDependenciesConfig(
        name, folder, parts or list(PARTS), version=datasets.Version("2.7.0"), description=f"Treebank {folder}."
    )


class UniversalDependencies(datasets.GeneratorBasedBuilder):
    """Builder of the 183 configurations."""

    BUILDER_CONFIG_CLASS = UniversalDependenciesConfig
    BUILDER_CONFIGS = [treebank(line) for line in TREEBANKS.strip().splitlines()]

    def _info(self):
        texts = datasets.Sequence(datasets.Value("string"))
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://universaldependencies.org/",
            license="unknown",
            features=datasets.Features(
                {
                    "idx": datasets.Value("string"),
                    "text": datasets.Value("string"),
                    "tokens": texts,
                    "lemmas": texts,
                    "upos": datasets.Sequence(datasets.ClassLabel(names=UPOS.split())),
                    "xpos": texts,
                    "feats": texts,
                    "head": texts,
                    "deprel": texts,
                    "deps": texts,
                    "misc": texts,
                }
            ),
        )

    def _split_generators(self, dl_manager):
        name, folder = self.config.name, self.config.folder
        urls = {
            PARTS[part]: [URL.format(folder=folder, treebank=name, part=file) for file in SEVERAL.get((name, part), [part])]
            for part in self.config.parts
        }
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"paths": tuple(files)}) for split, files in paths.items()]

    def _generate_examples(self, paths):
        number = 0
        for path in paths:
            for sentence in conllu_sentences(path, first=number):
                yield number, sentence
                number += 1
