"""Covariates that tell a group apart completely: their slopes have no finite estimate."""

from __future__ import annotations

import numpy as np

from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.model import Model
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Fitted
from trajectories.numerics.types import BoolArray, IntArray

RAN_OFF = 8.0
"""A slope ran off if over the range of its covariate the logit changes by more than this, and the
standard error of that change is above it as well."""


def slopes_of(model: Model, group: int) -> IntArray:
    """Return the packed places of the slopes of a group, from 0; of all groups for the first."""
    n_covariates = model.n_covariates
    start = model.n_groups - 1 + model.n_groups * model.n_group_parameters
    places = start + np.arange((model.n_groups - 1) * n_covariates)
    if group == 0:
        return places
    return places[(group - 1) * n_covariates : group * n_covariates]


def separating_covariates(
    model: Model, fitted: Fitted, withheld: BoolArray
) -> list[tuple[StopReason, str]]:
    """Find slopes that ran off; withhold them, and the intercepts of their groups.

    A covariate that nobody (or everybody) in a group has drives its slope towards infinity, by
    ever smaller gains: the estimate is an accident of when the iteration stopped.
    """
    if model.membership is None or fitted.parameters.slopes is None:
        return []
    names, span = model.membership.columns, model.membership.span
    flat = np.diag(fitted.information) <= 0
    known = observed_covariance(fitted.information, withheld | flat, model.expansion())
    error = np.where(flat & ~withheld, np.inf, np.sqrt(np.maximum(np.diag(known), 0.0)))
    found = []
    for group in range(1, model.n_groups):
        places = slopes_of(model, group)
        change = np.abs(fitted.parameters.slopes[group]) * span
        far = (change > RAN_OFF) & (error[places] * span > RAN_OFF) & ~withheld[places]
        for column in np.flatnonzero(far):
            note = (
                f"covariate {names[column]!r} separates group {group + 1} from group 1: its slope "
                "ran off, and its standard error is withheld"
            )
            found.append((StopReason.BOUNDARY, note))
            withheld[places[column]] = True
            withheld[group - 1] = True
    return found
