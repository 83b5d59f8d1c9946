"""Which histories starts are compared on: chosen by what stands in them.

A history is chosen by its key, a number made of its bits and of nothing else. The sample then does
not depend on the order of the persons, nor on how they are spread over machines, and it is as good
as drawn at random: keys have nothing to do with the ages or sizes of outcomes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.types import FloatArray, IntArray

HEAVY_SHARE = 4
"""One in so many of a sample are the heaviest histories."""


def scrambled(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return keys stirred once more, so that they are spread evenly; equal ones stay equal.

    The finaliser of Steele, Lea and Flood (2014), OOPSLA, 453-472 (SplitMix).
    """
    mixed = keys + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def sample_by_key(keys: NDArray[np.uint64], weights: FloatArray | None, size: int) -> IntArray:
    """Return at most ``size`` rows, in order of their keys; heavy rows are always among them.

    Parameters
    ----------
    keys : ndarray, shape (n,)
        As :func:`trajectories.panel.distinct.row_keys` makes them.
    weights : ndarray, shape (n,), or None
    size : int
    """
    order = np.argsort(keys, kind="stable")
    if len(order) <= size:
        return np.asarray(order)
    rank = np.argsort(scrambled(keys[order]), kind="stable")
    if weights is None:
        return np.asarray(order[np.sort(rank[:size])])
    heavy = heaviest(keys[order], weights[order], size)
    rest = rank[~np.isin(rank, heavy)][: size - len(heavy)]
    return np.asarray(order[np.sort(np.concatenate([heavy, rest]))])


def heaviest(keys: NDArray[np.uint64], weights: FloatArray, size: int) -> IntArray:
    """Return the rows that are in a sample for their weight; of equal ones, the lowest keys."""
    return np.asarray(np.lexsort((scrambled(keys), -weights))[: size // HEAVY_SHARE])
