"""Intervals of the group probabilities, which stay within 0 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.inference.bands import METHODS, check_choice
from trajectories.groups.inference.draws import check_draws, draw_packed, share_draws
from trajectories.groups.inference.withheld import why, withheld_shares
from trajectories.numerics.normal import normal_quantile

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def group_probability_intervals(
    results: GroupTrajectoriesResults,
    level: float = 0.95,
    method: str = "delta",
    draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return each group's probability with an interval, by group.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    level : float
    method : {"delta", "simulation"}
        The delta method on the logit of the probability, or quantiles of the probabilities at
        parameters drawn from the normal distribution of their estimates.
    draws, seed : int
        Of a simulation.

    Returns
    -------
    DataFrame
        Index group; probability, lower, upper, reason (why there is no interval; else empty).
        With one group the probability is 1, known.
    """
    check_choice("method", method, METHODS)
    check_draws(draws, seed)
    normal_quantile(level)
    if method != "delta" and results.averages is not None:
        raise InputError(
            "the group probabilities depend on covariates, which a simulation without the persons "
            "does not know: use method='delta'"
        )
    if method == "delta" or results.n_groups == 1 or withheld_shares(results):
        lower, upper = results.share_limits(level)
    else:
        drawn = share_draws(results, draw_packed(results, draws, seed))
        lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    table = results.group_probabilities.rename("probability").to_frame()
    table["lower"], table["upper"] = lower, upper
    table["reason"] = why(results) if np.isnan(lower).any() else ""
    return table
