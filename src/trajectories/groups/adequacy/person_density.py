"""Log density of each person's history in each group, for any panel and parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import logsumexp

from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.membership import row_log_probability
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel, widened
from trajectories.panel.time_varying import taken


def group_log_density(
    model: Model, parameters: Parameters, panel: Panel, keep: BoolArray | None = None
) -> FloatArray:
    """Return log f(y_i | group k), factorials included, shape (N, K).

    Parameters
    ----------
    model, parameters
        A fitted model.
    panel : Panel
        N units at any ages.
    keep : ndarray of bool, shape (T,), optional
        The ages that count; all unless told. A unit that is not observed at any of them has 0.
    """
    result = np.zeros((panel.n_units, model.n_groups))
    rows = np.arange(panel.n_units)
    if keep is not None:
        if not keep.any():
            return result
        cut, rows = at_ages(panel, keep)
        if cut is None:
            return result
        panel = cut
    prepared = prepare(panel, model.family, merge=False, covariates=model.time_varying)
    statistics = prepared.statistics
    mixture = make_mixture(panel, model, statistics, prepared.grid)
    table = mixture.density.log_density(parameters.theta)
    for block in statistics.blocks(statistics.block):
        values = statistics.unit_log_density(block, table).T + base_measures(model, panel, block)
        result[rows[block]] = values
    return result


def at_ages(panel: Panel, keep: BoolArray) -> tuple[Panel | None, np.ndarray]:
    """Return the panel at some ages, of the units observed there, and the rows of these units."""
    seen = None if panel.observed is None else panel.observed[:, keep]
    rows = np.arange(panel.n_units) if seen is None else np.flatnonzero(seen.any(axis=1))
    if len(rows) == 0:
        return None, rows
    cut = replace(
        panel,
        outcomes=panel.outcomes[np.ix_(rows, keep)],
        ages=panel.ages[keep],
        exposure=None if panel.exposure is None else panel.exposure[np.ix_(rows, keep)],
        observed=None if seen is None else seen[rows],
        weights=None if panel.weights is None else panel.weights[rows],
        units=panel.units[rows],
        covariates=taken(panel.covariates, np.ix_(rows, keep)),
        unit_covariates=(
            None if panel.unit_covariates is None else panel.unit_covariates.iloc[rows]
        ),
    )
    return cut, rows


def base_measures(model: Model, panel: Panel, block: slice) -> FloatArray:
    """Return the parameter-free part of the log density of some units, shape (n, 1)."""
    counts = widened(panel.outcomes[block])
    at_risk = np.ones_like(counts) if panel.exposure is None else panel.exposure[block]
    values = model.family.base_measure(counts, at_risk)
    if panel.observed is not None:
        values = np.where(panel.observed[block], values, 0.0)
    return np.asarray(values.sum(axis=1, keepdims=True))


def log_prior(model: Model, parameters: Parameters, panel: Panel) -> FloatArray:
    """Return the log group probabilities of the units of a panel, (K,) or, by covariates, (N, K).

    Raises
    ------
    InputError
        If they depend on covariates and the panel carries none.
    """
    covariates = model.unit_covariates(panel)
    if covariates is None:
        return parameters.log_probability
    return row_log_probability(parameters.intercepts, parameters.slopes, covariates).T


def mixed(log_density: FloatArray, log_probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log sum_k pi_k f_ik, shape (N,), and posterior probabilities, shape (N, K).

    ``log_probability`` has shape (K,), or (N, K) where each person has their own.
    """
    joint = log_density + log_probability
    total = np.asarray(logsumexp(joint, axis=1))
    return total, np.exp(joint - total[:, None])
