"""llama.cpp's list of candidates (id, logit, p of each) as flat arrays: field by field takes long."""

from __future__ import annotations

import ctypes
import math
from array import array
from collections.abc import Callable
from typing import Any


def keep(candidates: Any, allowed: Callable[[int], bool]) -> None:
    """Set the logits of all candidates that are not allowed to minus infinity; those that have it are not
    asked about.

    Args:
        candidates: a reference to a `llama_token_data_array`.
    """
    found = candidates._obj
    size = found.size
    raw = (ctypes.c_float * (3 * size)).from_address(ctypes.addressof(found.data[0]))
    flat = memoryview(raw).cast("B")
    ids, scores = flat.cast("i")[0::3].tolist(), flat.cast("f")[1::3]
    least = -math.inf
    kept = [s if s != least and allowed(i) else least for i, s in zip(ids, scores.tolist(), strict=True)]
    scores[:] = memoryview(array("f", kept))
