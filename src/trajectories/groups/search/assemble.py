"""Results made from the solution that a search returned."""

from __future__ import annotations

import numpy as np

from trajectories.groups.adequacy.classification import classification_entropy, classification_table
from trajectories.groups.control import Control
from trajectories.groups.covariate_cells import CovariateCells, cells_of_design, cells_over_time
from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.membership.averages import averages_of, with_reference
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.fitting import Solution
from trajectories.groups.search.spread_panel import PanelFacts, SpreadPanel
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.version import __version__

MOST_REPORTED_AGES = 101
"""Individual ages can be thousands; curves are reported at this many evenly spaced ones."""


def from_solution(
    panel: Panel | SpreadPanel,
    solution: Solution,
    seed: int,
    control: Control,
) -> GroupTrajectoriesResults:
    """Make results from what the search returned."""
    model, fitted, diagnosis = solution.model, solution.fitted, solution.diagnosis
    if isinstance(panel, SpreadPanel):
        facts = panel.facts(model, fitted.parameters)
    else:
        facts = panel_facts(panel, solution)
    if facts.averages is not None:
        model = with_reference(model, facts.averages.share)
    classification = facts.classification
    nobody = classification.index[classification["assigned_share"] == 0]
    notes = [f"nobody is assigned to group {group}" for group in nobody]
    return GroupTrajectoriesResults(
        model=model,
        ages=facts.ages,
        parameters=fitted.parameters,
        covariance=observed_covariance(fitted.information, diagnosis.withheld, model.expansion()),
        withheld=diagnosis.withheld,
        llf=fitted.llf,
        nobs=whole(facts.nobs),
        n_cells=whole(facts.n_cells),
        stop_reason=diagnosis.reason,
        notes=(*diagnosis.notes, *notes),
        n_iter=fitted.n_iter,
        n_starts=1 if model.n_groups == 1 else control.n_starts,
        n_finished=solution.n_finished,
        n_replicated=solution.n_replicated,
        entropy=facts.entropy,
        classification=classification,
        seed=seed,
        gradient=float(np.abs(fitted.score).max() / facts.nobs),
        version=__version__,
        has_exposure=facts.has_exposure,
        individual_ages=facts.individual_ages,
        averages=facts.averages,
        _posterior=facts.posterior,
        _units=facts.units,
        _weights=None if isinstance(panel, SpreadPanel) else panel.weights,
        _cells=None if isinstance(panel, SpreadPanel) else membership_cells(panel, solution),
        _varying=None if isinstance(panel, SpreadPanel) else varying_cells(panel, solution),
    )


def panel_facts(panel: Panel, solution: Solution) -> PanelFacts:
    """Return what results say of a panel in memory."""
    parameters, posterior = solution.fitted.parameters, solution.posterior
    averages = averages_of(solution.model, parameters, panel)
    shares = np.exp(parameters.log_probability) if averages is None else averages.share
    return PanelFacts(
        ages=reporting_ages(panel),
        nobs=panel.total_weight,
        n_cells=weighted_cells(panel),
        has_exposure=panel.exposure is not None,
        individual_ages=panel.individual_ages is not None,
        entropy=classification_entropy(posterior.values, posterior.weights),
        classification=classification_table(posterior.values, posterior.weights, shares),
        posterior=posterior,
        units=panel.units,
        averages=averages,
    )


def membership_cells(panel: Panel, solution: Solution) -> CovariateCells | None:
    """Return how many persons the effects of membership covariates rest on; None without any."""
    membership = solution.model.membership
    if membership is None or panel.unit_covariates is None:
        return None
    return cells_of_design(
        membership.raw(panel),
        panel.unit_covariates[membership.design.variables],
        membership.columns,
        membership.design.terms,
        solution.posterior.by_unit(),
        panel.weights,
    )


def varying_cells(panel: Panel, solution: Solution) -> CovariateCells | None:
    """Return how many persons effects of time-varying covariates rest on; None without any."""
    names = solution.model.time_varying
    if not names:
        return None
    values = panel.covariate_values(names)
    return cells_over_time(
        names, values, panel.observed, solution.posterior.by_unit(), panel.weights
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
