"""Results hold no panel: check that a panel given again is the one that was fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trajectories.errors import InputError
from trajectories.groups.search.assemble import reporting_ages
from trajectories.groups.search.panel_problem import prepared_mixture
from trajectories.numerics.mixture import Mixture
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

SAME_LIKELIHOOD = 1e-8
"""Panels are one if their log-likelihoods differ by less than this share."""


def mixture_of(
    results: GroupTrajectoriesResults, panel: Panel, *, merge: bool = True
) -> tuple[Panel, Mixture]:
    """Return the panel without empty ages and the mixture over it, at which results were fitted.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
        The one that was fitted, in any order of its units.
    merge : bool
        Whether equal rows may be merged; if not, rows are the panel's units.

    Raises
    ------
    InputError
        If this is another panel: its ages, number of persons or log-likelihood differ.
    """
    if not isinstance(panel, Panel):
        raise InputError(
            f"the panel that was fitted is needed, not a {type(panel).__name__}; results do not "
            "hold it"
        )
    if results.model.membership is not None:
        panel = results.model.membership.kept(panel)
    panel = panel.without_empty_ages()
    require_same_size(results, reporting_ages(panel), panel.total_weight)
    _, mixture = prepared_mixture(results.model, panel, merge=merge)
    require_same_likelihood(results, mixture.e_step(results.parameters).llf)
    return panel, mixture


def require_same_size(
    results: GroupTrajectoriesResults, ages: FloatArray, total_weight: float
) -> None:
    """Refuse a panel of other ages or of another number of persons than was fitted."""
    fitted = results.ages
    if ages.shape != fitted.shape or (ages != fitted).any():
        raise InputError(
            f"this is not the panel that was fitted: it was observed at {len(ages)} ages from "
            f"{ages[0]:g} to {ages[-1]:g}, the model at {len(fitted)} from {fitted[0]:g} to "
            f"{fitted[-1]:g}"
        )
    if abs(total_weight - results.nobs) > 1e-9 * results.nobs:
        raise InputError(
            f"this is not the panel that was fitted: it stands for {total_weight:g} "
            f"persons, the fit for {results.nobs:g}; weights given to fit belong into the panel"
        )


def require_same_likelihood(results: GroupTrajectoriesResults, llf: float) -> None:
    """Refuse a panel whose log-likelihood at the estimates is not that of the fit."""
    if not abs(llf - results.llf) <= SAME_LIKELIHOOD * max(1.0, abs(results.llf)):
        raise InputError(
            f"this is not the panel that was fitted: its log-likelihood at the estimates is "
            f"{llf:.3f}, that of the fit {results.llf:.3f}; give the same outcomes, exposure, "
            "covariates and weights"
        )
