"""What users hold: ``Dataset``, ``DatasetDict``, ``Column``, and what can be done with them.

Knows: features, formats, names of splits, where results are kept. Does not know: loaders and builders.
"""

from __future__ import annotations
