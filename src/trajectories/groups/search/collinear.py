"""Covariates that the data cannot tell from the curve, or from each other: refused before a fit."""

from __future__ import annotations

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.model import Model
from trajectories.numerics.types import FloatArray

SMALLEST_SHARE = 1e-7
"""A column of which the others leave a smaller share (a root of sums of squares) says nothing."""


def refuse_collinear(model: Model, points: FloatArray) -> None:
    """Refuse covariates that are constant, or a combination of the curve and other covariates.

    Parameters
    ----------
    model : Model
    points : ndarray, shape (R, 1 + C)
        The combinations of age and covariates that occur.

    Raises
    ------
    InputError
        Names the covariate.
    """
    names = model.time_varying
    if not names:
        return
    for name, column in zip(names, points[:, 1:].T, strict=True):
        if np.ptp(column) == 0:
            raise InputError(
                f"time-varying covariate {name!r} has the same value in every observed cell, so "
                "that it has no effect to estimate: leave it out"
            )
    design = model.designs(points)[0]
    size = np.sqrt((design**2).sum(axis=0))
    first = design.shape[1] - len(names)
    for j, name in enumerate(names):
        column = design[:, first + j]
        others = np.delete(design, first + j, axis=1)
        fitted = others @ np.linalg.lstsq(others, column, rcond=None)[0]
        if np.linalg.norm(column - fitted) < SMALLEST_SHARE * size[first + j]:
            others_named = ", together with the others," if len(names) > 1 else ""
            raise InputError(
                f"time-varying covariate {name!r} is collinear: the curve over age{others_named} "
                "determines it in every observed cell, so that its effect cannot be told from "
                "theirs; leave it out, or lower the degree of the curve"
            )
