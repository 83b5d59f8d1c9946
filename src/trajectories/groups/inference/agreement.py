"""How far two ways of putting persons into groups agree."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import comb

from trajectories.numerics.types import BoolArray, FloatArray, IntArray


def contingency(
    one: IntArray, other: IntArray, weights: FloatArray | None, n_groups: int
) -> FloatArray:
    """Return how many persons are in group j by one and k by the other, shape (K, K).

    Groups are counted from 0; a weight of 2 is two persons.
    """
    counts = np.bincount(one * n_groups + other, weights=weights, minlength=n_groups**2)
    return np.asarray(counts.reshape(n_groups, n_groups), dtype=float)


def adjusted_rand(table: FloatArray) -> float:
    """Return the adjusted Rand index of a contingency table: 1 the same, 0 as by chance.

    Pairs of persons are counted, so that weights must be frequencies. Two partitions of everybody
    into one group are the same, 1.

    Source: Hubert and Arabie (1985), Journal of Classification 2(1), 193-218.
    """
    together = comb(table, 2).sum()
    rows, columns = comb(table.sum(axis=1), 2).sum(), comb(table.sum(axis=0), 2).sum()
    pairs = comb(table.sum(), 2)
    expected = rows * columns / pairs
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def jaccard(table: FloatArray) -> FloatArray:
    """Return, for each group, persons in it by both ways over persons in it by either, (K,).

    NaN for a group that is empty by both.
    """
    both = np.diag(table)
    either = table.sum(axis=0) + table.sum(axis=1) - both
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(both / either)


def matching_order(
    reference: FloatArray,
    posterior: FloatArray,
    weights: FloatArray | None,
    allowed: BoolArray | None = None,
) -> IntArray:
    """Return the order in which groups of ``posterior`` (N, K) match those of ``reference``.

    ``posterior[:, order]`` agrees with the reference as far as any order can: the sum over persons
    and groups of the products of the two posteriors is the largest, found as an assignment. Where
    ``allowed``, shape (K, K), is false, that pair is no match unless there is no other way.

    Source: Kuhn (1955), Naval Research Logistics Quarterly 2, 83-97.
    """
    return order_of(overlap_of(reference, posterior, weights), allowed)


def overlap_of(
    reference: FloatArray, posterior: FloatArray, weights: FloatArray | None
) -> FloatArray:
    """Return the sums over persons of the products of two posteriors, shape (K, K)."""
    mass = posterior if weights is None else posterior * weights[:, None]
    return np.asarray(reference.T @ mass)


def order_of(overlap: FloatArray, allowed: BoolArray | None = None) -> IntArray:
    """Return the order of groups that :func:`matching_order` does, from the overlap."""
    if allowed is not None:
        overlap = np.where(allowed, overlap, -2.0 * overlap.sum() - 1.0)
    _, order = linear_sum_assignment(-overlap)
    return np.asarray(order, dtype=np.int64)
