"""Matched odds ratios: conditional logistic regression within sets."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from trajectories.errors import SeparationWarning
from trajectories.matching.contrast import Contrast
from trajectories.numerics.conditional_fit import ConditionalFit
from trajectories.numerics.conditional_logit import conditional_logit
from trajectories.numerics.normal import normal_quantile
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, names


@dataclass(frozen=True, slots=True)
class OddsRatio:
    """Hold a log odds ratio; ``note`` says why there is none, or why it is endless."""

    log: float
    error: float
    lower: float
    upper: float
    n_informative: int
    note: str = ""


def single_odds_ratio(
    contrast: Contrast, column: int, name: str, binary: bool, level: float, robust: bool
) -> OddsRatio:
    """Return the odds ratio of one factor, all others left aside."""
    low, high = _ranges(contrast, column)
    differs = _differs(contrast, column)
    n = int(differs.sum())
    if n == 0:
        return OddsRatio(np.nan, np.nan, np.nan, np.nan, 0, "nobody differs within a set")
    # one factor separates when the first population never lies below, or never above, the second
    above = bool((low[:, 0] >= high[:, 1]).all())
    below = bool((high[:, 0] <= low[:, 1]).all())
    if above or below:
        warnings.warn(
            f"factor {names([name])} separates the two populations within every set: its odds "
            f"ratio is {'infinite' if above else '0'}; the interval is open on that side",
            SeparationWarning,
            stacklevel=5,
        )
        return _separated(contrast, column, binary, above, n, level)
    fit = conditional_logit(
        contrast.first,
        contrast.x[:, [column]],
        contrast.set_number,
        cluster=_clusters(contrast) if robust else None,
        names=[name],
    )
    error = _errors(contrast, fit, robust)
    return _with_interval(float(fit.params[0]), float(error[0]), level, n)


def joint_odds_ratios(
    contrast: Contrast, factor_names: Sequence[str], level: float, robust: bool
) -> list[OddsRatio]:
    """Return the odds ratios of several factors, each with the others held fixed.

    Raises
    ------
    InputError
        If a factor never varies within sets, or one or several together separate: by name.
    """
    fit = conditional_logit(
        contrast.first,
        contrast.x,
        contrast.set_number,
        cluster=_clusters(contrast) if robust else None,
        names=factor_names,
    )
    errors = _errors(contrast, fit, robust)
    return [
        _with_interval(float(b), float(e), level, int(_differs(contrast, j).sum()))
        for j, (b, e) in enumerate(zip(fit.params, errors, strict=True))
    ]


def _clusters(contrast: Contrast) -> IntArray | None:
    """Return clusters by row; none where all sets are one, from which no error can be had."""
    return contrast.cluster[contrast.set_number] if contrast.cluster.any() else None


def _errors(contrast: Contrast, fit: ConditionalFit, robust: bool) -> FloatArray:
    """Return standard errors; NaN where robust ones are asked for and all sets are one cluster."""
    if not robust:
        return fit.standard_errors
    return fit.robust_standard_errors * (1.0 if contrast.cluster.any() else np.nan)


def _with_interval(log: float, error: float, level: float, n: int) -> OddsRatio:
    half = normal_quantile(level) * error
    return OddsRatio(log, error, log - half, log + half, n)


def _ranges(contrast: Contrast, column: int) -> tuple[FloatArray, FloatArray]:
    """Return least and largest value by set, of the first population and of the second, (S, 2)."""
    low = np.full((contrast.n_sets, 2), np.inf)
    high = np.full((contrast.n_sets, 2), -np.inf)
    side = (~contrast.first).astype(np.int64)
    np.minimum.at(low, (contrast.set_number, side), contrast.x[:, column])
    np.maximum.at(high, (contrast.set_number, side), contrast.x[:, column])
    return low, high


def _differs(contrast: Contrast, column: int) -> BoolArray:
    low, high = _ranges(contrast, column)
    return np.asarray(low.min(axis=1) < high.max(axis=1))


def _separated(
    contrast: Contrast, column: int, binary: bool, above: bool, n: int, level: float
) -> OddsRatio:
    """Return an endless odds ratio with the finite limit that the exact likelihood has.

    With one person of the first population in every set, P(all of them have the factor) at odds
    ratio θ is Π θ m/(θ m + n − m) over the sets, m of n having it: the limit is where this is half
    of 1 − level.
    """
    ends = (np.inf, np.nan, np.inf) if above else (-np.inf, -np.inf, np.nan)
    size = np.bincount(contrast.set_number)
    if not binary or (np.bincount(contrast.set_number, contrast.first) != 1).any():
        return OddsRatio(ends[0], np.nan, ends[1], ends[2], n, "separation; no finite limit given")
    with_it = np.bincount(contrast.set_number, contrast.x[:, column])
    if not above:
        with_it = size - with_it
    mixed = (with_it > 0) & (with_it < size)
    m, rest = with_it[mixed], (size - with_it)[mixed]
    half = (1.0 - level) / 2.0

    def excess(log: float) -> float:
        return float(-np.log1p(np.exp(-log) * rest / m).sum() - np.log(half))

    limit = float(optimize.brentq(excess, -60.0, 60.0))
    note = "separation; exact limit"
    if above:
        return OddsRatio(np.inf, np.nan, limit, np.inf, n, note)
    return OddsRatio(-np.inf, np.nan, -np.inf, -limit, n, note)
