"""Rosenbaum's bounds: p-values when the odds of being the case differ within sets up to Γ."""

from __future__ import annotations

import numpy as np
from scipy import stats

from trajectories.numerics.types import FloatArray, IntArray


def yes_no_bounds(
    case_has: IntArray, with_it: IntArray, size: IntArray, gamma: float
) -> tuple[float, float]:
    """Return the largest and the least one-sided p-value of a yes/no factor, exactly.

    T, the number of cases with the factor, is a sum of independent indicators. In a set of n
    persons of whom m have it, the chance that the case does is at most Γm/(Γm + n − m) and at
    least m/(m + Γ(n − m)) (Rosenbaum 2002, Observational Studies, chapter 4). The distribution of
    the sum is worked out without approximation.

    Parameters
    ----------
    case_has, with_it, size : ndarrays of int, shape (S,)
        Whether the case has the factor, members with it, and members, of each set.
    """
    mixed = (with_it > 0) & (with_it < size)
    t = int(case_has[mixed].sum())
    kinds, count = np.unique(np.stack([with_it[mixed], size[mixed]]), axis=1, return_counts=True)
    m, rest = kinds[0].astype(float), (kinds[1] - kinds[0]).astype(float)
    upper = _tail(gamma * m / (gamma * m + rest), count, t)
    lower = _tail(m / (m + gamma * rest), count, t)
    return upper, lower


def _tail(chance: FloatArray, count: IntArray, t: int) -> float:
    """Return P(T ≥ t) for a sum of independent binomials."""
    density = np.ones(1)
    for p, n in zip(chance.tolist(), count.tolist(), strict=True):
        density = np.convolve(density, stats.binom.pmf(np.arange(n + 1), n, p))
    return float(min(density[t:].sum(), 1.0))


def signed_rank_bounds(difference: FloatArray, gamma: float) -> tuple[float, float]:
    """Return the bounds of Wilcoxon's signed rank test of pairs, by the normal approximation.

    The sum of the ranks of positive differences has at most the mean λ Σ ranks and the variance
    λ(1 − λ) Σ ranks², λ = Γ/(1 + Γ); at least the same with λ = 1/(1 + Γ). Differences of 0 are
    left out, tied ones share ranks (Rosenbaum 2002, section 4.3.3).
    """
    d = difference[difference != 0]
    ranks = stats.rankdata(np.abs(d))
    t = float(ranks[d > 0].sum())
    found = []
    for share in (gamma / (1.0 + gamma), 1.0 / (1.0 + gamma)):
        mean, variance = share * ranks.sum(), share * (1.0 - share) * (ranks**2).sum()
        found.append(float(stats.norm.sf((t - mean) / np.sqrt(variance))))
    return found[0], found[1]


def aligned_rank_bounds(
    values: FloatArray, is_case: FloatArray, set_number: IntArray, gamma: float
) -> tuple[float, float]:
    """Return the bounds of the aligned rank test of sets with one case each.

    Values less their set's mean are ranked among all; T is the sum of the cases' ranks. In every
    set the largest mean of the case's rank is reached when the unobserved confounder is 1 for the
    highest ranks from some place on and 0 below; of these the greatest mean is taken (and of equal
    ones the greatest variance), set by set, which is right as the sets grow in number (Gastwirth,
    Krieger & Rosenbaum 2000, Journal of the Royal Statistical Society B 62(3), 545-555).
    """
    size = np.bincount(set_number)
    aligned = values - (np.bincount(set_number, values) / size)[set_number]
    ranks = stats.rankdata(np.round(aligned, 12))
    t = float(ranks @ is_case)
    upper = _separable(ranks, set_number, size, gamma)
    highest = len(ranks) + 1.0 - ranks
    lower = _separable(highest, set_number, size, gamma)
    total = (len(ranks) + 1.0) * len(size)
    return (
        float(stats.norm.sf((t - upper[0]) / np.sqrt(upper[1]))),
        float(stats.norm.sf((t - (total - lower[0])) / np.sqrt(lower[1]))),
    )


def _separable(
    ranks: FloatArray, set_number: IntArray, size: IntArray, gamma: float
) -> tuple[float, float]:
    """Return the sums over sets of the largest means and of their variances."""
    order = np.lexsort((ranks, set_number))
    start = np.cumsum(size) - size
    mean = variance = 0.0
    for n in np.unique(size):
        rows = start[size == n][:, None] + np.arange(n)
        q = ranks[order][rows]
        low, low2 = np.cumsum(q, axis=1)[:, :-1], np.cumsum(q**2, axis=1)[:, :-1]
        below = np.arange(1, n)
        total = below + gamma * (n - below)
        all_, all2 = q.sum(axis=1, keepdims=True), (q**2).sum(axis=1, keepdims=True)
        means = (low + gamma * (all_ - low)) / total
        variances = (low2 + gamma * (all2 - low2)) / total - means**2
        best = means >= means.max(axis=1, keepdims=True) - 1e-9
        mean += float(means.max(axis=1).sum())
        variance += float(np.where(best, variances, -np.inf).max(axis=1).sum())
    return mean, variance
