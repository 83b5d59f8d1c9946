"""Whether outcomes vary more, or less, than the family allows given the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.groups.adequacy.cell_curves import cell_curves
from trajectories.groups.adequacy.person_density import group_log_density, log_prior, mixed
from trajectories.groups.adequacy.residuals import cell_variance
from trajectories.groups.adequacy.simulated_outcomes import one_row_a_person, simulate_outcomes
from trajectories.groups.choosing.held_out import exposures
from trajectories.groups.search.prepare import row_blocks
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.numerics.arguments import checked_level

MEASURES = ("variance", "pearson")

SMALLEST_VARIANCE = 1e-12
"""Cells whose variance under a group is below this are no evidence of dispersion in it."""


def dispersion(
    results: GroupTrajectoriesResults,
    panel: Panel,
    n_simulated: int = 99,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return observed over expected variance of each group and overall, persons by posterior.

    Two measures, each 1 in expectation under the model, sums over observed cells, v the variance
    of the family, m the mean, e the exposure:

    - ``variance``: sum_it w_i r_ik (y_it - e_it m_kt)^2 / sum_it w_i r_ik v_kit, which cells with
      many outcomes decide;
    - ``pearson``: sum_it w_i r_ik (y_it - e_it m_kt)^2 / v_kit over sum_it w_i r_ik, in which
      all cells weigh the same, so that a single outcome where hardly any is expected decides.

    Above 1, outcomes vary more than the family allows, and more groups than there are kinds of
    careers will be found. The reference is drawn: panels from the fitted model, on this panel's
    missing pattern and exposure, scored at the estimates without fitting again.

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
        measure, group (1 to K, then 'all'), ratio, reference_lower, reference_upper, p_value
        (two-sided: twice the smaller tail, the panel itself counted), cells (posterior-weighted
        number).

    Raises
    ------
    InputError
        If there are too few draws, or weights are no whole numbers.
    """
    panel.require_common_ages("the dispersion check")
    n_simulated, seed = whole_number("n_simulated", n_simulated, 19), whole_number("seed", seed)
    checked_level(level)
    panel = one_row_a_person(panel.without_empty_ages())
    ratio, cells = ratios(results, panel)
    rng = np.random.default_rng(seed)
    drawn = np.empty((int(n_simulated), *ratio.shape))
    for number in range(int(n_simulated)):
        simulated = simulate_outcomes(results.model, results.parameters, panel, rng)
        drawn[number], _ = ratios(results, simulated)
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    above = (1 + (drawn >= ratio).sum(axis=0)) / (1 + n_simulated)
    below = (1 + (drawn <= ratio).sum(axis=0)) / (1 + n_simulated)
    p_value = np.where(np.isnan(ratio), np.nan, np.minimum(1.0, 2 * np.minimum(above, below)))
    names = [*results.group_probabilities.index, "all"]
    return pd.DataFrame(
        {
            "measure": np.repeat(MEASURES, len(names)),
            "group": pd.Series(names * len(MEASURES), dtype=object),
            "ratio": ratio.ravel(),
            "reference_lower": lower.ravel(),
            "reference_upper": upper.ravel(),
            "p_value": p_value.ravel(),
            "cells": np.tile(cells, len(MEASURES)),
        }
    )


def ratios(results: GroupTrajectoriesResults, panel: Panel) -> tuple[FloatArray, FloatArray]:
    """Return both measures of each group and overall, shape (2, K + 1), and cells (K + 1,)."""
    model, parameters = results.model, results.parameters
    densities = group_log_density(model, parameters, panel)
    _, posterior = mixed(densities, log_prior(model, parameters, panel))
    if panel.weights is not None:
        posterior = posterior * panel.weights[:, None]
    curves = cell_curves(model, parameters, panel)
    at_risk = exposures(panel)
    sums = np.zeros((4, model.n_groups))
    for rows in row_blocks(panel.n_units):
        for k in range(model.n_groups):
            exposure, weight = at_risk[rows], posterior[rows, k]
            channels, means = curves.of_group(rows, k)
            variance = cell_variance(model.family, channels, exposure)
            use = variance > SMALLEST_VARIANCE
            square = np.where(use, (panel.outcomes[rows] - exposure * means) ** 2, 0.0)
            score = np.divide(square, variance, out=np.zeros_like(square), where=use)
            for total, part in zip(sums, (square, variance, score, use), strict=True):
                total[k] += weight @ part.sum(axis=1)
    whole = np.column_stack([sums, sums.sum(axis=1)])
    bottom = whole[[1, 3]]
    ratio = np.divide(whole[[0, 2]], bottom, out=np.full_like(bottom, np.nan), where=bottom > 0)
    return ratio, whole[3]
