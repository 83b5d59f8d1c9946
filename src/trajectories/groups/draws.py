"""Draws of the parameters from the normal distribution of their estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

FEWEST_DRAWS = 200
"""Fewer draws say nothing about a tail of 2.5 %."""


def draw_packed(results: GroupTrajectoriesResults, draws: int, seed: int) -> FloatArray:
    """Return parameters drawn from N(estimates, covariance), packed, shape (S, D).

    Parameters whose standard errors are withheld stay at their estimates. The covariance may be
    singular (parameters held, fewer clusters than parameters).

    Raises
    ------
    InputError
        If there are too few draws, or the seed is no whole number of 0 or more.
    """
    check_draws(draws, seed)
    values, vectors = np.linalg.eigh(results.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = np.random.default_rng(seed).standard_normal((int(draws), len(values)))
    drawn = results.parameters.pack() + noise @ root.T
    drawn[:, ~results.covariance.any(axis=0)] = results.parameters.pack()[
        ~results.covariance.any(axis=0)
    ]
    return np.asarray(drawn)


def check_draws(draws: int, seed: int) -> None:
    """Raise an InputError for a number of draws or a seed that cannot be used."""
    for name, value, lowest in (("draws", draws, FEWEST_DRAWS), ("seed", seed, 0)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < lowest:
            raise InputError(f"{name} must be a whole number of {lowest} or more, not {value!r}")


def group_draws(results: GroupTrajectoriesResults, packed: FloatArray, group: int) -> FloatArray:
    """Return the drawn parameters of one group (counted from 0), shape (S, Q)."""
    n_own = results.model.n_group_parameters
    start = results.n_groups - 1 + group * n_own
    return packed[:, start : start + n_own]


def share_draws(results: GroupTrajectoriesResults, packed: FloatArray) -> FloatArray:
    """Return the drawn group probabilities, shape (S, K)."""
    logits = np.concatenate([np.zeros((len(packed), 1)), packed[:, : results.n_groups - 1]], axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    odds = np.exp(logits)
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
