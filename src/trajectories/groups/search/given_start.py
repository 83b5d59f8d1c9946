"""A starting point that somebody names: estimates in print, or of another fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.model import Model
from trajectories.numerics.mixture import Parameters


def given_start(start: Any, model: Model) -> Parameters:
    """Return parameters named as ``results.params`` names them, on the bases of a model.

    Parameters
    ----------
    start : Series or mapping
        A number for each (part, group, term) that the model estimates.
    model : Model
        Its groups are numbered as the specification has them.

    Raises
    ------
    InputError
        If a parameter lacks a number, or a name is none of the model.
    """
    if not isinstance(start, Mapping | pd.Series):
        raise InputError(
            "start= must be numbers by (part, group, term), as results.params has them, not "
            f"{type(start).__name__}"
        )
    given = dict(start.items())
    labels = list(model.index())
    estimated = {labels[place] for place in model.reporting_order()}
    absent, unknown = estimated - set(given), set(given) - estimated
    if absent or unknown:
        example = sorted(absent or estimated, key=str)[0]
        raise InputError(
            f"start= lacks {len(absent)} of the {len(estimated)} parameters of this model and has "
            f"{len(unknown)} that are none of it; they are named as in results.params, "
            f"{example!r} for instance"
        )
    # what is not estimated keeps the value at which the model holds it
    held = np.zeros(len(labels))
    first = model.n_groups - 1
    held[first : first + model.held().size] = model.held().ravel()
    to_reported = model.to_reported()
    reported = to_reported @ held
    free = model.free()
    for place in np.flatnonzero(free):
        reported[place] = _number(given[labels[place]])
    packed = np.where(free, np.linalg.solve(to_reported, reported), held)
    return Parameters.unpack(packed, model.n_groups, model.n_covariates)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise InputError("start= must be finite numbers: leave none missing")
    return number
