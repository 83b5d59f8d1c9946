"""Draws of the parameters from the normal distribution of their estimates."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import TrajectoriesWarning
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import BoolArray, FloatArray

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

    Warns
    -----
    TrajectoriesWarning
        If some parameter is so badly known that its estimate is not normally distributed.
    """
    check_draws(draws, seed)
    warn_of_wild_draws(results)
    values, vectors = np.linalg.eigh(results.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = np.random.default_rng(seed).standard_normal((int(draws), len(values)))
    drawn = results.parameters.pack() + noise @ root.T
    drawn[:, ~results.covariance.any(axis=0)] = results.parameters.pack()[
        ~results.covariance.any(axis=0)
    ]
    return np.asarray(drawn)


def warn_of_wild_draws(results: GroupTrajectoriesResults) -> None:
    """Warn where a channel's standard error at some age is beyond what a normal can describe.

    Only channels that the mean depends on count: the draws of others move no curve.

    On a log or logit scale an error above the largest change that one Newton step may make (3
    units: a factor of 20) means that the likelihood is flat towards zero or one, and far from it
    the draws mean nothing. Channels on the scale of the data have no such bound.
    """
    family, needed = results.family, mean_channels(results)
    designs = results.model.designs(results.ages)
    for k in range(results.n_groups):
        start = results.n_groups - 1 + k * results.model.n_group_parameters
        for channel, design, used, most in zip(
            family.channels, designs, needed, family.largest_change, strict=True
        ):
            own = slice(start, start + design.shape[1])
            start = own.stop
            block = results.covariance[own, own]
            error = float(np.sqrt(np.einsum("tp,pq,tq->t", design, block, design).max()))
            if used and error > most:
                warnings.warn(
                    f"the {channel} of group {k + 1} has a standard error of {error:.1f} at some "
                    "age, too large for a normal distribution: limits by simulation cannot be "
                    "relied on there; use the delta method or the bootstrap",
                    TrajectoriesWarning,
                    stacklevel=3,
                )


def mean_channels(results: GroupTrajectoriesResults) -> BoolArray:
    """Return which channels the mean depends on, shape (q,)."""
    channels = results.model.channels(results.parameters.theta, results.ages)
    _, by_channel = results.family.link_mean(channels)
    return np.asarray(by_channel.any(axis=(1, 2)))


def check_draws(draws: int, seed: int) -> None:
    """Raise an InputError for a number of draws or a seed that cannot be used."""
    whole_number("draws", draws, FEWEST_DRAWS)
    whole_number("seed", seed)


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
