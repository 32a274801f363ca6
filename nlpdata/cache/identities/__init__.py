"""What particular types are, beyond the sum of their parts: arrays by their bytes, tokenizers by what they do to text.

Knows: a table from the name of a type to the function that writes its instances; no package is imported for it, nor the
module with the function before an instance is met. ``register`` adds types of one's own.
Does not know: how a walk goes on.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker

Identity = Callable[["Walker", Any], None]

_registered: dict[type, Identity] = {}
_BY_NAME = {
    "_regex.Pattern": "texts:pattern",
    "jaxlib._jax.PjitFunction": "networks:compiled",
    "logging.Logger": "texts:logger",
    "nlpdata.features.schema.Features": "arrays:features",
    "numpy.dtype": "arrays:dtype",
    "numpy.generic": "arrays:scalar",
    "numpy.ndarray": "arrays:array",
    "pandas.DataFrame": "frames:pandas_frame",
    "pandas.Index": "frames:pandas_index",
    "pandas.RangeIndex": "frames:pandas_range",
    "pandas.Series": "frames:pandas_series",
    "pandas.core.frame.DataFrame": "frames:pandas_frame",
    "pandas.core.indexes.base.Index": "frames:pandas_index",
    "pandas.core.indexes.range.RangeIndex": "frames:pandas_range",
    "pandas.core.series.Series": "frames:pandas_series",
    "polars.dataframe.frame.DataFrame": "frames:polars_frame",
    "polars.series.series.Series": "frames:polars_series",
    "pyarrow.lib.Array": "arrays:columns",
    "pyarrow.lib.ChunkedArray": "arrays:columns",
    "pyarrow.lib.DataType": "arrays:arrow_type",
    "pyarrow.lib.Field": "arrays:field",
    "pyarrow.lib.RecordBatch": "arrays:columns",
    "pyarrow.lib.Scalar": "arrays:arrow_scalar",
    "pyarrow.lib.Schema": "arrays:arrow_type",
    "pyarrow.lib.Table": "arrays:table",
    "sentencepiece.SentencePieceProcessor": "texts:sentencepiece",
    "spacy.language.Language": "texts:spacy_pipeline",
    "spacy.vocab.Vocab": "texts:spacy_vocab",
    "tiktoken.core.Encoding": "texts:tiktoken_encoding",
    "tokenizers.Tokenizer": "texts:tokenizer",
    "torch.Tensor": "networks:tensor",
    "torch.nn.modules.module.Module": "networks:network",
    "transformers.tokenization_utils_base.PreTrainedTokenizerBase": "texts:transformers_tokenizer",
}


def register(kind: type, identity: Callable[[Any], Any]) -> None:
    """Let ``identity(obj)`` stand for instances of ``kind`` and of its subclasses; it returns anything that has a key."""
    _registered[kind] = lambda walker, obj: walker.visit(identity(obj))
    find.cache_clear()


@functools.lru_cache(maxsize=4096)
def find(kind: type) -> Identity | None:
    """How instances of ``kind`` are written, or None if nothing special is known."""
    for cls in kind.__mro__:
        if cls in _registered:
            return _with_class(_registered[cls])
        target = _BY_NAME.get(f"{cls.__module__}.{cls.__qualname__}")
        if target is not None:
            name, _, function = target.partition(":")
            identity: Identity = getattr(importlib.import_module(f"{__name__}.{name}"), function)
            # A subclass from elsewhere may behave differently; numpy.int64 is part of what numpy.generic knows.
            related = kind.__module__.partition(".")[0] == cls.__module__.partition(".")[0]
            return identity if related else _with_class(identity)
    return None


def _with_class(identity: Identity) -> Identity:
    def write(walker: Walker, obj: Any) -> None:
        walker.visit(type(obj))
        identity(walker, obj)

    return write
