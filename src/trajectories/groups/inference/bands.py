"""Bands around the fitted curves: pointwise or simultaneous, delta method or simulation.

The delta method works on the family's link scale with the gradient g_t of the curve at age t:
variance g_t' V g_t, limits centre -+ c error. Pointwise c is a normal quantile. Simultaneous c is
the quantile of max_t |g_t' z| / error_t, z drawn from N(0, V): the band then holds the group's
whole curve, at all the ages asked for at once, with the stated probability.

By simulation the parameters are drawn from N(estimates, V) and the curve is computed for each
draw. Pointwise limits are quantiles of the draws by age. The simultaneous band runs, at each age,
from the j-th lowest to the j-th highest draw, j as large as possible such that the stated share of
drawn curves lies within it at every age.

Sources: for the largest deviation Hothorn, Bretz and Westfall (2008), Biometrical Journal 50(3),
346-363; for the band by ranks Besag, Green, Higdon and Mengersen (1995), Statistical Science
10(1), 3-41.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.families.links import INVERSE
from trajectories.groups.inference.draws import check_draws, draw_packed, group_draws
from trajectories.groups.inference.withheld import group_columns, withheld_curves
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray
from trajectories.suggestions import did_you_mean

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

BANDS = ("pointwise", "simultaneous")
METHODS = ("delta", "simulation")

BLOCK = 2_000
"""Draws whose curves are computed at once."""


def trajectories_with_bands(
    results: GroupTrajectoriesResults,
    level: float = 0.95,
    ages: Any = None,
    band: str = "pointwise",
    method: str = "delta",
    draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the curves with a band: group, age, mean, lower, upper, and covariates.

    Limits are NaN for a group whose standard errors are withheld; ``results.notes`` says why.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    level : float
        Probability that the band holds the curve, at each age or at all ages asked for.
    ages : array-like, optional
        Within the fitted range; the panel's ages unless told.
    band : {"pointwise", "simultaneous"}
        Simultaneous over the ages of one group, not over groups.
    method : {"delta", "simulation"}
    draws, seed : int
        Of a simulation, and of the constant of a simultaneous band.

    Raises
    ------
    InputError
        For ages outside the fitted range, or unknown kinds of bands.
    """
    check_choice("band", band, BANDS)
    check_choice("method", method, METHODS)
    check_draws(draws, seed)
    z = normal_quantile(level)
    grid = checked_ages(results, ages)
    centre, gradient = results.model.link_mean(results.parameters.theta, grid)
    packed = draw_packed(results, draws, seed) if method == "simulation" else None
    lower, upper = np.full_like(centre, np.nan), np.full_like(centre, np.nan)
    for k in np.flatnonzero(~withheld_curves(results)):
        if packed is not None:
            curves = drawn_curves(results, packed, int(k), grid)
            lower[:, k], upper[:, k] = envelope(curves, level, band == "simultaneous")
            continue
        own = group_columns(results, int(k))
        block, slope = results.covariance[own, own], gradient[:, k]
        error = np.sqrt(np.maximum(np.einsum("tp,pq,tq->t", slope, block, slope), 0.0))
        c = z
        if band == "simultaneous":
            c = largest_deviation(slope, block, error, level, draws, seed)
        lower[:, k], upper[:, k] = centre[:, k] - c * error, centre[:, k] + c * error
    inverse = INVERSE[results.family.link]
    with np.errstate(over="ignore"):
        mean, lower, upper = inverse(centre), inverse(lower), inverse(upper)
    covariates = results.model.covariates
    path = (
        {}
        if covariates is None
        else dict(zip(covariates.names, covariates.at(grid).T, strict=True))
    )
    return pd.DataFrame(
        {
            "group": np.repeat(np.arange(1, results.n_groups + 1), len(grid)),
            "age": np.tile(grid, results.n_groups),
            "mean": mean.T.ravel(),
            "lower": lower.T.ravel(),
            "upper": upper.T.ravel(),
            **{name: np.tile(values, results.n_groups) for name, values in path.items()},
        }
    )


def checked_ages(results: GroupTrajectoriesResults, ages: Any) -> FloatArray:
    """Return ages as an array, the fitted ones for None.

    Raises
    ------
    InputError
        If they are no numbers, or lie outside the fitted range.
    """
    try:
        grid = results.ages if ages is None else np.atleast_1d(np.asarray(ages, dtype=float))
    except (TypeError, ValueError):
        raise InputError("ages must be numbers") from None
    if not ((grid >= results.ages[0]) & (grid <= results.ages[-1])).all():
        raise InputError(
            f"ages must lie within {results.ages[0]:g} to {results.ages[-1]:g}, the range that "
            "the model was fitted to"
        )
    return grid


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise an InputError for a word that is not one of those known."""
    if value not in known:
        raise InputError(
            f"{name} must be {' or '.join(map(repr, known))}, not {value!r}"
            f"{did_you_mean(value, known)}"
        )


def drawn_curves(
    results: GroupTrajectoriesResults, packed: FloatArray, group: int, ages: FloatArray
) -> FloatArray:
    """Return one group's curve on the link scale for each draw, shape (S, T)."""
    theta = group_draws(results, packed, group)
    parts = []
    for low in range(0, len(theta), BLOCK):
        channels = results.model.channels(theta[low : low + BLOCK], ages)
        parts.append(results.family.link_mean(channels)[0].T)
    return np.concatenate(parts)


def largest_deviation(
    slope: FloatArray,
    covariance: FloatArray,
    error: FloatArray,
    level: float,
    draws: int,
    seed: int,
) -> float:
    """Return the quantile of the largest standardised deviation over ages.

    Parameters
    ----------
    slope : ndarray, shape (T, Q)
        Gradient of the curve at each age.
    covariance : ndarray, shape (Q, Q)
    error : ndarray, shape (T,)
        Standard error at each age.
    level, draws, seed
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    uncertain = error > 0
    if not uncertain.any():
        return 0.0
    standard = (slope[uncertain] @ root) / error[uncertain, None]
    noise = np.random.default_rng(seed).standard_normal((int(draws), root.shape[1]))
    largest = np.concatenate(
        [
            np.abs(noise[low : low + BLOCK] @ standard.T).max(axis=1)
            for low in range(0, len(noise), BLOCK)
        ]
    )
    return float(np.quantile(largest, level))


def envelope(curves: FloatArray, level: float, simultaneous: bool) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper limits, shapes (T,), of drawn curves (S, T)."""
    if not simultaneous:
        lower, upper = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return lower, upper
    size = len(curves)
    ranks = np.argsort(np.argsort(curves, axis=0), axis=0)  # 0 the lowest draw at that age
    depth = np.minimum(ranks, size - 1 - ranks).min(axis=1)  # of a curve: its most extreme age
    outside = int(np.floor((1 - level) * size))  # as many curves may leave the band
    keep = int(np.sort(depth)[outside])
    ordered = np.sort(curves, axis=0)
    return ordered[keep], ordered[size - 1 - keep]
