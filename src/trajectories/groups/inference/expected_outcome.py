"""The area under each group's curve: outcomes expected over a range of ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import logit

from trajectories.errors import InputError
from trajectories.families.links import INVERSE
from trajectories.groups.inference.bands import METHODS, check_choice, drawn_curves
from trajectories.groups.inference.draws import check_draws, draw_packed
from trajectories.groups.inference.withheld import group_columns, why, withheld_curves
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

RULES = ("ages", "area")

PIECES, NODES = 64, 4
"""The area is integrated on so many pieces with so many Gauss-Legendre nodes each."""


def expected_outcome(
    results: GroupTrajectoriesResults,
    low: float | None = None,
    high: float | None = None,
    level: float = 0.95,
    over: str = "ages",
    method: str = "delta",
    draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what a member of each group is expected to show between two ages, with an interval.

    Over ``"ages"`` it is the sum of the curve over the fitted ages from low to high, both
    included: the expected number of offences of someone at risk at each of these ages, and free
    all the time (exposure 1) if the model has exposure. The ``"area"`` is the integral of the
    curve over age from low to high.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    low, high : float, optional
        Within the fitted range; its ends unless told.
    level : float
    over : {"ages", "area"}
    method : {"delta", "simulation"}
        The delta method with the exact gradient, on the family's link scale of the average, so
        that limits stay where a mean can be; or quantiles over parameters drawn from the normal
        distribution of their estimates.
    draws, seed : int
        Of a simulation.

    Returns
    -------
    DataFrame
        Index group; low, high, expected, lower, upper, reason (why there is no interval).

    Raises
    ------
    InputError
        For a range outside the fitted one, or one without a fitted age; for a sum over ages where
        persons were observed at ages of their own.
    """
    check_choice("over", over, RULES)
    if over == "ages" and results.individual_ages:
        raise InputError(
            "persons were observed at ages of their own, so there are no ages to add up over: ask "
            "for the area under the curve, over='area'"
        )
    check_choice("method", method, METHODS)
    check_draws(draws, seed)
    z = normal_quantile(level)
    first, last = _checked_range(results, low, high)
    ages, weight = _nodes(results.ages, first, last, over)
    link = results.family.link
    inverse = INVERSE[link]
    centre, gradient = results.model.link_mean(results.parameters.theta, ages)
    mean = inverse(centre)
    expected = weight @ mean
    lower, upper = np.full(results.n_groups, np.nan), np.full(results.n_groups, np.nan)
    hidden = withheld_curves(results)
    packed = draw_packed(results, draws, seed) if method == "simulation" else None
    for k in np.flatnonzero(~hidden):
        if packed is not None:
            sums = inverse(drawn_curves(results, packed, int(k), ages)) @ weight
            lower[k], upper[k] = np.quantile(sums, [(1 - level) / 2, (1 + level) / 2])
            continue
        own = group_columns(results, int(k))
        block = results.covariance[own, own]
        lower[k], upper[k] = _delta(link, weight, mean[:, k], gradient[:, k], block, z)
    return pd.DataFrame(
        {
            "low": first,
            "high": last,
            "expected": expected,
            "lower": lower,
            "upper": upper,
            "reason": [why(results, k + 1) if hidden[k] else "" for k in range(results.n_groups)],
        },
        index=results.group_probabilities.index,
    )


def _delta(
    link: str,
    weight: FloatArray,
    mean: FloatArray,
    gradient: FloatArray,
    covariance: FloatArray,
    z: float,
) -> tuple[float, float]:
    """Return limits of weight @ mean, (T,), by the delta method on the link scale of its average.

    ``gradient`` (T, Q) is that of the linear predictor of the mean.
    """
    size = float(weight.sum())
    average = float(weight @ mean) / size
    if not covariance.any():  # a group fixed at zero rate: nothing was estimated
        return size * average, size * average
    slope = (weight * _slope(link, mean)) @ gradient / size
    error = np.sqrt(max(float(slope @ covariance @ slope), 0.0))
    error = error / float(_slope(link, np.asarray(average)))
    with np.errstate(over="ignore"):
        low, high = size * INVERSE[link](_forward(link, average) + np.array([-z, z]) * error)
    return float(low), float(high)


def _checked_range(
    results: GroupTrajectoriesResults, low: float | None, high: float | None
) -> tuple[float, float]:
    bounds = float(results.ages[0]), float(results.ages[-1])
    try:
        first = bounds[0] if low is None else float(low)
        last = bounds[1] if high is None else float(high)
    except (TypeError, ValueError):
        raise InputError("low and high must be ages, as numbers") from None
    if not bounds[0] <= first <= last <= bounds[1]:
        raise InputError(
            f"low and high must lie within {bounds[0]:g} to {bounds[1]:g}, the range the model was "
            f"fitted to, low first; found {first:g} and {last:g}"
        )
    return first, last


def _nodes(fitted: FloatArray, low: float, high: float, over: str) -> tuple[FloatArray, FloatArray]:
    """Return ages and weights whose weighted sum of the curve is what is asked for."""
    if over == "ages":
        ages = fitted[(fitted >= low) & (fitted <= high)]
        if not len(ages):
            raise InputError(f"no fitted age lies between {low:g} and {high:g}")
        return ages, np.ones(len(ages))
    if low == high:
        raise InputError("the area needs a range of ages: low and high are the same")
    edges = np.linspace(low, high, PIECES + 1)
    half = np.diff(edges) / 2
    node, weight = np.polynomial.legendre.leggauss(NODES)
    middle = (edges[:-1] + edges[1:]) / 2
    ages = (middle[:, None] + half[:, None] * node).ravel()
    return ages, (half[:, None] * weight).ravel()


def _slope(link: str, mean: FloatArray) -> FloatArray:
    """Return the derivative of the mean in the linear predictor, at a mean."""
    if link == "log":
        return mean
    return mean * (1 - mean) if link == "logit" else np.ones_like(mean)


def _forward(link: str, mean: float) -> float:
    """Return the linear predictor of a mean."""
    if link == "log":
        return float(np.log(mean))
    return float(logit(mean)) if link == "logit" else mean
