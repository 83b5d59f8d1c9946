"""Group probabilities of rows by their covariates, kept from pass to pass while they stand.

An EM iteration moves the curves in every pass and the group probabilities in every third one. In
between, the probabilities of a block of rows are read where they were left, K numbers a row, in
place of M covariates and an exponential a group. What is kept is a function of the parameters
alone: a block that finds nothing, or something of other parameters, computes the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trajectories.numerics.membership import SAFE_EXPONENT, row_log_probability
from trajectories.numerics.threads import buffer
from trajectories.numerics.types import FloatArray

HELD_BYTES = 256_000_000
"""Larger panels keep nothing: their passes compute the probabilities anew."""

SMALLEST_REFERENCE = 1e-30
"""Where a reference group is less probable than this, sums are taken on the log scale."""


@dataclass(frozen=True, slots=True)
class RowPrior:
    """The multinomial logit of a pass: all that a chunk of rows must be told of it.

    Attributes
    ----------
    intercepts : ndarray, shape (K,)
    slopes : ndarray, shape (K, M)
        Zero for the first group.
    moves : bool
        Whether the pass is to return what the next step of the logit needs.
    key : bytes
        What tells these parameters from others, to the last bit.
    """

    intercepts: FloatArray
    slopes: FloatArray
    moves: bool
    key: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.intercepts.tobytes() + self.slopes.tobytes())

    def fill(self, covariates: FloatArray, out: FloatArray) -> None:
        """Write the probabilities of some rows, shape (K, n); covariates have shape (n, M).

        Group by group, so that a row of numbers is still in cache when it is used again.
        """
        total = out[0]
        total.fill(1.0)
        for ratio, slope, intercept in zip(
            out[1:], self.slopes[1:], self.intercepts[1:], strict=True
        ):
            np.matmul(covariates, slope, out=ratio)
            ratio += intercept - self.intercepts[0]
            if ratio.max(initial=-np.inf) >= SAFE_EXPONENT:
                np.exp(self.log(covariates), out=out)
                return
            np.exp(ratio, out=ratio)
            total += ratio
        np.reciprocal(total, out=total)
        for ratio in out[1:]:
            ratio *= total

    def log(self, covariates: FloatArray) -> FloatArray:
        """Return the log probabilities of some rows, shape (K, n), by the way that is always safe.

        Even where a probability is below the smallest number there is.
        """
        return row_log_probability(self.intercepts, self.slopes, covariates)


@dataclass(slots=True)
class HeldBlock:
    """The probabilities of a block of rows, shape (K, n), or their logs, and the least of groups.

    The least are found when they are asked for.
    """

    values: FloatArray
    key: bytes = b""
    lowest: dict[int, float] = field(default_factory=dict)


class HeldBlocks:
    """Blocks by their rows. A block that is in use is out, so that no two threads share one."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], HeldBlock] = {}

    def __reduce__(self) -> tuple[type[HeldBlocks], tuple[()]]:
        """Nothing held goes along to another process: it computes the same."""
        return HeldBlocks, ()

    def take(
        self, rows: slice, prior: RowPrior, covariates: FloatArray, logs: bool = False
    ) -> HeldBlock:
        """Return the block of some rows: as it was left, or filled anew.

        Parameters
        ----------
        rows : slice
        prior : RowPrior
        covariates : ndarray, shape (N, M)
            Of all rows.
        logs : bool
            Whether the logs of the probabilities are wanted; always or never of one panel.
        """
        shape = (len(prior.slopes), rows.stop - rows.start)
        block = self._blocks.pop((rows.start, rows.stop), None)
        if block is not None and block.key == prior.key and block.values.shape == shape:
            return block
        if shape[0] * 8 * len(covariates) > HELD_BYTES:
            block = HeldBlock(buffer("prior", *shape))
        elif block is None or block.values.shape != shape:
            block = HeldBlock(np.empty(shape))
        if logs:
            block.values[:] = prior.log(covariates[rows])
        else:
            prior.fill(covariates[rows], block.values)
        block.lowest.clear()
        block.key = prior.key
        return block

    def put_back(self, rows: slice, block: HeldBlock, n_rows: int) -> None:
        """Keep a block for the next pass, unless the whole would be too large."""
        if len(block.values) * 8 * n_rows <= HELD_BYTES:
            self._blocks[rows.start, rows.stop] = block


def is_safe(block: HeldBlock, reference: int) -> bool:
    """Return whether sums over groups relative to a reference cannot run out of numbers."""
    if reference not in block.lowest:
        block.lowest[reference] = float(block.values[reference].min())
    return block.lowest[reference] >= SMALLEST_REFERENCE


def weigh_ratios(
    values: FloatArray, probability: FloatArray, others: list[int], reference: int
) -> FloatArray:
    """Turn log ratios of densities to a reference group (K - 1, n) into posteriors, in place.

    Returns log sum_k pi_k exp(ratio_k), shape (n,), where the ratio of the reference is 0.
    """
    total = probability[reference].copy()
    for row, k in zip(values, others, strict=True):
        np.exp(row, out=row)
        row *= probability[k]
        total += row
    inverse = buffer("inverse", len(total))
    values *= np.reciprocal(total, out=inverse)
    return np.asarray(np.log(total, out=total))


def moving_sums(
    covariates: FloatArray,
    posterior: FloatArray,
    probability: FloatArray,
    groups: list[int],
    weights: FloatArray | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what a block of rows adds to the next step of the logit, for G of the K groups.

    Parameters
    ----------
    covariates : ndarray, shape (n, M)
    posterior : ndarray, shape (G, n)
    probability : ndarray, shape (K, n)
    groups : list of int
        The K-numbers of those groups.
    weights : ndarray, shape (n,), or None

    Returns
    -------
    score : ndarray, shape (G, 1 + M)
        sum_i w_i (r_ik - pi_ik)(1, z_i).
    of_posterior, of_prior : ndarrays, shape (G, G)
        sum_i w_i r_i r_i' and sum_i w_i pi_i pi_i' of the G groups.
    """
    own = [probability[k] for k in groups]
    score = np.empty((len(groups), 1 + covariates.shape[1]))
    gap: FloatArray = buffer("gap", len(covariates))
    for one, prior, result in zip(posterior, own, score, strict=True):
        np.subtract(one, prior, out=gap)
        if weights is not None:
            gap *= weights
        result[0] = gap.sum()
        np.matmul(gap, covariates, out=result[1:])
    return score, products_of_rows(list(posterior), weights), products_of_rows(own, weights)


def products_of_rows(rows: list[FloatArray], weights: FloatArray | None) -> FloatArray:
    """Return sum_i w_i a_i b_i of every pair of rows a and b, shape (G, G).

    Pair by pair: of a few long rows that is five times quicker than the product of a matrix with
    its transpose.
    """
    result = np.empty((len(rows), len(rows)))
    for j, one in enumerate(rows):
        weighted = one if weights is None else one * weights
        for k in range(j, len(rows)):
            result[j, k] = result[k, j] = weighted @ rows[k]
    return result
