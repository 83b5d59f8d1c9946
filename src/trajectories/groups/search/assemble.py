"""Results made from the solution that a search returned."""

from __future__ import annotations

import numpy as np

from trajectories.groups.adequacy.classification import classification_entropy, classification_table
from trajectories.groups.control import Control
from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.membership.averages import averages_of, with_reference
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.fitting import Solution
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.version import __version__

MOST_REPORTED_AGES = 101
"""Individual ages can be thousands; curves are reported at this many evenly spaced ones."""


def from_solution(
    panel: Panel,
    solution: Solution,
    seed: int,
    control: Control,
) -> GroupTrajectoriesResults:
    """Make results from what the search returned."""
    model, fitted, diagnosis = solution.model, solution.fitted, solution.diagnosis
    posterior = solution.posterior
    averages = averages_of(model, fitted.parameters, panel)
    if averages is None:
        shares = np.exp(fitted.parameters.log_probability)
    else:
        shares = averages.share
        model = with_reference(model, shares)
    classification = classification_table(posterior.values, posterior.weights, shares)
    nobody = classification.index[classification["assigned_share"] == 0]
    notes = [f"nobody is assigned to group {group}" for group in nobody]
    return GroupTrajectoriesResults(
        model=model,
        ages=reporting_ages(panel),
        parameters=fitted.parameters,
        covariance=observed_covariance(fitted.information, diagnosis.withheld, model.expansion()),
        withheld=diagnosis.withheld,
        llf=fitted.llf,
        nobs=whole(panel.total_weight),
        n_cells=whole(weighted_cells(panel)),
        stop_reason=diagnosis.reason,
        notes=(*diagnosis.notes, *notes),
        n_iter=fitted.n_iter,
        n_starts=1 if model.n_groups == 1 else control.n_starts,
        n_finished=solution.n_finished,
        n_replicated=solution.n_replicated,
        entropy=classification_entropy(posterior.values, posterior.weights),
        classification=classification,
        seed=seed,
        gradient=float(np.abs(fitted.score).max() / panel.total_weight),
        version=__version__,
        has_exposure=panel.exposure is not None,
        individual_ages=panel.individual_ages is not None,
        averages=averages,
        _posterior=posterior,
        _units=panel.units,
        _weights=panel.weights,
    )


def reporting_ages(panel: Panel) -> FloatArray:
    """Return the ages at which curves are reported: the panel's, or as many evenly spaced ones."""
    grid = np.asarray(panel.grid, dtype=float)
    if len(grid) <= MOST_REPORTED_AGES:
        return grid
    return np.linspace(grid[0], grid[-1], MOST_REPORTED_AGES)


def whole(value: float) -> float:
    """Return a whole number as an int, any other number as it is."""
    return int(value) if float(value).is_integer() else value


def weighted_cells(panel: Panel) -> float:
    """Return the number of observed cells, each counted as often as its unit weighs."""
    if panel.observed is None:
        return panel.total_weight * panel.n_ages
    by_unit = panel.observed.sum(axis=1)
    return float(by_unit.sum() if panel.weights is None else by_unit @ panel.weights)
