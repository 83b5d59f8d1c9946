"""Golden profiles: invented histories whose scores are stored with a model and checked at load.

A coefficient that was altered gives scores as plausible as any. A formula that was altered in the
software does too, and no checksum of the file can tell. So every saved model carries histories,
drawn from the model itself, with the probabilities that it gave them when it was saved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trajectories.errors import ModelFileError
from trajectories.groups.adequacy.simulated_outcomes import simulate_outcomes
from trajectories.groups.inference.posterior_intervals import posterior_intervals
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.groups.stop_reason import StopReason
from trajectories.groups.time_varying import TimeVarying
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

N_PROFILES = 24
SEED = 20260211
PROPER = (StopReason.CONVERGED, StopReason.BOUNDARY)
CLOSE = 1e-9
"""Largest difference of a probability that rounding may make."""


def golden_panel(results: GroupTrajectoriesResults) -> Panel:
    """Return invented histories drawn from a model: whole ones, short ones, ones with gaps.

    Every group is as likely, however small its share: a number of a group that no profile stems
    from could be altered without any score to tell.
    """
    rng = np.random.default_rng(SEED)
    ages = np.asarray(results.ages, dtype=float)
    observed = np.ones((N_PROFILES, len(ages)), dtype=bool)
    for row in range(N_PROFILES // 3, N_PROFILES):
        observed[row, rng.integers(1, len(ages) + 1) :] = False
        if row % 2 and len(ages) > 2:
            observed[row, rng.integers(1, len(ages))] = False
    exposure = None
    if results.has_exposure:
        exposure = rng.choice([0.25, 0.5, 1.0], observed.shape) * observed
    covariates = _invented(results.model.covariates, ages, rng)
    blank = Panel(np.zeros(observed.shape), ages, exposure, observed, covariates=covariates)
    equal = np.full(results.n_groups, -np.log(results.n_groups))
    anybody = replace(results.model, membership=None)
    return simulate_outcomes(anybody, Parameters(equal, results.parameters.theta), blank, rng)


def golden_document(results: GroupTrajectoriesResults) -> dict[str, Any] | None:
    """Return the golden profiles with their scores as plain numbers; None for an improper fit."""
    if results.stop_reason not in PROPER:
        return None
    panel = golden_panel(results)
    covariates = None
    if results.model.membership is not None:
        shape = (N_PROFILES, results.model.n_covariates)
        covariates = np.random.default_rng(SEED).standard_normal(shape)
    return {
        "about": "Invented histories, drawn from the model; no person has them.",
        **({} if covariates is None else {"unit_covariates": covariates.tolist()}),
        "outcomes": _cells(panel.outcomes, panel),
        "exposure": None if panel.exposure is None else _cells(panel.exposure, panel),
        "covariates": {n: _cells(v, panel) for n, v in (panel.covariates or {}).items()},
        "posterior": _posterior(results, panel, covariates).tolist(),
        **_with_limits(results, panel),
    }


def _with_limits(results: GroupTrajectoriesResults, panel: Panel) -> dict[str, Any]:
    """Return limits of the probabilities, which depend on the covariance of the parameters.

    Nothing for models with covariates, and where a limit is missing.
    """
    if results.model.membership is not None or results.model.time_varying:
        return {}
    limits = _limits(results, panel)
    return {"limits": limits.tolist()} if np.isfinite(limits).all() else {}


def _limits(results: GroupTrajectoriesResults, panel: Panel) -> FloatArray:
    """Return lower and upper limits of the golden probabilities, shape (2, N, K)."""
    return np.array(posterior_intervals(results, panel)[1:])


def _posterior(
    results: GroupTrajectoriesResults, panel: Panel, covariates: FloatArray | None
) -> FloatArray:
    """Return the probabilities of invented histories, covariates centred and scaled, if any."""
    if covariates is None:
        return results.predict_proba(panel).to_numpy()
    prepared = prepare(
        panel,
        results.family,
        covariates=results.model.time_varying,
        unit_covariates=covariates,
    )
    mixture = make_mixture(panel, results.model, prepared.statistics, prepared.grid)
    return prepared.spread(mixture.posterior(results.parameters))


def check_golden(results: GroupTrajectoriesResults, document: dict[str, Any] | None) -> None:
    """Score the golden profiles of a file again.

    Raises
    ------
    ModelFileError
        If any probability differs: the model, or the software, is not what it was.
    """
    if document is None:
        if results.stop_reason in PROPER:
            raise ModelFileError("the golden profiles of the model are gone: use the original file")
        return
    panel = read_panel(document, results.ages)
    covariates = None
    if results.model.membership is not None:
        covariates = np.array(document["unit_covariates"], dtype=float)
    now = _posterior(results, panel, covariates)
    require_unchanged(now, document["posterior"])
    if "limits" in document:
        require_unchanged(_limits(results, panel), document["limits"])


def require_unchanged(now: FloatArray, stored: Any) -> None:
    """Raise a ModelFileError if probabilities are not those stored in a file."""
    then = np.array(stored, dtype=float)
    if now.shape != then.shape or not np.abs(now - then).max() <= CLOSE:
        raise ModelFileError(
            "the model gives its golden profiles other probabilities than when it was saved: do "
            "not use it, and report which versions of this package saved and loaded it"
        )


def read_panel(document: dict[str, Any], ages: FloatArray) -> Panel:
    """Return golden profiles as a panel."""
    outcomes = np.array(document["outcomes"], dtype=float)  # None becomes NaN
    observed = ~np.isnan(outcomes)
    exposure = None
    if document["exposure"] is not None:
        exposure = np.nan_to_num(np.array(document["exposure"], dtype=float))
    covariates = {
        name: np.array(values, dtype=float)
        for name, values in document.get("covariates", {}).items()
    }
    panel = Panel(np.nan_to_num(outcomes), ages, exposure, observed, covariates=covariates)
    return replace(panel, observed=None) if observed.all() else panel


def _invented(
    covariates: TimeVarying | None, ages: FloatArray, rng: np.random.Generator
) -> dict[str, FloatArray] | None:
    """Return covariates around their average path, by a standard deviation up or down."""
    if covariates is None:
        return None
    path = covariates.at(ages)
    return {
        name: path[:, j] + covariates.scale[j] * rng.choice([-1.0, 1.0], (N_PROFILES, len(ages)))
        for j, name in enumerate(covariates.names)
    }


def _cells(values: FloatArray, panel: Panel) -> list[list[float | None]]:
    seen = np.ones(values.shape, dtype=bool) if panel.observed is None else panel.observed
    return [
        [float(value) if known else None for value, known in zip(row, mask, strict=True)]
        for row, mask in zip(values, seen, strict=True)
    ]
