"""A sample of rows, the heavy ones for certain, whose weighted sums are on average those of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows drawn with probabilities p_i proportional to their weights, up to 1.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
    weights : ndarray, shape (n,)
        Weight of each over its probability of being drawn.
    chance : ndarray, shape (n,)
        That probability; 1 for rows heavier than ``threshold``.
    threshold : float
        Weight that every row has that might not have been drawn.
    """

    rows: IntArray
    weights: FloatArray
    chance: FloatArray
    threshold: float

    def of(self, statistics: Statistics) -> Statistics:
        """Return the statistics of these rows with these weights."""
        taken = statistics.take(self.rows)
        taken.weights = self.weights
        taken.total_weight = float(self.weights.sum())
        return taken

    def sampling_error(self, values: FloatArray) -> float:
        """Return the standard error of ``weights @ values`` as the sum over all rows.

        Rows that are always drawn bring none. The variance is that of independent draws,
        sum (1 - p) (w v / p)^2, after Horvitz and Thompson (1952), Journal of the American
        Statistical Association 47, 663-685; a systematic draw from a random order has about it.
        """
        return float(np.sqrt(((1 - self.chance) * (self.weights * values) ** 2).sum()))


def draw(
    order: IntArray, weights: FloatArray | None, size: int, rng: np.random.Generator
) -> Sample:
    """Draw about ``size`` of the rows in ``order`` systematically, one random number in all."""
    mass = np.ones(len(order)) if weights is None else weights[order]
    threshold = _threshold(mass, size)
    chance = np.minimum(mass / threshold, 1.0)
    edges = np.floor(np.cumsum(chance) + rng.random())
    drawn = np.diff(edges, prepend=0.0) > 0.5
    drawn |= chance >= 1.0  # rounding of the running sum loses no heavy row
    rows, kept = order[drawn], chance[drawn]
    return Sample(rows, mass[drawn] / kept, kept, threshold)


def _threshold(mass: FloatArray, size: int) -> float:
    """Return t for which the sum of min(1, mass / t) is ``size``."""
    heaviest = np.sort(np.partition(mass, len(mass) - size)[len(mass) - size :])[::-1]
    below = mass.sum() - np.cumsum(heaviest) + heaviest  # the mass from each on down
    wanted = below / (size - np.arange(size))
    fits = np.flatnonzero(wanted >= heaviest)
    return float(wanted[fits[0]] if len(fits) else heaviest[-1])
