"""The probability of at least one offence in the years ahead: what a validation can judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit, logsumexp

from trajectories.groups.inference.posterior_intervals import complete_scores
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray
from trajectories.profiles import whole_table
from trajectories.profiles.ahead import last_observed
from trajectories.profiles.histories import Histories
from trajectories.profiles.score import check_usable, own_ages, unwrap

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel
    from trajectories.profiles.model import ScoringModel

STEP = 1e-5
"""Of the central differences in the derivatives of a group's chance of staying without offence."""


def risk_ahead(
    model: GroupTrajectoriesResults | ScoringModel,
    profiles: Panel | pd.DataFrame | Histories,
    years: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the probability of at least one offence in the years after each history.

    1 - sum_k r_k prod_t P(y_t = 0 | k) over the ``years`` ages of the model after the last observed
    one, each a whole year free; r_k are the posterior probabilities. Limits carry the uncertainty
    of the parameters, by the delta method on the logit.

    Parameters
    ----------
    model : GroupTrajectoriesResults or ScoringModel
    profiles : Panel, DataFrame or Histories
        As for ``score``.
    years : int
        1 or more. Where the model ends before, the answer is a refusal, not a shorter span.
    level : float

    Returns
    -------
    DataFrame
        By unit: probability, lower, upper, refused (empty where there is a number).
    """
    results, support, _ = unwrap(model)
    check_usable(results)
    years = whole_number("years", years, 1)
    support.require_years(years)
    histories = whole_table.read(profiles, support)
    verdict = whole_table.judge(histories, support)
    numbers = {
        name: np.full(len(histories.units), np.nan) for name in ("probability", "lower", "upper")
    }
    refused = list(histories.refused)
    for row in histories.blank:
        refused[row] = "no year was observed: it is not known from which age to look ahead"
    panel = histories.panel
    if panel is not None and verdict is not None:
        reasons = verdict.by_unit()
        left = np.array([(results.ages > last).sum() for last in last_observed(panel)])
        for i in np.flatnonzero(left < years):
            reasons[i] = reasons[i] or f"the model ends before {years} years ahead do"
        for row, reason in zip(histories.place, reasons, strict=True):
            refused[row] = reason
        rows = np.flatnonzero([not reason for reason in reasons])
        if len(rows):
            found = _limits(results, own_ages(panel, results, rows), years, level)
            for name, values in zip(numbers, found, strict=True):
                numbers[name][histories.place[rows]] = values
    return pd.DataFrame(numbers, index=histories.units).assign(refused=refused)


def _limits(
    results: GroupTrajectoriesResults, panel: Panel, years: int, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return probability and limits of the units of a panel."""
    probability, error = np.empty(panel.n_units), np.empty(panel.n_units)
    last = last_observed(panel)
    n_groups, n_own = results.parameters.theta.shape
    for rows, log_joint, scores in complete_scores(results, panel):
        posterior = np.exp(log_joint - logsumexp(log_joint, axis=0))
        centred = scores - np.einsum("kn,kdn->dn", posterior, scores)[None]
        for age in np.unique(last[rows]):
            which = np.flatnonzero(last[rows] == age)
            place = np.arange(rows.start, rows.stop)[which]
            ages = results.ages[results.ages > age][:years]
            clean, slope = _without_offence(results, ages)
            own = posterior[:, which]
            gradient = -np.einsum("k,kn,kdn->dn", clean, own, centred[:, :, which])
            for k in range(n_groups):
                first = n_groups - 1 + k * n_own
                gradient[first : first + n_own] -= slope[k][:, None] * own[k]
            probability[place] = 1 - clean @ own
            spread = np.einsum("dn,de,en->n", gradient, results.covariance, gradient)
            error[place] = np.sqrt(np.maximum(spread, 0.0))
    inside = np.clip(probability, 1e-12, 1 - 1e-12)
    half = normal_quantile(level) * error / (inside * (1 - inside))
    return probability, expit(logit(inside) - half), expit(logit(inside) + half)


def _without_offence(
    results: GroupTrajectoriesResults, ages: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return each group's chance of no offence at some ages (K,), and its derivatives (K, Q)."""
    theta = results.parameters.theta

    def clean(at: FloatArray) -> FloatArray:
        channels = results.model.channels(at, ages)
        nothing, free = np.zeros((len(ages), 1)), np.ones((len(ages), 1))
        logs = results.family.log_density(nothing, free, channels)
        logs = logs + results.family.base_measure(nothing, free)
        return np.asarray(np.exp(logs.sum(axis=0)))

    slope = np.empty(theta.shape)
    for q in range(theta.shape[1]):
        change = np.zeros_like(theta)
        change[:, q] = STEP
        slope[:, q] = (clean(theta + change) - clean(theta - change)) / (2 * STEP)
    return clean(theta), slope
