"""Posterior group probabilities, held once for each distinct history."""

from __future__ import annotations

from dataclasses import dataclass

from trajectories.numerics.types import AnyArray, FloatArray


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior group probabilities of D distinct histories, and whose they are.

    Attributes
    ----------
    values : ndarray, shape (D, K)
    weights : ndarray, shape (D,), or None
        How many persons each history stands for; None if 1 each.
    inverse : ndarray of int, shape (N,), or None
        History of every unit, in a small integer type; None if every unit has its own row.
    """

    values: FloatArray
    weights: FloatArray | None = None
    inverse: AnyArray | None = None

    def by_unit(self) -> FloatArray:
        """Return them unit by unit, shape (N, K)."""
        return self.values if self.inverse is None else self.values[self.inverse]
