"""Effects of covariates that the data do not determine: separated, or without any variation."""

from __future__ import annotations

import numpy as np

from trajectories.groups.inference.covariance import usable_columns
from trajectories.groups.model import Model
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Fitted
from trajectories.numerics.types import BoolArray, FloatArray

FAR = 10.0
"""An effect ran off if, over the range of its covariate, it and its error are above this."""

FEWEST_CELLS = 1.0
"""A covariate that varies as little as in this many cells of a group has no effect to be had."""

SMALLEST_EIGENVALUE = 1e-13
"""Scaled information along any direction counts as at least this: errors stay finite."""


def lost_effects(
    model: Model,
    fitted: Fitted,
    points: FloatArray,
    point_weight: FloatArray | None,
    withheld: BoolArray,
) -> list[tuple[StopReason, str]]:
    """Find effects of covariates that have no estimate, or one without a usable error.

    Parameters
    ----------
    model : Model
    fitted : Fitted
    points : ndarray, shape (R,) or (R, 1 + C)
    point_weight : ndarray, shape (R, K), or None
        Expected number of cells of each group at each point, where it is known.
    withheld : ndarray of bool, shape (D,)
        The parameters found are marked in it.
    """
    if not model.time_varying:
        return []
    found = []
    if point_weight is not None:
        found += effects_without_variation(model, points, point_weight, withheld)
    return found + effects_that_ran_off(model, fitted, points, withheld)


def effects_that_ran_off(
    model: Model, fitted: Fitted, points: FloatArray, withheld: BoolArray
) -> list[tuple[StopReason, str]]:
    """Find effects on a log or logit scale without a bound: far out, and without a usable error.

    A group that has no outcome at all wherever a covariate is above some value (and some
    elsewhere), or only where it is: the likelihood rises for ever with the effect. The parameters
    found are marked in ``withheld``, and count as known in the errors of the others.
    """
    covariates = model.covariates
    if covariates is None or model.family.link == "identity":
        return []
    flat = np.diag(fitted.information) <= 0
    variance = _variances(fitted.information, withheld | flat, model.expansion())
    span = np.ptp(points[:, 1:], axis=0) / covariates.scale
    found = []
    for k, j, place in effect_places(model):
        if withheld[place]:
            continue
        size = abs(fitted.parameters.pack()[place]) * span[j]
        error = np.inf if flat[place] else np.sqrt(variance[place]) * span[j]
        if size > FAR and error > FAR:
            note = (
                f"group {k + 1}: the effect of {covariates.names[j]!r} ran off: it separates the "
                "cells with an outcome from those without"
            )
            found.append((StopReason.BOUNDARY, note))
            _withhold(model, k, j, place, withheld)
    return found


def effects_without_variation(
    model: Model, points: FloatArray, point_weight: FloatArray, withheld: BoolArray
) -> list[tuple[StopReason, str]]:
    """Find covariates that hardly vary among a group's members, beyond what age explains.

    Parameters
    ----------
    model : Model
    points : ndarray, shape (R, 1 + C)
    point_weight : ndarray, shape (R, K)
        Expected number of cells of each group at each point.
    withheld : ndarray of bool, shape (D,)
        The parameters found are marked in it.
    """
    covariates = model.covariates
    if covariates is None:
        return []
    design = model.designs(points)[0]
    first = design.shape[1] - len(covariates.names)
    unit = [_one_cell(column) for column in design[:, first:].T]
    found = []
    for k, j, place in effect_places(model):
        if withheld[place] or covariates.common[j]:
            continue
        root = np.sqrt(point_weight[:, k])
        weighted = design[:, model.active()[k][: design.shape[1]]] * root[:, None]
        column = design[:, first + j] * root
        own = int(model.active()[k][: first + j].sum())
        others = np.delete(weighted, own, axis=1)
        rest = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
        if rest @ rest < FEWEST_CELLS * unit[j]:
            note = (
                f"group {k + 1}: {covariates.names[j]!r} hardly varies among its members beyond "
                "what age explains, so that its effect there is not determined"
            )
            found.append((StopReason.SINGULAR_INFORMATION, note))
            _withhold(model, k, j, place, withheld)
    return found


def effect_places(model: Model) -> list[tuple[int, int, int]]:
    """Return (group, covariate, place among the packed parameters) of every estimated effect."""
    n_covariates = len(model.time_varying)
    first = model.bases[0].n_terms - n_covariates
    return [
        (k, j, model.n_groups - 1 + k * model.n_group_parameters + first + j)
        for k in range(model.n_groups)
        for j in range(n_covariates)
        if model.degree[k] >= 0
    ]


def _one_cell(column: FloatArray) -> float:
    """Return what one cell adds to the sum of squares of a scaled covariate.

    Of a covariate of two values the squared step between them, of others two standard deviations.
    """
    levels = np.unique(column)
    return float(np.ptp(levels) ** 2) if len(levels) == 2 else 4.0


def _variances(information: FloatArray, withheld: BoolArray, expansion: FloatArray) -> FloatArray:
    """Return variances of the packed parameters, (D,), large but finite where nothing is known."""
    use = usable_columns(expansion, withheld)
    if not use.shape[1]:
        return np.zeros(len(information))
    block = use.T @ information @ use
    scale = 1 / np.sqrt(np.maximum(np.diag(block), 1e-300))
    values, vectors = np.linalg.eigh(block * np.outer(scale, scale))
    inverse = (vectors**2 / np.maximum(values, SMALLEST_EIGENVALUE)).sum(axis=1) * scale**2
    return np.asarray(use @ inverse)


def _withhold(model: Model, group: int, covariate: int, place: int, withheld: BoolArray) -> None:
    covariates = model.covariates
    if covariates is not None and covariates.common[covariate]:
        start = place - group * model.n_group_parameters
        withheld[start :: model.n_group_parameters][: model.n_groups] = True
    withheld[place] = True
