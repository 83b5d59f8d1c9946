"""Identifiers that say nothing about what they identify."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BITS = 34
_INDEX_BITS = 30
_FIRST = 10_000_000_000  # every identifier then has eleven digits


def scramble(index: npt.ArrayLike, part: int, key: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Map row numbers of a part of the data to scattered, unique positive int64 ids.

    A keyed bijection on 34 bits (multiply by an odd constant, fold the high bits into the low
    ones, four rounds). Each part has its own range of inputs, so an id depends on its part and
    row number only: a larger pool leaves all other ids as they are. This hides order and
    population from a reader; it is not encryption.

    Parameters
    ----------
    index
        Row numbers within the part, below 2**30.
    part
        Number of the part, 0..15.
    key
        Eight 64-bit words, from :func:`scrambling_key`.
    """
    mask = np.uint64(2**_BITS - 1)
    half = np.uint64(_BITS // 2)
    x = np.asarray(index).astype(np.uint64) | np.uint64(part << _INDEX_BITS)
    for multiplier, offset in key.reshape(-1, 2):
        x = (x * (multiplier | np.uint64(1)) + offset) & mask
        x ^= x >> half
    return x.astype(np.int64) + _FIRST


def scrambling_key(rng: np.random.Generator) -> npt.NDArray[np.uint64]:
    """Draw a key for :func:`scramble`."""
    return rng.integers(0, 2**63, size=8, dtype=np.uint64)
