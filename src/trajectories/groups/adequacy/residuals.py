"""Observed against expected outcomes, by group and age, persons weighted by their posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.families import Family
from trajectories.groups.adequacy.person_density import group_means
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
    means = group_means(results.model, results.parameters, panel.ages).T
    sums = [np.zeros(means.shape) for _ in range(5)]
    for rows in row_blocks(panel.n_units):
        parts = [
            *_sums(panel, rows, posterior[rows], weights[rows], means),
            _variances(results, panel, rows, posterior[rows], weights[rows]),
        ]
        for total, part in zip(sums, parts, strict=True):
            total += part
    observed, at_risk, persons, square, variance = sums
    expected = at_risk * means
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
    panel: Panel, rows: slice, posterior: FloatArray, weights: FloatArray, means: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return outcome, exposure, persons and squared residuals of some rows, shapes (K, T)."""
    outcome = widened(panel.outcomes[rows])
    at_risk = exposures(panel)[rows]
    once = (posterior * weights[:, None]).T
    twice = (posterior**2 * weights[:, None]).T
    square = (
        twice @ outcome**2
        - 2 * means * (twice @ (at_risk * outcome))
        + means**2 * (twice @ at_risk**2)
    )
    return once @ outcome, once @ at_risk, once @ (at_risk > 0).astype(float), square


def _variances(
    results: GroupTrajectoriesResults,
    panel: Panel,
    rows: slice,
    posterior: FloatArray,
    weights: FloatArray,
) -> FloatArray:
    """Return sum_i w_i r_ik^2 v_ikt of some rows, shape (K, T)."""
    channels = results.model.channels(results.parameters.theta, panel.ages)
    result = np.empty((results.n_groups, panel.n_ages))
    for k in range(results.n_groups):
        variance = cell_variance(results.family, channels[:, :, k], exposures(panel)[rows])
        result[k] = (posterior[:, k] ** 2 * weights) @ variance
    return result


def cell_variance(family: Family, channels: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Return the variance of every cell in one group, 0 where it is not observed, shape (N, T).

    Parameters
    ----------
    family : Family
    channels : ndarray, shape (q, T)
        Of the group.
    at_risk : ndarray, shape (N, T)
        Exposure, 0 where not observed.
    """
    own = np.broadcast_to(channels[:, None, :], (len(channels), *at_risk.shape))
    variance = family.variance(own, np.where(at_risk > 0, at_risk, 1.0))
    return np.where(at_risk > 0, variance, 0.0)


def _divide(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
