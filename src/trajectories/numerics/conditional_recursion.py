"""Choosing m of n rows: ratios of elementary symmetric functions for many strata at once.

Let e_1, …, e_n be positive and G_t(u) the sum, over all sets of u of the first t rows, of the
products of their e (an elementary symmetric function). The conditional likelihood of a set of m
rows is its product over G_n(m). What is computed here are the ratios r_t(u) = G_t(u)/G_t(u − 1):

    q_t(u) = e_t / (e_t + r_{t−1}(u))        chance that row t is among u of the first t
    r_t(u) = (r_{t−1}(u) + e_t) · (1 − q_t(u − 1)),        with q_t(0) = 0 and 1 − q = r/(e + r)

Nothing is subtracted, and every ratio is of the size of the e: there is no overflow, underflow or
cancellation, however many rows there are, and log G_n(m) = Σ_u log r_n(u).

Read backwards, from row n to row 1, the number u of rows still to be chosen is a Markov chain with
chances q_t(u). With V_t(u) the mean, over the sets, of the sum of the chosen covariates x,

    V_t(u) = V_{t−1}(u) + q_t(u) · d_t(u),      d_t(u) = x_t + V_{t−1}(u − 1) − V_{t−1}(u),

the mean of the sum is V_n(m), and its covariance is that of a sum of martingale differences:

    Σ_t Σ_u P(u left at t) · q_t(u) · (1 − q_t(u)) · d_t(u) d_t(u)ᵀ,

a sum of positive terms, which gives the exact information as one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from trajectories.numerics.types import BoolArray, FloatArray, IntArray

BLOCK, WIDE = 1 << 17, 1 << 16
"""Numbers that the tables of a block hold, of chances and of covariates at one row, in cache."""

FEWEST = 8
"""Strata in a block, where there are so many, however large their tables."""

EXACT, FACTOR = 8, 1.15
"""Strata share a block if they choose equally many rows, up to EXACT; above, nearly so."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Strata of similar size, the largest first, laid out row by row.

    Attributes
    ----------
    strata : ndarray of int, shape (S,)
        Their numbers.
    size, chosen : ndarray of int, shape (S,)
        Rows of each, and how many of them are chosen.
    active : tuple of int, length n
        ``active[t]`` strata have more than t rows: the first of them.
    start : tuple of int, length n + 1
        Place where the t-th rows begin among the rows of the block; the last is their number.
    rows : ndarray of int
        The rows of the block, the first rows of all strata before their second ones.
    columns : ndarray of int
        Covariates that vary within any of the strata.
    """

    strata: IntArray
    size: IntArray
    chosen: IntArray
    active: tuple[int, ...]
    start: tuple[int, ...]
    rows: IntArray
    columns: IntArray

    @property
    def most(self) -> int:
        """Largest number of rows chosen."""
        return int(self.chosen.max())


def arrange(
    first: IntArray, size: IntArray, chosen: IntArray, part: IntArray, columns: list[IntArray]
) -> list[Block]:
    """Return strata in blocks of similar ones.

    Parameters
    ----------
    first, size, chosen, part : ndarray of int, shape (S,)
        First row, number of rows, number of rows chosen, and part of each stratum; a part's
        strata vary in its ``columns`` only.
    """
    level = np.where(
        chosen <= EXACT,
        chosen,
        EXACT + np.ceil(np.log(np.maximum(chosen, 1) / EXACT) / np.log(FACTOR)),
    ).astype(np.int64)
    level += part * (int(level.max()) + 1)
    order = np.lexsort((-size, level))
    blocks: list[Block] = []
    begin = 0
    while begin < len(order):
        head = order[begin]
        stop = begin + int(np.searchsorted(level[order[begin:]], level[head], side="right"))
        own = columns[part[head]]
        most = int(chosen[order[begin:stop]].max())
        fitting = min(BLOCK // (int(size[head]) * most), WIDE // (len(own) * most))
        members = order[begin : min(stop, begin + max(FEWEST, fitting))]
        blocks.append(_block(members, first, size, chosen, own))
        begin += len(members)
    return blocks


def _block(
    members: IntArray, first: IntArray, size: IntArray, chosen: IntArray, columns: IntArray
) -> Block:
    own = size[members]
    active = len(members) - np.searchsorted(own[::-1], np.arange(own[0]), side="right")
    return Block(
        strata=members,
        size=own,
        chosen=chosen[members],
        active=tuple(int(n) for n in active),
        start=tuple(int(s) for s in np.concatenate([[0], np.cumsum(active)])),
        rows=np.concatenate([first[members[:n]] + t for t, n in enumerate(active)]),
        columns=columns,
    )


def separate_parts(varies: BoolArray) -> tuple[IntArray, list[IntArray]]:
    """Return the part of each stratum, and the columns of each part.

    Two columns are of one part if some stratum varies in both, directly or by way of others: the
    effects of two populations in one model are two parts, and need not be computed together.

    Parameters
    ----------
    varies : ndarray of bool, shape (S, P)
        Whether a column varies within a stratum.
    """
    together = varies.T.astype(np.float64) @ varies > 0
    n_parts, of_column = connected_components(together, directed=False)
    columns = [np.flatnonzero(of_column == k) for k in range(n_parts)]
    return of_column[np.argmax(varies, axis=1)].astype(np.int64), columns


def chances(block: Block, e: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the table of q, shape (n, most + 1, S), and log G_n(m) of each stratum, (S,).

    ``e`` are the values of the block's rows.
    """
    n, m, s = len(block.active), block.most, len(block.strata)
    q = np.zeros((n, m + 1, s))
    r = np.zeros((m + 1, s))
    for t, k in enumerate(block.active):
        top = min(t + 1, m)
        value = e[block.start[t] : block.start[t] + k]
        now, ratio = q[t, : top + 1, :k], r[1 : top + 1, :k]
        total = ratio + value
        np.divide(value, total, out=now[1:])
        # r/(e + r) rather than 1 − q, of which little is left where q is near 1
        passed = ratio[:-1] / total[:-1]
        ratio[:] = total
        ratio[1:] *= passed
    inside = np.arange(1, m + 1)[:, None] <= block.chosen
    return q, np.asarray(np.log(np.where(inside, r[1:], 1.0)).sum(axis=0))


