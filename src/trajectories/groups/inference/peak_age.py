"""The age at which each group's curve is highest, with care at the ends of what was observed.

Where the curve m(a) peaks within the fitted range, m'(a*) = 0 defines the peak age a* as a function
of the parameters, and the delta method gives its gradient, -(d m'(a*) / d theta) / m''(a*). A curve
that is highest at the first or last fitted age shows no peak: the age reported is that end, and
says only that the peak, if there is one, lies there or beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.families.links import INVERSE
from trajectories.groups.inference.bands import METHODS, check_choice, drawn_curves
from trajectories.groups.inference.draws import check_draws, draw_packed
from trajectories.groups.inference.withheld import group_columns, why, withheld_curves
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

GRID = 401
"""Ages at which a curve is looked at before its peak is refined by a parabola."""

FLAT = 1e-8
"""A curve whose linear predictor moves by less than this has no peak."""

STEP = 1e-4
"""Step of the central differences in age, as a share of the fitted range."""


def peak_age(
    results: GroupTrajectoriesResults,
    level: float = 0.95,
    method: str = "simulation",
    draws: int = 4_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the age at which each group's curve is highest, with an interval.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    level : float
    method : {"simulation", "delta"}
        By simulation the peak age is found for parameters drawn from the normal distribution of
        their estimates, and limits are quantiles; they cannot leave the fitted range. The delta
        method is symmetric around the estimate and is cut at the ends of the fitted range.
    draws, seed : int

    Returns
    -------
    DataFrame
        Index group; peak_age, lower, upper, peak (the mean there), at_first_age and at_last_age
        (shares of the draws whose curve is highest at that end of the fitted range; NaN for the
        delta method) and reason: why there is no interval, or what a limit at an end means.
    """
    check_choice("method", method, METHODS)
    check_draws(draws, seed)
    z = normal_quantile(level)
    ages = np.linspace(results.ages[0], results.ages[-1], GRID)
    theta = results.parameters.theta
    curves = results.model.link_mean(theta, ages)[0].T
    peaks = highest_age(curves, ages)
    flat = np.ptp(curves, axis=1) < FLAT
    hidden = withheld_curves(results)
    packed = draw_packed(results, draws, seed) if method == "simulation" else None
    rows = []
    for k in range(results.n_groups):
        row = {"peak_age": peaks[k], "lower": np.nan, "upper": np.nan}
        row["peak"] = _mean_at(results, k, peaks[k])
        row |= {"at_first_age": np.nan, "at_last_age": np.nan}
        reason = ""
        if flat[k]:
            row["peak_age"] = np.nan
            reason = f"the curve of group {k + 1} is flat: it has no peak"
        elif hidden[k]:
            reason = why(results, k + 1)
        elif packed is not None:
            found = highest_age(drawn_curves(results, packed, k, ages), ages)
            row["lower"], row["upper"] = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
            row["at_first_age"] = float((found == ages[0]).mean())
            row["at_last_age"] = float((found == ages[-1]).mean())
            reason = _at_the_ends(row, ages)
        elif peaks[k] in (ages[0], ages[-1]):
            reason = _no_peak_seen(peaks[k], ages)
        else:
            error = _error(results, k, float(peaks[k]))
            row["lower"] = max(peaks[k] - z * error, ages[0])
            row["upper"] = min(peaks[k] + z * error, ages[-1])
            reason = _at_the_ends(row, ages)
        rows.append(row | {"reason": reason})
    return pd.DataFrame(rows, index=results.group_probabilities.index)


def highest_age(curves: FloatArray, ages: FloatArray) -> FloatArray:
    """Return the age at which each curve (S, T) on an even grid of ages is highest, shape (S,).

    Within the grid the highest point is refined by a parabola through it and its neighbours; an
    end of the grid is returned exactly.
    """
    place = np.argmax(curves, axis=1)
    inner = np.clip(place, 1, len(ages) - 2)
    row = np.arange(len(curves))
    left, middle, right = (curves[row, inner + shift] for shift in (-1, 0, 1))
    bend = left - 2 * middle + right
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(bend < 0, (left - right) / (2 * bend), 0.0)
    refined = ages[inner] + np.clip(shift, -1.0, 1.0) * (ages[1] - ages[0])
    return np.asarray(np.where(place == inner, refined, ages[place]))


def _error(results: GroupTrajectoriesResults, group: int, peak: float) -> float:
    """Return the standard error of a peak within the range, by the delta method."""
    first, last = results.ages[0], results.ages[-1]
    step = min(STEP * (last - first), peak - first, last - peak)
    around = np.array([peak - step, peak, peak + step])
    curve, gradient = results.model.link_mean(results.parameters.theta, around)
    bend = (curve[0, group] - 2 * curve[1, group] + curve[2, group]) / step**2
    slope = (gradient[2, group] - gradient[0, group]) / (2 * step)
    own = group_columns(results, group)
    return float(np.sqrt(slope @ results.covariance[own, own] @ slope) / abs(bend))


def _mean_at(results: GroupTrajectoriesResults, group: int, age: float) -> float:
    centre, _ = results.model.link_mean(results.parameters.theta, np.array([age]))
    return float(INVERSE[results.family.link](centre)[0, group])


def _at_the_ends(row: dict[str, float], ages: FloatArray) -> str:
    """Say what it means that a limit is an end of the fitted range."""
    if row["peak_age"] in (ages[0], ages[-1]):
        return _no_peak_seen(row["peak_age"], ages)
    ends = [
        f"the {side} limit is the {which} fitted age: the peak may lie beyond it"
        for side, which, end in (("lower", "first", ages[0]), ("upper", "last", ages[-1]))
        if row[side] == end
    ]
    return "; ".join(ends)


def _no_peak_seen(peak: float, ages: FloatArray) -> str:
    which = "first" if peak == ages[0] else "last"
    return f"highest at the {which} fitted age: no peak is seen, and it may lie beyond"
