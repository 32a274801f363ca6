"""Perplexity: how surprised a causal language model is by a text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.scoring import Rows, texts

CITATION = """\
@article{jelinek1977perplexity,
  title={Perplexity -- a measure of the difficulty of speech recognition tasks},
  author={Jelinek, Fred and Mercer, Robert L. and Bahl, Lalit R. and Baker, James K.},
  journal={The Journal of the Acoustical Society of America},
  volume={62},
  year={1977}
}"""


class Perplexity(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("transformers",)

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description=(
                "exp of the mean negative log-likelihood that a causal language model gives to the tokens of a text, "
                "each after those before it. From 1; lower is more likely. Models with other tokenizers cannot be compared."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts.\n"
                "All settings go with the rows: model_id (name or folder of a causal model of transformers), batch_size (16), "
                "add_start_token (True: also score the first token, after the model's start token), device, "
                "max_length (tokens after which a text is cut off)."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("string")}),
            reference_urls=["https://huggingface.co/docs/transformers/perplexity"],
        )

    @property
    def additive(self) -> bool:
        """False: the perplexity of each text is part of the result."""
        return False

    def stats(
        self,
        predictions: Any,
        model_id: str | None = None,
        batch_size: int = 16,
        add_start_token: bool = True,
        device: str | None = None,
        max_length: int | None = None,
    ) -> Rows:
        rows = texts(predictions, "predictions")
        if model_id is None:
            raise ArgumentError("Perplexity is that of a model: give model_id=, such as 'gpt2' or the folder of a model.")
        torch, library = _optional.load("torch", extra="torch"), _optional.load("transformers", extra="transformers")
        if device is None or device == "gpu":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        model, tokenizer = _pretrained(library, model_id)
        tokens = _tokens(rows, tokenizer, add_start_token, max_length)
        model = model.to(device).eval()
        values = [
            v for start in range(0, len(tokens), batch_size) for v in perplexities(model, tokens[start : start + batch_size])
        ]
        return Rows.of_numbers(perplexities=values)

    def score(self, total: Rows) -> dict[str, Any]:
        values = list(total.column("perplexities"))
        return {"perplexities": values, "mean_perplexity": math.fsum(values) / len(values)}


def perplexities(model: Any, tokens: list[list[int]]) -> Iterator[float]:
    """The perplexity of each list of token numbers, from the second token on.

    Args:
        model: called with ``input_ids`` and ``attention_mask`` of shape (rows, tokens); its result has ``logits`` of shape
            (rows, tokens, vocabulary).
        tokens: lists of at least two token numbers.
    """
    torch = _optional.load("torch", extra="torch")
    longest = max(map(len, tokens))
    device = next(iter(model.parameters()), torch.zeros(0)).device
    # Padding is masked, so that it does not matter which token it is.
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in tokens], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in tokens], device=device)
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2).float(), ids[:, 1:], reduction="none")
    counted = mask[:, 1:]
    yield from torch.exp((loss * counted).sum(1) / counted.sum(1)).tolist()


def _pretrained(library: Any, name: str) -> tuple[Any, Any]:
    """Model and tokenizer.

    Raises:
        ArgumentError: they are neither here nor can they be fetched.
    """
    try:
        return library.AutoModelForCausalLM.from_pretrained(name), library.AutoTokenizer.from_pretrained(name)
    except OSError as error:
        raise ArgumentError(
            f"The model {name!r} is neither a folder nor in the cache of transformers, and cannot be fetched: {error}\n"
            f"Where there is a network, run: hf download {name}"
        ) from error


def _tokens(rows: list[str], tokenizer: Any, add_start_token: bool, max_length: int | None) -> list[list[int]]:
    """Token numbers of each text.

    Raises:
        ArgumentError: a start token is asked for and the model has none.
        FeatureError: a text is too short to be scored.
    """
    start = [tokenizer.bos_token_id] if add_start_token else []
    if start == [None]:
        raise ArgumentError("The model has no start token; give add_start_token=False.")
    room = None if max_length is None else max_length - len(start)
    found = [start + tokenizer(text, add_special_tokens=False)["input_ids"][:room] for text in rows]
    short = next((row for row, tokens in enumerate(found) if len(tokens) < 2), None)
    if short is not None:
        least = "one token" if add_start_token else "two tokens (or one with add_start_token=True)"
        raise FeatureError(f"Row {short} of predictions is too short: {rows[short]!r}. At least {least} are needed.")
    return found
