"""Whether outcomes vary more, or less, than the family allows given the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.held_out import exposures
from trajectories.groups.person_density import group_log_density, group_means, mixed
from trajectories.groups.prepare import row_blocks
from trajectories.groups.simulated_outcomes import one_row_a_person, simulate_outcomes
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

SMALLEST_VARIANCE = 1e-12
"""Cells whose variance under a group is below this are no evidence of dispersion in it."""


def dispersion(
    results: GroupTrajectoriesResults,
    panel: Panel,
    n_simulated: int = 99,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the posterior-weighted Pearson statistic of each group and overall.

    X_k = sum_it w_i r_ik (y_it - e_it m_kt)^2 / v_kit over sum_it w_i r_ik, over observed cells,
    v the variance of the family: its expectation under the model is 1. Above 1, outcomes vary more
    than the family allows, and more groups than there are kinds of careers will be found. The
    reference is drawn: panels from the fitted model, on this panel's missing pattern and
    exposure, scored at the estimates without fitting again.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
        The one that was fitted.
    n_simulated : int
        Panels drawn; 19 or more.
    level : float
        Share of the reference between its limits.
    seed : int

    Returns
    -------
    DataFrame
        Index group, then 'all'; ratio, reference_lower, reference_upper, p_value (two-sided: twice
        the smaller tail, the panel itself counted), cells (posterior-weighted number).

    Raises
    ------
    InputError
        If there are too few draws, or weights are no whole numbers.
    """
    if isinstance(n_simulated, bool) or not isinstance(n_simulated, int | np.integer):
        raise InputError(f"n_simulated must be a whole number, not {n_simulated!r}")
    if n_simulated < 19:
        raise InputError(f"n_simulated must be 19 or more, not {n_simulated}")
    if not isinstance(level, float | int) or not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, for instance 0.95; found {level!r}")
    panel = one_row_a_person(panel.without_empty_ages())
    ratio, cells = pearson(results, panel)
    rng = np.random.default_rng(seed)
    drawn = np.empty((int(n_simulated), len(ratio)))
    for number in range(int(n_simulated)):
        simulated = simulate_outcomes(results.model, results.parameters, panel, rng)
        drawn[number], _ = pearson(results, simulated)
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    above = (1 + (drawn >= ratio).sum(axis=0)) / (1 + n_simulated)
    below = (1 + (drawn <= ratio).sum(axis=0)) / (1 + n_simulated)
    p_value = np.where(np.isnan(ratio), np.nan, np.minimum(1.0, 2 * np.minimum(above, below)))
    names = [*results.group_probabilities.index, "all"]
    return pd.DataFrame(
        {
            "ratio": ratio,
            "reference_lower": lower,
            "reference_upper": upper,
            "p_value": p_value,
            "cells": cells,
        },
        index=pd.Index(names, name="group", dtype=object),
    )


def pearson(results: GroupTrajectoriesResults, panel: Panel) -> tuple[FloatArray, FloatArray]:
    """Return the Pearson ratio of each group and overall, shape (K + 1,), and their cells."""
    model, parameters = results.model, results.parameters
    densities = group_log_density(model, parameters, panel)
    _, posterior = mixed(densities, parameters.log_probability)
    if panel.weights is not None:
        posterior = posterior * panel.weights[:, None]
    channels = model.channels(parameters.theta, panel.ages)
    means = group_means(model, parameters, panel.ages)
    at_risk = exposures(panel)
    total, cells = np.zeros(model.n_groups), np.zeros(model.n_groups)
    for rows in row_blocks(panel.n_units):
        for k in range(model.n_groups):
            exposure = at_risk[rows]
            own = np.broadcast_to(channels[:, None, :, k], (len(channels), *exposure.shape))
            variance = model.family.variance(own, np.where(exposure > 0, exposure, 1.0))
            use = (exposure > 0) & (variance > SMALLEST_VARIANCE)
            square = (panel.outcomes[rows] - exposure * means[:, k]) ** 2
            score = np.divide(square, variance, out=np.zeros_like(square), where=use)
            total[k] += posterior[rows, k] @ score.sum(axis=1)
            cells[k] += posterior[rows, k] @ use.sum(axis=1)
    sums = np.append(total, total.sum()), np.append(cells, cells.sum())
    ratio = np.divide(*sums, out=np.full(len(sums[0]), np.nan), where=sums[1] > 0)
    return ratio, sums[1]
