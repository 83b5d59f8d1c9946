"""Cox models of repeated events: Andersen and Gill; Prentice, Williams and Peterson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trajectories.errors import InputError
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.cox import cox
from trajectories.recidivism.cox_results import CoxResults
from trajectories.recidivism.follow_up_input import need_follow_up


def andersen_gill(
    follow_up: FollowUp, covariates: Sequence[str] | None = None, **options: Any
) -> CoxResults:
    """Fit one rate of events whatever the number before; errors clustered by person.

    Parameters
    ----------
    follow_up : FollowUp
        Of repeated events.
    covariates, **options
        As for ``cox``.

    Notes
    -----
    Andersen and Gill (1982). The same as ``cox`` with ``robust=True``.
    """
    options.setdefault("robust", True)
    return replace(cox(follow_up, covariates, **options), model="Andersen–Gill")


def prentice_williams_peterson(
    follow_up: FollowUp,
    covariates: Sequence[str] | None = None,
    clock: str = "gap",
    **options: Any,
) -> CoxResults:
    """Fit a model with a baseline for each number of events so far; errors clustered by person.

    Parameters
    ----------
    follow_up : FollowUp
        Of repeated events, without strata.
    covariates, **options
        As for ``cox``.
    clock : {"gap", "total"}
        Time since the event before, or since the start.

    Notes
    -----
    Prentice, Williams and Peterson (1981). Strata with few events say little: look at the number
    of persons by event number first.
    """
    follow_up = need_follow_up(follow_up)
    if clock not in ("gap", "total"):
        raise InputError('clock= must be "gap" or "total"')
    ordered = follow_up.gap_times() if clock == "gap" else follow_up.by_event_number()
    options.setdefault("robust", True)
    fitted = cox(ordered, covariates, **options)
    return replace(fitted, model=f"Prentice–Williams–Peterson, {clock} time")
