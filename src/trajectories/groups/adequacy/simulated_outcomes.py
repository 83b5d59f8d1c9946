"""Draw outcomes from a fitted model, on a panel's own missing pattern and exposure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.model import Model
from trajectories.groups.search.design_points import design_points
from trajectories.groups.search.prepare import row_blocks
from trajectories.numerics.membership import row_log_probability
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import IntArray
from trajectories.panel import Panel


def simulate_outcomes(
    model: Model, parameters: Parameters, panel: Panel, rng: np.random.Generator
) -> Panel:
    """Return the panel with outcomes drawn from the model.

    A person's group is drawn by the group probabilities, then each observed cell from the family's
    distribution, with the exposure of that cell. What is missing stays missing.

    Parameters
    ----------
    model, parameters
        The model drawn from.
    panel : Panel
        Without weights: a person is a row; see :func:`one_row_a_person`.
    rng : numpy.random.Generator
    """
    points = design_points(panel, model.time_varying)
    channels = model.channels(parameters.theta, points.grid)
    group = drawn_groups(model, parameters, panel, rng)
    outcomes = np.empty(panel.outcomes.shape)
    for rows in row_blocks(panel.n_units):
        own = channels[:, points.rows(rows), group[rows, None]]
        size = own.shape[1:]
        exposure = np.ones(size) if panel.exposure is None else panel.exposure[rows]
        drawn = model.family.draw(own, exposure, rng)
        if panel.observed is not None:
            drawn = np.where(panel.observed[rows], drawn, 0.0)
        outcomes[rows] = drawn
    return replace(panel, outcomes=outcomes)


def drawn_groups(
    model: Model, parameters: Parameters, panel: Panel, rng: np.random.Generator
) -> IntArray:
    """Return a group, from 0, for each person, drawn by their group probabilities, shape (N,)."""
    covariates = model.unit_covariates(panel)
    if covariates is None:
        shares = np.exp(parameters.log_probability)
        return rng.choice(model.n_groups, size=panel.n_units, p=shares / shares.sum())
    prior = row_log_probability(parameters.intercepts, parameters.slopes, covariates)
    below = np.cumsum(np.exp(prior[:-1]), axis=0)
    return np.asarray((rng.random(panel.n_units) >= below).sum(axis=0), dtype=np.int64)


def one_row_a_person(panel: Panel) -> Panel:
    """Return the panel with every row repeated as often as it weighs.

    Raises
    ------
    InputError
        If a weight is no whole number: then rows stand for no number of persons to draw.
    """
    if panel.weights is None:
        return panel
    if (panel.weights % 1).any():
        broken = int((panel.weights % 1 > 0).sum())
        raise InputError(
            f"weights are no whole numbers in {broken} of {panel.n_units} rows, so persons cannot "
            "be drawn: a simulation needs a row a person, or how many persons a row stands for"
        )
    times = panel.weights.astype(np.int64)
    held = panel.covariates or {}

    own, rows = panel.unit_covariates, np.arange(panel.n_units)

    def repeated(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else np.repeat(values, times, axis=0)

    return Panel(
        outcomes=np.repeat(panel.outcomes, times, axis=0),
        ages=panel.ages,
        exposure=repeated(panel.exposure),
        observed=repeated(panel.observed),
        individual_ages=repeated(panel.individual_ages),
        covariates={name: np.repeat(v, times, axis=0) for name, v in held.items()} or None,
        unit_covariates=None if own is None else own.iloc[np.repeat(rows, times)],
    )
