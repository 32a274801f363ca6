"""Metrics that need models: their real path with a tiny model made here, and what they say where a model is missing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpdata import _optional
from nlpdata.errors import ArgumentError, FeatureError, MissingPackageError, UnknownConfigError
from nlpdata.scoring import load_metric

WORDS = ["<s>", "[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat", "dog"]
TEXTS = ["the cat sat", "the dog", "mat", "the cat sat on the mat dog"]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tokenizer of whole words."""
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 3), ("[SEP]", 4)]
    )
    special: dict[str, Any] = {
        "model_max_length": 32,
        "bos_token": "<s>",
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
    }
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special)


@pytest.fixture(scope="module")
def gpt(vocabulary: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("gpt")
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=len(WORDS), n_positions=16, n_embd=8, n_layer=1, n_head=2)
    transformers.GPT2LMHeadModel(config).save_pretrained(folder)
    vocabulary.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bert(vocabulary: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = transformers.BertConfig(vocab_size=len(WORDS), max_position_embeddings=32, num_labels=1, **size)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    vocabulary.save_pretrained(folder)
    return folder


def by_hand(folder: Path, text: str, start: bool) -> float:
    """Perplexity of one text, token by token."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    tokens = [0] * start + [WORDS.index(word) for word in text.split()]
    losses = []
    for place in range(1, len(tokens)):
        with torch.no_grad():
            logits = model(torch.tensor([tokens[:place]])).logits[0, -1]
        losses.append(-torch.log_softmax(logits.double(), -1)[tokens[place]].item())
    return math.exp(sum(losses) / len(losses))


@pytest.mark.peers
@pytest.mark.parametrize("batch_size", [1, 3])
def test_perplexity_is_that_of_each_text_alone(gpt: Path, batch_size: int) -> None:
    metric = load_metric("perplexity", model_id=str(gpt), batch_size=batch_size, device="cpu")
    found = metric.compute(predictions=TEXTS)
    assert found["perplexities"] == pytest.approx([by_hand(gpt, text, True) for text in TEXTS], rel=1e-5)
    assert found["mean_perplexity"] == pytest.approx(np.mean(found["perplexities"]), rel=1e-12)
    longer = [text for text in TEXTS if " " in text]
    found = metric.compute(predictions=longer, add_start_token=False)
    assert found["perplexities"] == pytest.approx([by_hand(gpt, text, False) for text in longer], rel=1e-5)


@pytest.mark.peers
def test_perplexity_cuts_and_merges(gpt: Path) -> None:
    metric = load_metric("perplexity", model_id=str(gpt), max_length=4, device="cpu")
    metric.add_batch(predictions=TEXTS[3:])
    other = load_metric("perplexity", model_id=str(gpt), max_length=4, device="cpu")
    other.add_batch(predictions=TEXTS[:1])
    found = metric.merge(other).compute()
    expected = by_hand(gpt, "the cat sat", True)
    assert found["perplexities"] == pytest.approx([expected, expected], rel=1e-5)


@pytest.mark.peers
def test_perplexity_of_what_cannot_be_scored(gpt: Path, tmp_path: Path) -> None:
    metric = load_metric("perplexity", model_id=str(gpt), device="cpu")
    with pytest.raises(FeatureError, match="Row 1 of predictions is too short: ''"):
        metric.compute(predictions=["the cat", ""])
    with pytest.raises(FeatureError, match="At least two tokens"):
        metric.compute(predictions=["mat"], add_start_token=False)
    with pytest.raises(ArgumentError, match="is neither a folder nor in the cache"):
        load_metric("perplexity", model_id=str(tmp_path / "none")).compute(predictions=["a"])


def test_perplexity_needs_a_model() -> None:
    with pytest.raises(ArgumentError, match="give model_id="):
        load_metric("perplexity").compute(predictions=["a"])
    with pytest.raises(FeatureError, match="text is needed"):
        load_metric("perplexity", model_id="gpt2").compute(predictions=[1.5])


def test_the_arithmetic_of_perplexity_on_a_known_model() -> None:
    torch = pytest.importorskip("torch")
    module = __import__("sys").modules[type(load_metric("perplexity")).__module__]

    class Uniform(torch.nn.Module):
        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            logits = torch.zeros(*input_ids.shape, 8)
            return type("Output", (), {"logits": logits})()

    class Biased(Uniform):
        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            made = super().forward(input_ids, attention_mask)
            made.logits[..., 5] = math.log(7)  # token 5 has half of the probability
            return made

    assert list(module.perplexities(Uniform(), [[1, 2], [3, 4, 5, 6]])) == pytest.approx([8.0, 8.0])
    assert list(module.perplexities(Biased(), [[1, 5, 5], [1, 5, 2]])) == pytest.approx([2.0, math.sqrt(2 * 14)])


@pytest.mark.peers
def test_frugalscore_is_what_the_model_says(bert: Path) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.BertForSequenceClassification.from_pretrained(bert).eval()
    pairs = list(zip(TEXTS, TEXTS[1:] + TEXTS[:1], strict=True))
    expected = []
    for left, right in pairs:
        first, second = ([WORDS.index(word) for word in text.split()] for text in (left, right))
        ids, kinds = [3, *first, 4, *second, 4], [0] * (len(first) + 2) + [1] * (len(second) + 1)
        with torch.no_grad():
            expected.append(model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([kinds])).logits.item())
    metric = load_metric("frugalscore", str(bert), batch_size=3, device="cpu")
    found = metric.compute(predictions=TEXTS, references=[right for _, right in pairs])
    assert found["scores"] == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.peers
def test_frugalscore_refuses_a_model_of_several_classes(gpt: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="gives 2 numbers for a pair"):
        load_metric("frugalscore", str(gpt), device="cpu").compute(predictions=["the"], references=["cat"])
    with pytest.raises(ArgumentError, match="is neither a folder nor in the cache"):
        load_metric("frugalscore", str(tmp_path / "none")).compute(predictions=["the"], references=["cat"])


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_bertscore_of_equal_texts_is_one(bert: Path) -> None:
    pytest.importorskip("bert_score")
    metric = load_metric("bertscore", model_type=str(bert), num_layers=1, device="cpu", nthreads=1)
    found = metric.compute(predictions=TEXTS, references=[[text, "dog"] for text in TEXTS])
    assert found["f1"] == pytest.approx([1.0] * len(TEXTS), abs=1e-5)
    assert found["hashcode"].startswith(str(bert))
    metric.add_batch(predictions=TEXTS[:2], references=TEXTS[1:3])
    metric.add_batch(predictions=TEXTS[2:], references=[TEXTS[3], TEXTS[0]])
    batches = metric.compute()
    whole = metric.compute(predictions=TEXTS, references=TEXTS[1:] + TEXTS[:1])
    for name in ("precision", "recall", "f1"):
        assert batches[name] == pytest.approx(whole[name], abs=1e-5) and len(whole[name]) == len(TEXTS)


def test_bertscore_needs_a_language_or_a_model() -> None:
    with pytest.raises(ArgumentError, match="needs lang="):
        load_metric("bertscore").compute(predictions=["a"], references=["a"])


@pytest.mark.parametrize(
    ("name", "package", "install"),
    [
        ("comet", "comet", "pip install 'nlpdata[comet]'"),
        ("bleurt", "bleurt", "pip install git+https://github.com/google-research/bleurt.git"),
        ("mauve", "mauve", "pip install 'nlpdata[mauve]'"),
        ("bertscore", "bert_score", "pip install 'nlpdata[bertscore]'"),
        ("frugalscore", "transformers", "pip install 'nlpdata[transformers]'"),
    ],
)
def test_a_missing_package_is_one_line_to_run(name: str, package: str, install: str) -> None:
    if _optional.is_available(package):
        pytest.skip(f"{package} is installed")
    sources = {"sources": ["a"]} if name == "comet" else {}
    parameters = {"lang": "en"} if name == "bertscore" else {}
    if name == "frugalscore":
        pytest.importorskip("torch")
    with pytest.raises(MissingPackageError) as caught:
        load_metric(name).compute(predictions=["a"], references=["b"], **sources, **parameters)
    assert install in str(caught.value)


def test_names_of_bleurt_checkpoints(tmp_path: Path) -> None:
    module = __import__("sys").modules[type(load_metric("bleurt")).__module__]
    assert module.checkpoint(str(tmp_path)) == str(tmp_path)
    with pytest.raises(UnknownConfigError, match="Did you mean 'BLEURT-20'"):
        module.checkpoint("BLEURT20")


@pytest.mark.parametrize("name", ["bertscore", "mauve", "comet", "bleurt"])
def test_rows_are_checked_before_any_model_is_loaded(name: str) -> None:
    metric = load_metric(name)
    sources = {"sources": ["a", "b"]} if name == "comet" else {}
    for odd in (None, 1.5):
        with pytest.raises(FeatureError):
            metric.add_batch(predictions=["a", odd], references=["a", "b"], **sources)
    assert metric.state is None and not metric.additive
