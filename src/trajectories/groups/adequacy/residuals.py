"""Observed against expected outcomes, by group and age, persons weighted by their posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.families import Family
from trajectories.groups.adequacy.cell_curves import cell_curves
from trajectories.groups.choosing.held_out import exposures
from trajectories.groups.search.prepare import row_blocks
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel, widened

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def residuals(results: GroupTrajectoriesResults, panel: Panel) -> pd.DataFrame:
    """Return observed and expected outcomes of each group at each age.

    With r_ik the posterior probability of person i in group k, w_i the weight, e_it the exposure
    and m_kt the mean: observed = sum_i w_i r_ik y_it, expected = sum_i w_i r_ik e_it m_kt, over
    observed cells. Under the model the expectation of each residual is zero at the true parameters.
    ``standardised`` divides by the square root of the larger of sum_i w_i r_ik^2 (y_it - e_it
    m_kt)^2, which holds whatever the variance of the outcome, and sum_i w_i r_ik^2 v_ikt, v the
    variance of the family, which holds where hardly anything was observed. That the parameters
    were fitted to these persons makes it a little smaller than standard normal.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
        The one that was fitted, or another one at ages within the fitted range.

    Returns
    -------
    DataFrame
        group, age, observed, expected, residual, standardised (NaN where nothing varies), mean
        (observed per unit of exposure, as a curve is), persons (expected number observed in the
        cell) and exposure (their years free). A group that nobody is observed in at an age has no
        row there.
    """
    panel.require_common_ages("a table of residuals by age")
    panel = panel.without_empty_ages()
    posterior = results.predict_proba(panel).to_numpy()
    weights = np.ones(panel.n_units) if panel.weights is None else panel.weights
    curves = cell_curves(results.model, results.parameters, panel)
    sums = np.zeros((6, results.n_groups, panel.n_ages))
    for rows in row_blocks(panel.n_units):
        for k in range(results.n_groups):
            channels, means = curves.of_group(rows, k)
            own = posterior[rows, k]
            sums[:, k] += _sums(panel, results.family, rows, own, weights[rows], channels, means)
    observed, expected, at_risk, persons, square, variance = sums
    spread = np.sqrt(np.maximum(square, variance))
    residual = observed - expected
    table = pd.DataFrame(
        {
            "group": np.repeat(results.group_probabilities.index.to_numpy(), panel.n_ages),
            "age": np.tile(panel.ages, results.n_groups),
            "observed": observed.ravel(),
            "expected": expected.ravel(),
            "residual": residual.ravel(),
            "standardised": _divide(residual, spread).ravel(),
            "mean": _divide(observed, at_risk).ravel(),
            "persons": persons.ravel(),
            "exposure": at_risk.ravel(),
        }
    )
    seen: pd.DataFrame = table[table["exposure"] > 0].reset_index(drop=True)
    return seen


def _sums(
    panel: Panel,
    family: Family,
    rows: slice,
    posterior: FloatArray,
    weights: FloatArray,
    channels: FloatArray,
    means: FloatArray,
) -> FloatArray:
    """Return what some rows add to one group's totals by age, shape (6, T).

    Outcome, expected outcome, exposure, persons, squared residuals and variance.
    """
    outcome, at_risk = widened(panel.outcomes[rows]), exposures(panel)[rows]
    once, twice = posterior * weights, posterior**2 * weights
    expected = at_risk * means
    return np.stack(
        [
            once @ outcome,
            once @ expected,
            once @ at_risk,
            once @ (at_risk > 0).astype(float),
            twice @ np.where(at_risk > 0, outcome - expected, 0.0) ** 2,
            twice @ cell_variance(family, channels, at_risk),
        ]
    )


def cell_variance(family: Family, channels: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Return the variance of every cell in one group, 0 where it is not observed, shape (N, T).

    Parameters
    ----------
    family : Family
    channels : ndarray, shape (q, T) or (q, N, T)
        Of the group.
    at_risk : ndarray, shape (N, T)
        Exposure, 0 where not observed.
    """
    by_unit = channels[:, None, :] if channels.ndim == 2 else channels
    own = np.broadcast_to(by_unit, (len(channels), *at_risk.shape))
    variance = family.variance(own, np.where(at_risk > 0, at_risk, 1.0))
    return np.where(at_risk > 0, variance, 0.0)


def _divide(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
