"""Score one model on the persons of one fold that it was not fitted to."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields

import numpy as np

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.groups.adequacy.cell_curves import cell_curves
from trajectories.groups.adequacy.person_density import group_log_density, log_prior, mixed
from trajectories.groups.control import Control
from trajectories.groups.membership.terms import membership_for
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.watching import not_cancelled
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by person, each of shape (n,); sums over the person's later cells where of cells.

    Attributes
    ----------
    held_out : ndarray
        Log-likelihood of the whole history.
    forecast : ndarray
        Log density of the later cells given the earlier ones.
    absolute_error, squared_error : ndarray
        Of the expected outcome at later cells.
    naive_absolute_error, naive_squared_error : ndarray
        Of the mean curve of the persons fitted on.
    cells : ndarray
        Number of later cells.
    """

    held_out: FloatArray
    forecast: FloatArray
    absolute_error: FloatArray
    squared_error: FloatArray
    naive_absolute_error: FloatArray
    naive_squared_error: FloatArray
    cells: FloatArray

    @classmethod
    def empty(cls, n: int) -> Scores:
        """Return zeros for n persons."""
        return cls(*(np.zeros(n) for _ in fields(cls)))

    def put(self, rows: BoolArray, scores: Scores) -> None:
        """Write the scores of some persons to their rows."""
        for field in fields(self):
            getattr(self, field.name)[rows] = getattr(scores, field.name)


def score_fold(
    panel: Panel,
    spec: GroupTrajectories,
    fitted_on: BoolArray,
    cutoff_age: float | None,
    seed: int,
    control: Control,
    membership: str | None = None,
) -> Scores | str:
    """Fit on some persons and score the others; the reason, if the fit cannot be had."""
    train, test = panel.subset(fitted_on), panel.subset(~fitted_on)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegenerateSolutionWarning)
            formula = membership_for(spec, membership)
            fit = spec.fit(train, seed=seed, control=control, membership=formula)
            results = not_cancelled(fit)
        # refuses who is of a category that nobody fitted on has
        prior = log_prior(results.model, results.parameters, test)
    except InputError as reason:
        return str(reason)
    whole = group_log_density(results.model, results.parameters, test)
    held_out, _ = mixed(whole, prior)
    if cutoff_age is None:
        scores = Scores.empty(test.n_units)
        scores.held_out[:] = held_out
        return scores
    expected, log_early = forecast(results, test, cutoff_age)
    later = test.ages > cutoff_age
    naive = mean_curve(train)[later]
    at_risk = exposures(test)[:, later]
    error = np.where(at_risk > 0, test.outcomes[:, later] - expected, 0.0)
    naive_error = np.where(at_risk > 0, test.outcomes[:, later] - at_risk * naive, 0.0)
    return Scores(
        held_out,
        held_out - log_early,
        np.abs(error).sum(axis=1),
        (error**2).sum(axis=1),
        np.abs(naive_error).sum(axis=1),
        (naive_error**2).sum(axis=1),
        (at_risk > 0).sum(axis=1).astype(float),
    )


def forecast(
    results: GroupTrajectoriesResults, panel: Panel, cutoff_age: float
) -> tuple[FloatArray, FloatArray]:
    """Return expected outcomes at the ages above a cut-off, and the log density of those below.

    Only outcomes up to the cut-off age are used; of later ages only the exposure is, and the
    covariates of a model that has them in its curves.

    Returns
    -------
    expected : ndarray, shape (N, later ages)
        Sum over groups of posterior given the earlier ages x mean x exposure; 0 where a cell is
        not observed.
    log_early : ndarray, shape (N,)
        Log density of the earlier outcomes, 0 for a person without any.
    """
    model, parameters = results.model, results.parameters
    early = np.asarray(panel.ages <= cutoff_age)
    densities = group_log_density(model, parameters, panel, early)
    log_early, posterior = mixed(densities, log_prior(model, parameters, panel))
    curves = cell_curves(model, parameters, panel)
    return exposures(panel)[:, ~early] * curves.expected(slice(None), posterior, ~early), log_early


def exposures(panel: Panel) -> FloatArray:
    """Return the exposure of every cell, 0 where it is not observed, shape (N, T)."""
    if panel.exposure is not None:
        return panel.exposure
    if panel.observed is not None:
        return panel.observed.astype(float)
    return np.ones(panel.outcomes.shape)


def mean_curve(panel: Panel) -> FloatArray:
    """Return the outcome per unit of exposure of all persons together, by age, shape (T,)."""
    weights = np.ones(panel.n_units) if panel.weights is None else panel.weights
    total, at_risk = weights @ panel.outcomes, weights @ exposures(panel)
    overall = total.sum() / at_risk.sum()
    return np.where(at_risk > 0, total / np.where(at_risk > 0, at_risk, 1.0), overall)
