"""Mathematics dataset of DeepMind: questions of school mathematics made by programs, from one tar.gz.

Knows: the modules, where their files lie, and how lines were published. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets

URL = "https://storage.googleapis.com/mathematics-dataset/mathematics_dataset-v1.0.tar.gz"
FOLDERS = {"train": ["train-easy", "train-medium", "train-hard"], "test": ["interpolate"]}
MODULES = """
algebra__linear_1d algebra__linear_1d_composed algebra__linear_2d algebra__linear_2d_composed algebra__polynomial_roots
algebra__polynomial_roots_composed algebra__sequence_next_term algebra__sequence_nth_term arithmetic__add_or_sub
arithmetic__add_or_sub_in_base arithmetic__add_sub_multiple arithmetic__div arithmetic__mixed arithmetic__mul
arithmetic__mul_div_multiple arithmetic__nearest_integer_root arithmetic__simplify_surd calculus__differentiate
calculus__differentiate_composed comparison__closest comparison__closest_composed comparison__kth_biggest
comparison__kth_biggest_composed comparison__pair comparison__pair_composed comparison__sort comparison__sort_composed
measurement__conversion measurement__time numbers__base_conversion numbers__div_remainder numbers__div_remainder_composed
numbers__gcd numbers__gcd_composed numbers__is_factor numbers__is_factor_composed numbers__is_prime
numbers__is_prime_composed numbers__lcm numbers__lcm_composed numbers__list_prime_factors
numbers__list_prime_factors_composed numbers__place_value numbers__place_value_composed numbers__round_number
numbers__round_number_composed polynomials__add polynomials__coefficient_named polynomials__collect polynomials__compose
polynomials__evaluate polynomials__evaluate_composed polynomials__expand polynomials__simplify_power
probability__swr_p_level_set probability__swr_p_sequence
"""

DESCRIPTION = """Questions of school mathematics in English with their answers, made by programs: two million to train and ten
thousand to test in each of 56 modules."""

CITATION = """@misc{saxton2019,
  title = {Analysing Mathematical Reasoning Abilities of Neural Models},
  author = {Saxton, Grefenstette, Hill, Kohli},
  year = {2019},
  howpublished = {arXiv:1904.01557},
}"""


class MathDataset(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each module."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=f"Module {name}.")
        for name in MODULES.split()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/deepmind/mathematics_dataset",
            license="not stated",
            features=datasets.Features({"question": datasets.Value("string"), "answer": datasets.Value("string")}),
            supervised_keys=("question", "answer"),
        )

    def _split_generators(self, dl_manager):
        root = os.path.join(dl_manager.download_and_extract(URL), "mathematics_dataset-v1.0")
        return [
            datasets.SplitGenerator(
                split, {"paths": [os.path.join(root, folder, f"{self.config.name}.txt") for folder in folders]}
            )
            for split, folders in FOLDERS.items()
        ]

    def _generate_examples(self, paths):
        for part, path in enumerate(paths):
            with open(path, "rb") as lines:
                for number, (question, answer) in enumerate(zip(lines, lines, strict=True)):
                    # Published as the notation of bytes in Python, b'...\\n'.
                    yield (part, number), {"question": repr(question), "answer": repr(answer)}
