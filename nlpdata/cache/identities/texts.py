"""What works on text: tokenizers, pipelines and patterns, by what they do, whatever they were used for before.

Knows: which attributes of these objects are settings, and which are caches, places on disk or traces of use.
Does not know: arrays and networks, which may be among the settings.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import xxhash

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker

# Attributes of transformers' tokenizers that say where files lay, or change when the tokenizer is used.
_TRACES = {
    "_in_target_context_manager",
    "_tokenizer",  # written by itself
    "cache",  # merges of words seen
    "deprecation_warnings",
    "files_loaded",
    "init_kwargs",  # written by themselves
    "name_or_path",
    "tokens_trie",  # follows from the added tokens
    "verbose",
}
# Arguments that name places, or repeat the padding and truncation of whoever saved the tokenizer.
_PLACES = {
    "_commit_hash",
    "is_local",
    "local_files_only",
    "max_length",
    "name_or_path",
    "pad_to_multiple_of",
    "stride",
    "tokenizer_object",
    "truncation_strategy",
    "verbose",
}


def tokenizer(walker: Walker, found: Any) -> None:
    """What a ``tokenizers.Tokenizer`` does to text; padding and truncation are set anew by each use of it."""
    walker.visit(type(found))
    walker.put("special", str(getattr(found, "encode_special_tokens", None)))
    text = found.to_str()
    head, mark, rest = text.partition('"added_tokens":')
    try:
        settings = json.loads(head.rstrip().rstrip(",") + "}")
    except ValueError:
        settings = None
    if mark and settings is not None and set(settings) <= {"version", "truncation", "padding"}:
        walker.put("tokenizer", rest)
        return
    content = json.loads(text)
    walker.put("tokenizer", json.dumps({k: v for k, v in content.items() if k not in ("truncation", "padding")}))


def transformers_tokenizer(walker: Walker, found: Any) -> None:
    """A tokenizer of transformers, fast or slow: class, backend, vocabulary and settings."""
    walker.visit(type(found))
    state = dict(vars(found))
    backend = state.get("_tokenizer")
    if backend is not None:
        walker.named("backend", backend)
    walker.mapping({k: v for k, v in state.items() if k not in _TRACES and not _is_place(k, v)}, "attribute")
    told = {*_PLACES, *state, *(name.removeprefix("_") for name in state)}  # arguments that became attributes are written
    arguments = dict(state.get("init_kwargs") or {})
    walker.mapping({k: v for k, v in arguments.items() if k not in told and not _is_place(k, v)}, "argument")


def _is_place(name: str, value: Any) -> bool:
    """Whether an attribute is the place of a file that was read."""
    return name.endswith("_file") and (value is None or isinstance(value, str))


def sentencepiece(walker: Walker, model: Any) -> None:
    """A SentencePiece model and how it was told to encode; the number of its threads does not matter."""
    walker.put("model", model.serialized_model_proto())
    # The model itself is an object without content for Python, however it is called.
    settings = {k: v for k, v in vars(model).items() if k not in ("_num_threads", "_processor", "this")}
    walker.mapping(settings, "setting")


def tiktoken_encoding(walker: Walker, encoding: Any) -> None:
    """A tiktoken encoding: its pattern, its ranks, its special tokens. Its name says nothing that these do not."""
    walker.put("pattern", encoding._pat_str)
    walker.named("special tokens", dict(encoding._special_tokens))
    ranks = xxhash.xxh3_128()
    pairs = sorted(encoding._mergeable_ranks.items(), key=lambda pair: pair[1])
    for start in range(0, len(pairs), 10_000):
        ranks.update(repr(pairs[start : start + 10_000]).encode())
    walker.part("ranks", ranks.digest())


def spacy_pipeline(walker: Walker, nlp: Any) -> None:
    """A spaCy pipeline: its class, configuration, tokenizer, components and vectors.

    Strings and lexemes that texts leave in the vocabulary do not matter.
    """
    walker.visit(type(nlp))
    walker.named("configuration", nlp.config.to_str())
    walker.named("tokenizer", _as_bytes(nlp.tokenizer))
    for name, component in nlp.components:
        walker.named(f"component {name!r}", _as_bytes(component))
    walker.named("disabled", list(nlp.disabled))
    walker.named("vocabulary", nlp.vocab)


def _as_bytes(component: Any) -> Any:
    """A component's own bytes, without the vocabulary that all share; functions as they are."""
    return component.to_bytes(exclude=["vocab"]) if hasattr(component, "to_bytes") else component


def spacy_vocab(walker: Walker, vocab: Any) -> None:
    """A spaCy vocabulary: language and vectors."""
    walker.put("language", vocab.lang)
    walker.visit(vocab.vectors.shape)
    if vocab.vectors.shape[0]:
        walker.named("vectors", vocab.vectors.data)
        walker.named("keys", dict(vocab.vectors.key2row))


def pattern(walker: Walker, found: Any) -> None:
    """A pattern of the ``regex`` package. Compiled, it depends on the order of sets."""
    walker.put("regex")
    walker.visit((found.pattern, found.flags, dict(found.named_lists)))


def logger(walker: Walker, found: logging.Logger) -> None:
    """A logger: which one it is does not bear on results."""
    walker.put("logger")
