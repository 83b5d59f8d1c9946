"""Intervals of average posterior probabilities and odds of correct classification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.groups.adequacy.classification import classification_table
from trajectories.groups.inference.draws import draw_packed
from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

FAR = 1e200
"""Stands for infinity while quantiles are interpolated."""

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def classification_intervals(
    results: GroupTrajectoriesResults,
    panel: Panel,
    level: float = 0.95,
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Return limits of avepp and occ by simulation from the covariance of the parameters.

    Parameters are drawn from the normal distribution of their estimates; for each draw the same
    persons get new posterior probabilities, are assigned again, and avepp and occ are computed. The
    limits are quantiles over the draws: they hold the uncertainty of the parameters, for these
    persons. Parameters whose standard errors are withheld stay at their estimates.

    Returns
    -------
    DataFrame
        Index group; avepp_lower, avepp_upper, occ_lower, occ_upper. NaN for one group.
    """
    normal_quantile(level)
    panel, mixture = mixture_of(results, panel)
    statistics = mixture.statistics
    avepp = np.empty((int(draws), results.n_groups))
    occ = np.empty_like(avepp)
    for number, packed in enumerate(draw_packed(results, draws, seed)):
        parameters = Parameters.unpack(packed, results.n_groups, results.model.n_covariates)
        posterior = mixture.posterior(parameters)
        shares = statistics.mean_share(parameters.intercepts, parameters.slopes)
        classified = classification_table(posterior, statistics.weights, shares)
        avepp[number], occ[number] = classified["avepp"], classified["occ"]
    limits = [(1 - level) / 2, (1 + level) / 2]
    frame: dict[str, FloatArray] = {}
    for name, values in (("avepp", avepp), ("occ", occ)):
        values = np.where(np.isnan(values).any(axis=0), np.nan, values)
        # odds are infinite where every posterior is 1: quantiles between infinities are no numbers
        found = np.quantile(np.where(np.isposinf(values), FAR, values), limits, axis=0)
        lower, upper = np.where(found > np.sqrt(FAR), np.inf, found)
        frame |= {f"{name}_lower": lower, f"{name}_upper": upper}
    return pd.DataFrame(frame, index=results.group_probabilities.index)
