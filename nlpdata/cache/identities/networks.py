"""Tensors and networks: values by their bytes, networks by their code, their tensors and their settings.

Knows: torch's and jax's objects by their attributes; imports neither.
Does not know: arrays of NumPy, which need no help.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker

_HOOKS = "_hooks"


def tensor(walker: Walker, values: Any) -> None:
    """A torch tensor: type, shape, values. Device, layout and gradients do not matter; on the CPU nothing is copied."""
    walker.put("tensor", f"{values.dtype}{tuple(values.shape)}")
    flat = values.detach().to_dense().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    if flat.numel():
        walker.put_buffer("data", flat.view(sys.modules["torch"].uint8).numpy())


def network(walker: Walker, module: Any) -> None:
    """A torch module: its class, its tensors where they lie, its other attributes, its hooks.

    Numbers under which hooks are kept count up through the process, so only their order is written.
    """
    walker.visit(type(module))
    state = module.__getstate__()
    if not isinstance(state, dict):
        walker.named("state", state)
        return
    state = dict(state)
    for name in [name for name in state if name.startswith("_") and _HOOKS in name and isinstance(state[name], dict)]:
        found = state.pop(name)
        if found:
            walker.named(f"hooks {name!r}", list(found.values()))
    for name in ("_parameters", "_buffers", "_modules"):
        found = state.pop(name, None) or {}
        walker.put(name, repr(list(found)))  # order matters: that of modules is the order of computing
        for key, value in found.items():
            walker.named(f"{name.strip('_').removesuffix('s')} {key!r}", value)
    walker.mapping(state, "attribute")


def compiled(walker: Walker, function: Any) -> None:
    """A function that ``jax.jit`` made: the function inside; what was compiled before does not matter."""
    walker.put("jit")
    walker.named("function", function.__wrapped__)
