"""Histories drawn by what stands in them, so that it is the same draw however they are spread.

Each history has a number u between 0 and 1 that is made of its bits and of nothing else, and comes
into the sample if u / weight is among the smallest (priority sampling: Duffield, Lund and Thorup
2007, Journal of the ACM 54(6)). Parts then need to tell of their own smallest only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.types import FloatArray, IntArray

Keys = NDArray[np.uint64]


def scrambled(keys: Keys) -> Keys:
    """Return keys stirred once more, so that they are spread evenly; equal ones stay equal.

    The finaliser of Steele, Lea and Flood (2014), OOPSLA, 453-472 (SplitMix).
    """
    mixed = keys + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def smallest(keys: Keys, weights: FloatArray, size: int) -> tuple[IntArray, float]:
    """Return the places of at most ``size`` histories drawn, and the threshold of the draw.

    A history of weight w stands for max(w, threshold) in sums over the sample, which are then on
    average those over all. The threshold is 0 where all are drawn.

    Parameters
    ----------
    keys, weights : ndarrays, shape (D,)
    size : int
    """
    if len(keys) <= size:
        return np.arange(len(keys)), 0.0
    uniform = (scrambled(keys) >> np.uint64(11)).astype(float) / 2.0**53
    priority = uniform / weights
    order = np.lexsort((keys, priority))
    return np.sort(order[:size]), float(1.0 / max(priority[order[size]], 1e-300))
