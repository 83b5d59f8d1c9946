"""Concordance of a score with who has the event first, and area under the ROC curve.

Every pair is counted with its weight, but no pair is visited: sums over those earlier in an order
with a lower score are read off sorted blocks, in O(N log^2 N).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its standard error, and the weight of the pairs that it rests on."""

    value: float
    error: float
    pairs: float


def sums_before(
    rank: IntArray, weight: FloatArray, query: IntArray, end: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return, for each query, the weight of the first ``end`` elements ranked below, and at, it.

    Parameters
    ----------
    rank : ndarray of int, shape (N,)
        0 or more.
    weight : ndarray, shape (N,)
    query, end : ndarray of int, shape (M,)
        A rank, and how many elements count.

    Notes
    -----
    A prefix is a disjoint union of blocks whose lengths are the powers of two in its length. At
    each power, elements are sorted by block and rank, and one search a query gives its block's sum.
    """
    below, equal = np.zeros(len(query)), np.zeros(len(query))
    position = np.arange(len(rank))
    n_ranks = int(max(rank.max(initial=0), query.max(initial=0))) + 1
    for level in range(int(end.max(initial=0)).bit_length()):
        use = np.flatnonzero((end >> level) & 1)
        if not len(use):
            continue
        key = (position >> level) * n_ranks + rank
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        total = np.concatenate([[0.0], np.cumsum(weight[order])])
        block = (end[use] >> (level + 1)) << 1
        wanted = block * n_ranks + query[use]
        low = np.searchsorted(ordered, wanted, side="left")
        high = np.searchsorted(ordered, wanted, side="right")
        below[use] += total[low] - total[block << level]
        equal[use] += total[high] - total[low]
    return below, equal


def concordance(
    score: FloatArray, time: FloatArray, event: BoolArray, weight: FloatArray
) -> Estimate:
    """Return the weighted share of comparable pairs in which the first to fail scored higher.

    A pair is comparable if the time of the first is an event and the second is known to be without
    it at that time: T_i < T_j, or T_i = T_j and j censored. It counts ``weight[i]``; equal scores
    count a half. The standard error is that of the infinitesimal jackknife over persons, with the
    weights taken as known. NaN without a comparable pair.

    Source: Harrell, Lee and Mark (1996), Statistics in Medicine 15(4), 361-387 (weight 1); Uno,
    Cai, Pencina, D'Agostino and Wei (2011), Statistics in Medicine 30(10), 1105-1117 (weight
    1 / G(T_i-)^2).
    """
    order = np.lexsort((~event, time))
    times, events = time[order], event[order]
    rank = np.unique(score, return_inverse=True)[1][order].astype(np.int64)
    own = np.where(events, weight[order], 0.0)
    n = len(times)
    first = np.searchsorted(times, times, side="left")
    n_events = np.concatenate([[0], np.cumsum(events)])
    last = np.searchsorted(times, times, side="right")
    after_events = first + n_events[last] - n_events[first]  # ties: events stand before censored
    below, equal = sums_before(rank[::-1], np.ones(n), rank, (n - after_events).astype(np.int64))
    end = np.where(events, first, after_events).astype(np.int64)
    lower, same = sums_before(rank, own, rank, end)
    before = np.concatenate([[0.0], np.cumsum(own)])[end]
    concordant = own * (below + equal / 2) + (before - lower - same / 2)
    comparable = own * (n - after_events) + before
    pairs = float((own * (n - after_events)).sum())
    if not pairs > 0:
        return Estimate(float("nan"), float("nan"), 0.0)
    value = float((own * (below + equal / 2)).sum()) / pairs
    error = float(np.sqrt(((concordant - value * comparable) ** 2).sum())) / pairs
    return Estimate(value, error, pairs)


def area_under_curve(score: FloatArray, case: BoolArray, weight: FloatArray) -> Estimate:
    """Return the weighted chance that a case scored higher than a control, ties a half.

    With weights of 1 the variance is DeLong's; other weights are taken as known. The standard
    error is NaN where there is only one case or one control.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845.
    """
    rank = np.unique(score, return_inverse=True)[1]
    cases, controls = weight * case, weight * ~case
    if not (cases.sum() > 0 and controls.sum() > 0):
        return Estimate(float("nan"), float("nan"), 0.0)
    above = _share_below(rank, controls)
    under = 1 - _share_below(rank, cases)
    value = float(cases @ above) / float(cases.sum())
    variance = _spread(above, cases, value) + _spread(under, controls, value)
    return Estimate(value, float(np.sqrt(variance)), float(cases.sum() * controls.sum()))


def _share_below(rank: IntArray, weight: FloatArray) -> FloatArray:
    """Return the share of a weight at lower ranks, half of that at equal ones."""
    by_rank = np.bincount(rank, weight)
    return np.asarray(((np.cumsum(by_rank) - by_rank / 2) / by_rank.sum())[rank])


def _spread(values: FloatArray, weight: FloatArray, centre: float) -> float:
    """Return the variance of a weighted mean of the values."""
    n = int((weight > 0).sum())
    if n < 2:
        return float("nan")
    return float((weight**2) @ (values - centre) ** 2) / float(weight.sum()) ** 2 * n / (n - 1)
