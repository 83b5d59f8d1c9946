"""Sensitivity of matched comparisons to hidden bias."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import optimize

from trajectories.errors import InputError
from trajectories.matching.contrast import Contrast, MissingFactor, make_contrast
from trajectories.matching.effect_rows import persons_behind
from trajectories.matching.factors import Factor, read_factors
from trajectories.matching.few_persons import MISSING, PART_OF, shown_comparison
from trajectories.numerics.hidden_bias import (
    aligned_rank_bounds,
    signed_rank_bounds,
    yes_no_bounds,
)

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets

Bounds = Callable[[float], tuple[float, float]]
LARGEST_GAMMA = 1e4


def rosenbaum_bounds(
    sets: MatchedSets,
    factors: Sequence[str] | str,
    *,
    gammas: Sequence[float] = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0),
    data: pd.DataFrame | None = None,
    alpha: float = 0.05,
    missing: MissingFactor = "raise",
) -> pd.DataFrame:
    """Return p-values for hidden bias of up to Γ, of cases against each population of controls.

    At Γ two persons of a set who look alike may differ by a factor of Γ in their odds of being the
    case, for a reason that was not matched on. The test is one-sided, in the direction observed.

    Parameters
    ----------
    sets : MatchedSets
    factors, data, missing
        As for ``compare``.
    gammas : sequence of float
        1 (no hidden bias) or more.
    alpha : float
        Level for ``tipping_gamma``.

    Returns
    -------
    DataFrame
        factor, population, versus, direction ("more" or "less" among cases), method (exact for
        yes/no factors; signed ranks for numbers in pairs, aligned ranks in larger sets), gamma,
        p_upper, p_lower (bounds of the p-value), tipping_gamma (largest Γ at which p_upper is
        still at most alpha; 1 where there is none), n_sets, n_informative. Under disclosure control
        no row of a factor that ``compare`` withholds.

    Raises
    ------
    InputError
        For a Γ below 1, an alpha outside 0 to 1, with replacement (sets are not independent
        then), and for factors in which no set differs.
    """
    if sets.design.replacement:
        raise InputError(
            "Rosenbaum's bounds need sets without a person in common: match without replacement"
        )
    wanted = _gammas(gammas)
    if not 0.0 < alpha < 1.0:
        raise InputError("alpha= must lie between 0 and 1: 0.05 for a test at 5 %")
    rows: list[dict[str, Any]] = []
    listed = read_factors(sets, factors, data)
    for factor in listed:
        for population in sets.populations:
            contrast = make_contrast(sets, sets.name, population, [factor], missing)
            sign, method, bounds, informative = _test(contrast, factor)
            tipping = _tipping(bounds, alpha)
            for gamma in wanted:
                upper, lower = bounds(gamma)
                rows.append(
                    {
                        "factor": factor.name,
                        "population": sets.name,
                        "versus": population,
                        "direction": "more" if sign > 0 else "less",
                        "method": method,
                        "gamma": gamma,
                        "p_upper": upper,
                        "p_lower": lower,
                        "tipping_gamma": tipping,
                        "n_sets": contrast.n_sets,
                        **persons_behind(contrast, 0, factor.binary),
                        "n_informative": informative,
                    }
                )
    shown = shown_comparison(pd.DataFrame(rows), listed, "persons")
    behind = {"persons", "persons_versus", *PART_OF, *MISSING} - {"n_informative"}
    return shown.drop(columns=list(behind))


def _gammas(gammas: Sequence[float]) -> list[float]:
    try:
        wanted = [float(gamma) for gamma in gammas]
    except (TypeError, ValueError):
        wanted = []
    if not wanted or not all(1.0 <= gamma < np.inf for gamma in wanted):
        raise InputError("gammas= must be numbers of 1 (no hidden bias) or more")
    return wanted


def _test(contrast: Contrast, factor: Factor) -> tuple[int, str, Bounds, int]:
    """Return direction, name, bounds as a function of Γ, and number of informative sets."""
    number, x = contrast.set_number, contrast.x[:, 0]
    size = np.bincount(number)
    mean = np.bincount(number, x) / size
    case = np.bincount(number, np.where(contrast.first, x, 0.0))
    excess = case - mean
    informative = int((np.abs(x - mean[number]) > 1e-12 * (1.0 + np.abs(x)))[contrast.first].sum())
    if informative == 0:
        raise InputError(f"factor {factor.name!r}: no set differs in it, nothing can be biased")
    sign = 1 if excess.sum() >= 0 else -1
    if factor.binary:
        has = case if sign > 0 else 1.0 - case
        total = np.bincount(number, x if sign > 0 else 1.0 - x)
        own, all_ = has.round().astype(np.int64), total.round().astype(np.int64)
        return sign, "exact", lambda g: yes_no_bounds(own, all_, size, g), informative
    if (size == 2).all():
        # the case's excess over the mean of two is half the difference
        return sign, "signed ranks", lambda g: signed_rank_bounds(2 * sign * excess, g), informative
    is_case = contrast.first.astype(np.float64)
    return (
        sign,
        "aligned ranks",
        lambda g: aligned_rank_bounds(sign * x, is_case, number, g),
        informative,
    )


def _tipping(bounds: Bounds, alpha: float) -> float:
    if bounds(1.0)[0] > alpha:
        return 1.0
    if bounds(LARGEST_GAMMA)[0] <= alpha:
        return np.inf
    log = optimize.brentq(
        lambda g: bounds(float(np.exp(g)))[0] - alpha, 0.0, np.log(LARGEST_GAMMA), xtol=1e-8
    )
    return float(np.exp(log))
