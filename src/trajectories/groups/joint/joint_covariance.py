"""Covariances of joint estimates that do not trust the model: over persons, or their clusters.

A unit's score is that of all its outcomes together; the sandwich is the single model's, see
:mod:`trajectories.groups.inference.sandwich`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from trajectories.errors import InputError
from trajectories.groups.inference.fitted_panel import require_same_likelihood, require_same_size
from trajectories.groups.inference.sandwich import covariance_of_kind
from trajectories.groups.search.assemble import reporting_ages

if TYPE_CHECKING:
    from trajectories.groups.joint.alignment import Aligned
    from trajectories.groups.joint.joint_problem import JointProblem
    from trajectories.groups.joint.joint_results import JointResults
    from trajectories.groups.results import GroupTrajectoriesResults

R = TypeVar("R", bound="JointResults")


def require_same_panels(results: JointResults, aligned: Aligned) -> None:
    """Refuse panels of other ages or of another number of persons than were fitted."""
    for name, view, panel in zip(results.outcomes, results._views, aligned.panels, strict=True):
        try:
            require_same_size(view, reporting_ages(panel), panel.total_weight)
        except InputError as error:
            raise InputError(f"outcome {name!r}: {error}") from None


def require_same_fit(results: JointResults, problem: JointProblem) -> None:
    """Refuse a problem whose likelihood at the estimates is not that of the fit."""
    llf = problem.mixture(results.model).e_step(results.parameters).llf
    require_same_likelihood(cast("GroupTrajectoriesResults", results), llf)  # asks for llf only


def with_joint_covariance(
    results: R, problem: JointProblem, aligned: Aligned, kind: str, clusters: Any
) -> R:
    """Return the same estimates with a covariance of another kind, in every outcome's curves too.

    Parameters
    ----------
    results : JointResults
    problem : JointProblem
        Of the panels that were fitted; for ``"cluster"`` its rows are the units.
    aligned : Aligned
        The panels.
    kind : {"observed", "robust", "cluster"}
    clusters : Series, for ``"cluster"``

    Raises
    ------
    InputError
        If the likelihood at the estimates is not that of the fit.
    """
    parameters, model = results.parameters, results.model
    mixture = problem.mixture(model)
    require_same_fit(results, problem)
    covariance, n_clusters = covariance_of_kind(
        kind, mixture, parameters, results.withheld, results.nobs, clusters, aligned.units
    )
    views = []
    for a, view in enumerate(results._views):
        reading = model.reading(a, parameters)
        own = reading @ covariance @ reading.T
        views.append(replace(view, covariance=own, covariance_kind=kind, n_clusters=n_clusters))
    return replace(
        results,
        covariance=covariance,
        covariance_kind=kind,
        n_clusters=n_clusters,
        _views=tuple(views),
    )
