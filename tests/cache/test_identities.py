"""Objects of other libraries: keyed by what they do, not by what was done with them; equal in any process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpdata.cache.key import content_key
from nlpdata.errors import KeyingError

WORDS = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "##s"]


def bare_tokenizer(words: list[str] = WORDS) -> Any:
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return made


def fast_tokenizer(words: list[str] = WORDS, **kwargs: Any) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=bare_tokenizer(words), unk_token="[UNK]", pad_token="[PAD]", **kwargs
    )


def slow_tokenizer(folder: Path, **kwargs: Any) -> Any:
    transformers = pytest.importorskip("transformers")
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({"h": 0, "e": 1, "<unk>": 2, "he</w>": 3}))
    (folder / "merges.txt").write_text("#version: 0.2\nh e</w>\n")
    return transformers.CTRLTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), **kwargs)


def test_padding_and_truncation_of_a_tokenizer_do_not_matter() -> None:
    made = bare_tokenizer()
    key = content_key(made)
    made.enable_padding(pad_id=1, pad_token="[PAD]")
    made.enable_truncation(2)
    made.encode_batch(["hello world", "hello"])
    assert content_key(made) == key
    made.no_padding()
    made.no_truncation()
    assert content_key(made) == key
    assert content_key(bare_tokenizer([*WORDS, "more"])) != key
    made.add_tokens(["new"])
    assert content_key(made) != key


def test_a_bpe_tokenizer_with_a_cache() -> None:
    tokenizers = pytest.importorskip("tokenizers")

    def made(**kwargs: Any) -> Any:
        model = tokenizers.models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")], **kwargs)
        return tokenizers.Tokenizer(model)

    used = made()
    key = content_key(used)
    used.encode_batch(["ab", "ba", "aabb"])
    assert content_key(used) == key == content_key(made())
    assert content_key(made(dropout=0.5)) != key


def test_a_fast_tokenizer_of_transformers() -> None:
    used = fast_tokenizer(model_max_length=9)
    key = content_key(used)
    used(["hello world", "hello"], padding=True, truncation=True, max_length=3)
    used.pad({"input_ids": [[1], [1, 2]]})
    assert content_key(used) == key == content_key(fast_tokenizer(model_max_length=9))
    assert content_key(lambda x: used(x)) == content_key(lambda x: used(x))
    others = [fast_tokenizer(model_max_length=10), fast_tokenizer([*WORDS, "x"], model_max_length=9)]
    others += [fast_tokenizer(model_max_length=9, padding_side="left"), fast_tokenizer(model_max_length=9, cls_token="[CLS]")]
    assert len({key, *(content_key(other) for other in others)}) == 5


def test_a_tokenizer_is_not_where_it_was_loaded_from(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    saved = fast_tokenizer()
    saved.save_pretrained(tmp_path / "a")
    saved(["hello world"], truncation=True, max_length=1, padding="max_length")  # leaves a trace in what is saved
    saved.save_pretrained(tmp_path / "b")
    a, b = (transformers.AutoTokenizer.from_pretrained(str(tmp_path / name)) for name in "ab")
    assert a.name_or_path != b.name_or_path
    assert content_key(a) == content_key(b)


def test_a_slow_tokenizer_of_transformers(tmp_path: Path) -> None:
    used = slow_tokenizer(tmp_path / "a")
    key = content_key(used)
    used(["he hhe", "he"], padding=False, truncation=True, max_length=2)
    assert used.cache, "this tokenizer remembers what it saw"
    assert content_key(used) == key == content_key(slow_tokenizer(tmp_path / "b"))
    assert content_key(slow_tokenizer(tmp_path / "a", model_max_length=5)) != key
    assert content_key(slow_tokenizer(tmp_path / "a", unk_token="h")) != key


def test_a_wordpiece_tokenizer_and_its_arguments(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")

    def made(**kwargs: Any) -> Any:
        return transformers.BertTokenizer(vocab={w: i for i, w in enumerate(WORDS)}, **kwargs)

    used = made()
    key = content_key(used)
    used("hello worlds", max_length=4, padding="max_length", truncation=True)
    assert content_key(used) == key == content_key(made()) != content_key(made(do_lower_case=False))


def sentencepiece_model(text: str = "the quick brown fox") -> bytes:
    library = pytest.importorskip("sentencepiece")
    out = io.BytesIO()
    library.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world a b c"] * 50 + [text] * 50),
        model_writer=out,
        vocab_size=30,
        minloglevel=2,
        hard_vocab_limit=False,
        num_threads=1,
    )
    return out.getvalue()


def test_a_sentencepiece_model() -> None:
    library = pytest.importorskip("sentencepiece")
    proto = sentencepiece_model()
    used = library.SentencePieceProcessor(model_proto=proto)
    key = content_key(used)
    used.encode(["hello", "fox"])
    again = library.SentencePieceProcessor()
    again.LoadFromSerializedProto(proto)
    assert content_key(used) == key == content_key(again)
    assert content_key(library.SentencePieceProcessor(model_proto=proto, num_threads=2)) == key
    assert content_key(library.SentencePieceProcessor(model_proto=proto, add_bos=True)) != key
    assert content_key(library.SentencePieceProcessor(model_proto=sentencepiece_model("another text"))) != key


def test_a_tiktoken_encoding() -> None:
    tiktoken = pytest.importorskip("tiktoken")

    def made(pattern: str = r"\w+|\W", special: int = 256) -> Any:
        ranks = {bytes([i]): i for i in range(256)}
        return tiktoken.Encoding("mine", pat_str=pattern, mergeable_ranks=ranks, special_tokens={"<end>": special})

    used = made()
    key = content_key(used)
    used.encode("hello <end>", allowed_special="all")
    assert content_key(used) == key == content_key(made())
    assert len({key, content_key(made(r"\w|\W")), content_key(made(special=300))}) == 3


def test_a_spacy_pipeline() -> None:
    spacy = pytest.importorskip("spacy")

    def made(language: str = "en", pattern: str = "x", rules: bool = True) -> Any:
        nlp = spacy.blank(language)
        nlp.add_pipe("sentencizer")
        if rules:
            nlp.add_pipe("entity_ruler").add_patterns([{"label": "A", "pattern": pattern}])
        return nlp

    used = made()
    key = content_key(used)
    list(used.pipe(["Words never seen before. And zyxwv."]))
    assert content_key(used) == key == content_key(made())
    assert len({key, content_key(made("de")), content_key(made(pattern="y")), content_key(made(rules=False))}) == 4
    split = made()
    split.tokenizer.add_special_case("dont", [{"ORTH": "do"}, {"ORTH": "nt"}])
    assert content_key(split) != key
    assert content_key(lambda x: used(x)) == content_key(lambda x: used(x))


def test_patterns() -> None:
    regex = pytest.importorskip("regex")
    kinds = [regex.compile("a"), regex.compile("a", regex.I), regex.compile("b"), regex.compile(r"\L<w>", w=["a", "b"])]
    kinds.append(regex.compile(r"\L<w>", w=["a", "c"]))
    keys = [content_key(kind) for kind in kinds]
    assert len(set(keys)) == len(kinds)
    assert keys[3] == content_key(regex.compile(r"\L<w>", w=["b", "a"]))


def test_networks() -> None:
    torch = pytest.importorskip("torch")

    def made(seed: int = 0, width: int = 3) -> Any:
        torch.manual_seed(seed)
        return torch.nn.Sequential(
            torch.nn.Linear(2, width), torch.nn.ReLU(), torch.nn.BatchNorm1d(width), torch.nn.Dropout(0.5)
        )

    used = made()
    key = content_key(used)
    assert content_key(made()) == key
    used.eval()
    evaluating = content_key(used)
    used(torch.zeros(4, 2)).sum().backward()
    assert content_key(used) == evaluating != key
    assert len({key, content_key(made(seed=1)), content_key(made(width=4))}) == 3
    used[3].p = 0.1
    assert content_key(used) != evaluating
    hooked, unhooked = made(), made()
    hooked.register_forward_hook(print).remove()  # counts a number up
    for module in (hooked, unhooked):
        module.register_forward_hook(print)
    assert content_key(hooked) == content_key(unhooked) != key
    first, second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    assert content_key(torch.nn.ModuleDict({"a": first, "b": second})) != content_key(
        torch.nn.ModuleDict({"b": second, "a": first})
    )


def test_the_code_of_ones_own_network_counts() -> None:
    torch = pytest.importorskip("torch")

    def made(body: str) -> Any:
        space: dict[str, Any] = {"__name__": "made", "torch": torch}
        exec(f"class Net(torch.nn.Module):\n  'Text.'\n  def forward(self, x): return {body}", space)
        return space["Net"]()

    assert content_key(made("x + 1")) == content_key(made("x + 1")) != content_key(made("x + 2"))


def test_frames_of_pandas() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.5, 2.5]}, index=["p", "q"])
    key = content_key(frame)
    split = pd.DataFrame(index=["p", "q"])
    for name in frame:
        split[name] = frame[name]
    frame.loc["q"]  # builds look-up tables
    assert content_key(split) == content_key(frame) == key
    others = [
        frame.rename(columns={"a": "z"}),
        frame.reset_index(drop=True),
        frame[["b", "a", "c"]],
        frame.astype({"a": "int32"}),
    ]
    others += [frame.rename_axis("name"), frame.assign(a=[1, 3])]
    assert len({key, *(content_key(other) for other in others)}) == 7
    series = frame["a"]
    assert content_key(series) == content_key(series.copy()) != content_key(series.rename("b"))
    levels = pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])
    assert content_key(levels) == content_key(pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])) != content_key(levels[:1])


def test_frames_of_polars() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "long enough to be a view"], "c": [[1], [], None]})
    key = content_key(frame)
    assert content_key(pl.concat([frame[:1], frame[1:]], rechunk=False)) == key
    others = [frame.rename({"a": "z"}), frame.select("b", "a", "c"), frame.with_columns(pl.col("a").cast(pl.Int32)), frame[:2]]
    assert len({key, *(content_key(other) for other in others)}) == 5
    assert content_key(frame["a"]) != content_key(frame["a"].alias("b"))
    assert content_key(frame["b"]) == content_key(frame["b"].clone())
    categories = pl.Series("d", ["x", "y"], dtype=pl.Categorical)
    assert (
        content_key(categories) == content_key(pl.Series("d", ["x", "y"], dtype=pl.Categorical)) != content_key(frame["b"][:2])
    )


@pytest.mark.parametrize("kind", ["numpy", "numpy columns", "torch", "pandas", "polars", "arrow"])
def test_large_data_is_hashed_where_it_lies(kind: str) -> None:
    array = np.arange(4_000_000, dtype=np.int64)
    data: Any = array
    if kind == "numpy columns":
        data = np.asfortranarray(array.reshape(2000, 2000))
    elif kind == "torch":
        data = pytest.importorskip("torch").from_numpy(array)
    elif kind == "arrow":
        data = pytest.importorskip("pyarrow").table({"a": array})
    elif kind in ("pandas", "polars"):
        data = pytest.importorskip(kind).DataFrame({"a": array, "b": array})

    def f(x: Any) -> Any:
        return data[x]

    content_key(f)
    tracemalloc.start()
    key = content_key(f)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    array[3_999_999] += 1
    if kind in ("numpy", "torch"):
        assert content_key(f) != key


def test_the_number_of_threads_and_pieces_leaves_no_trace() -> None:
    import xxhash

    from nlpdata._leaves import Leaves

    def digest(pieces: Iterable[memoryview]) -> bytes:
        leaves = Leaves()
        for piece in pieces:
            leaves.update(piece)
        return leaves.digest()

    for size in (0, 1, 8 << 20, (8 << 20) + 1, 16 << 20, (24 << 20) + 5):
        view = memoryview(np.random.default_rng(size).bytes(size))
        by_hand = [xxhash.xxh3_128_digest(view[i : i + (8 << 20)]) for i in range(0, max(size, 1), 8 << 20)]
        for step in (3_000_001, 9_000_001):
            assert digest([view[i : i + step] for i in range(0, size, step)]) == digest([view])
        assert digest([view]) == xxhash.xxh3_128_digest(b"".join(by_hand))


def test_datasets_are_what_they_hold() -> None:
    from nlpdata import Dataset, DatasetDict

    def made(n: int = 3) -> Any:
        return Dataset.from_dict({"a": list(range(n))})

    data = made()

    def f(x: Any) -> Any:
        return data[x]

    key = content_key(f)
    data = made()
    assert content_key(f) == key
    data = made(4)
    assert content_key(f) != key
    assert content_key(made().with_format("numpy")) != content_key(made())
    assert content_key(made().select([0, 1])) != content_key(made())
    assert content_key(DatasetDict(train=made())) == content_key(DatasetDict(train=made())) != content_key(made())


PROGRAM = """
import sys
sys.path[:0] = [{tests!r}]
from test_identities import *
from nlpdata.cache.key import content_key
import pathlib, tempfile
print(content_key(bare_tokenizer()), content_key(fast_tokenizer()))
print(content_key(slow_tokenizer(pathlib.Path(tempfile.mkdtemp()))))
import regex
print(content_key(regex.compile(r"\\L<w>", w=["a", "b", "c", "d"])))
"""


def test_other_processes_find_the_same_keys() -> None:
    for name in ("tokenizers", "transformers", "regex"):
        pytest.importorskip(name)
    program = PROGRAM.format(tests=str(Path(__file__).parent))
    found = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.add(done.stdout)
    assert len(found) == 1


LOADED = """
import sys
from nlpdata.cache.key import content_key
content_key(lambda x: x["text"].lower())
print(sorted({"numpy", "pyarrow", "pandas", "torch", "tokenizers", "transformers", "polars"} & set(sys.modules)))
"""


def test_the_key_of_a_plain_function_imports_no_library() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


REFUSED: dict[str, Callable[[], Any]] = {
    "generator": lambda: (i for i in ()),
    "socket": lambda: __import__("socket").socket(),
    "lock": lambda: __import__("threading").Lock(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_keyed_is_refused(name: str) -> None:
    obj = REFUSED[name]()
    with pytest.raises(KeyingError) as caught:
        content_key({"a": [obj]})
    assert "key 'a'" in caught.value.path
    if hasattr(obj, "close"):
        obj.close()