def moments(
    block: Block, q: FloatArray, x: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the mean of the chosen covariates' sum, (P, S), and its weighted covariance (P, P).

    Parameters
    ----------
    q : ndarray, shape (n, most + 1, S)
    x : ndarray, shape (P, R)
        Covariates of the block's rows, those columns that vary.
    weight : ndarray, shape (S,)
    """
    size, m = len(x), block.most
    spread = _spread(block, q, weight)
    mean = np.zeros((size, m + 1, len(block.strata)))
    information = np.zeros((size, size))
    for t, k in enumerate(block.active):
        low, top = _reached(block, t, k)
        now = x[:, None, block.start[t] : block.start[t] + k]
        difference = mean[:, low - 1 : top, :k] - mean[:, low : top + 1, :k]
        difference += now
        flat = difference.reshape(size, -1)
        information += (flat * spread[t, low : top + 1, :k].reshape(-1)) @ flat.T
        difference *= q[t, low : top + 1, :k]
        mean[:, low : top + 1, :k] += difference
    return mean[:, block.chosen, np.arange(len(block.strata))], information


def _reached(block: Block, t: int, k: int) -> tuple[int, int]:
    """Return the fewest (1 at least) and most rows that can be left to choose at row t."""
    least = int(block.chosen.min()) - (int(block.size[0]) - t - 1)
    return max(1, least), min(t + 1, block.most)


def _spread(block: Block, q: FloatArray, weight: FloatArray) -> FloatArray:
    """Return weight · P(u left at t) · q_t(u) · (1 − q_t(u)), shape of q."""
    left = np.zeros((block.most + 2, len(weight)))
    spread = np.empty_like(q)
    begun = 0
    for t in range(len(block.active) - 1, -1, -1):
        k = block.active[t]
        new = np.arange(begun, k)  # strata whose last row is row t
        left[block.chosen[new], new] = weight[new]
        begun = k
        now = left[:-1, :k]
        taken = now * q[t, :, :k]
        np.multiply(taken, 1.0 - q[t, :, :k], out=spread[t, :, :k])
        now -= taken
        now[:-1] += taken[1:]
    return spread
