"""Rows of a table of effects: one contrast and one factor, measure by measure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from trajectories.matching.contrast import Contrast, clustered_variance
from trajectories.matching.mantel_haenszel import mantel_haenszel
from trajectories.matching.mcnemar import mcnemar
from trajectories.matching.odds_ratio import OddsRatio, single_odds_ratio
from trajectories.numerics.normal import normal_quantile

CONDITIONAL = "conditional logistic"
WITHIN_SETS = "matched sets, clustered"
MANTEL_HAENSZEL = "Mantel–Haenszel"
EXACT_PAIRS = "McNemar, exact"


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Hold one estimate; ratios have the standard error of their logarithm."""

    factor: str
    measure: str
    method: str
    population: str
    versus: str
    estimate: float
    lower: float
    upper: float
    standard_error: float
    p_value: float
    n_sets: int
    n_informative: int
    persons: int
    persons_versus: int
    persons_with: float
    persons_with_versus: float
    missing: int
    missing_versus: int
    adjusted_for: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One factor of one contrast, and how intervals are made."""

    contrast: Contrast
    column: int
    factor: str
    binary: bool
    population: str
    versus: str
    level: float
    robust: bool

    def row(
        self,
        measure: str,
        method: str,
        estimate: float,
        lower: float,
        upper: float,
        error: float,
        p_value: float,
        n_informative: int,
        adjusted_for: str = "",
        note: str = "",
    ) -> EffectRow:
        """Return a row with the counts of the contrast filled in."""
        return EffectRow(
            factor=self.factor,
            measure=measure,
            method=method,
            population=self.population,
            versus=self.versus,
            estimate=estimate,
            lower=lower,
            upper=upper,
            standard_error=error,
            p_value=p_value,
            n_sets=self.contrast.n_sets,
            n_informative=n_informative,
            **persons_behind(self.contrast, self.column, self.binary),
            adjusted_for=adjusted_for,
            note=note,
        )

    def from_log(self, measure: str, method: str, log: float, error: float, n: int) -> EffectRow:
        """Return a ratio with a Wald interval on the log scale."""
        half = normal_quantile(self.level) * error
        if not np.isfinite(error) or error == 0:
            ratio, nan, note = float(np.exp(log)), np.nan, self._why_no_error()
            return self.row(measure, method, ratio, nan, nan, nan, nan, n, note=note)
        return self.row(
            measure,
            method,
            float(np.exp(log)),
            float(np.exp(log - half)),
            float(np.exp(log + half)),
            error,
            two_sided(log, error),
            n,
        )

    def from_difference(self, measure: str, method: str, d: float, error: float) -> EffectRow:
        """Return a difference with a Wald interval."""
        half = normal_quantile(self.level) * error
        n = self.contrast.n_sets
        if not np.isfinite(error) or error == 0:
            nan = np.nan
            return self.row(measure, method, d, nan, nan, nan, nan, n, note=self._why_no_error())
        return self.row(measure, method, d, d - half, d + half, error, two_sided(d, error), n)

    def _why_no_error(self) -> str:
        """Say why an estimate has no standard error, or one of 0, which is none."""
        contrast, x = self.contrast, self.contrast.x[:, self.column]
        if contrast.n_sets == 1:
            return "no interval: there is one set only"
        if not contrast.cluster.any():
            return "no interval: persons shared tie all sets into one"
        lowest, highest = np.full(contrast.n_sets, np.inf), np.full(contrast.n_sets, -np.inf)
        np.minimum.at(lowest, contrast.set_number, x)
        np.maximum.at(highest, contrast.set_number, x)
        if (lowest == highest).all():
            return "no interval: nobody differs within a set"
        one, other = x[contrast.first], x[~contrast.first]
        if self.binary and (np.ptp(one) == 0 or np.ptp(other) == 0):
            return "no interval: one of the two has none, or all, with the factor"
        return "no interval: every set shows the same"

    def from_odds_ratio(self, found: OddsRatio, adjusted_for: str = "") -> EffectRow:
        """Return the row of a conditional logistic odds ratio."""
        error = "cluster-robust" if self.robust else "model-based"
        with np.errstate(over="ignore"):
            ratio, low, high = np.exp([found.log, found.lower, found.upper]).tolist()
        return self.row(
            "odds_ratio",
            f"{CONDITIONAL}, {error}",
            ratio,
            low,
            high,
            found.error,
            two_sided(found.log, found.error),
            found.n_informative,
            adjusted_for,
            found.note,
        )


def persons_behind(contrast: Contrast, column: int, binary: bool) -> dict[str, Any]:
    """Return the counts of a contrast: persons of both populations, those with it, those without.

    Missing values included: who was left out for lack of one.
    """
    x = contrast.x[:, column]
    first, second = (
        float(x[mine].sum()) if binary else np.nan for mine in (contrast.first, ~contrast.first)
    )
    return {
        "persons": int(contrast.first.sum()),
        "persons_versus": int((~contrast.first).sum()),
        "persons_with": first,
        "persons_with_versus": second,
        "missing": contrast.missing[0],
        "missing_versus": contrast.missing[1],
    }


def effect_rows(comparison: Comparison) -> list[EffectRow]:
    """Return every measure of one factor: ratios and differences for yes/no, means for numbers."""
    rows = [comparison.from_odds_ratio(_odds_ratio(comparison))]
    if not comparison.binary:
        rows.append(_within_sets(comparison, "mean_difference"))
        return rows
    n = rows[0].n_informative
    found = mantel_haenszel(comparison.contrast, comparison.column)
    rows.append(
        comparison.from_log(
            "odds_ratio",
            MANTEL_HAENSZEL,
            _log(found.odds_ratio),
            found.log_odds_ratio_error,
            n,
        )
    )
    rows += [
        _risk_ratio(comparison, n),
        comparison.from_log(
            "risk_ratio", MANTEL_HAENSZEL, _log(found.risk_ratio), found.log_risk_ratio_error, n
        ),
        _within_sets(comparison, "risk_difference"),
        comparison.from_difference(
            "risk_difference",
            MANTEL_HAENSZEL,
            found.risk_difference,
            found.risk_difference_error,
        ),
    ]
    pairs = _pairs(comparison)
    return rows if pairs is None else [*rows, pairs]


def two_sided(estimate: float, error: float) -> float:
    """Return the normal two-sided p-value of an estimate against 0; NaN without an error."""
    if not np.isfinite(error) or not np.isfinite(estimate) or error <= 0:
        return np.nan
    return float(2.0 * ndtr(-abs(estimate / error)))


def _odds_ratio(comparison: Comparison) -> OddsRatio:
    return single_odds_ratio(
        comparison.contrast,
        comparison.column,
        comparison.factor,
        comparison.binary,
        comparison.level,
        comparison.robust,
    )


def _log(ratio: float) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log(ratio))


def _within_sets(comparison: Comparison, measure: str) -> EffectRow:
    """Return the mean over sets of the difference between the two populations' means."""
    contrast, j = comparison.contrast, comparison.column
    difference = contrast.set_means(True)[:, j] - contrast.set_means(False)[:, j]
    mean = float(difference.mean())
    influence = (difference - mean) / contrast.n_sets
    error = float(np.sqrt(clustered_variance(influence, contrast.cluster)))
    return comparison.from_difference(measure, WITHIN_SETS, mean, error)


def _risk_ratio(comparison: Comparison, n: int) -> EffectRow:
    """Return the ratio of the two populations' shares, each the mean over sets."""
    contrast, j = comparison.contrast, comparison.column
    first, second = contrast.set_means(True)[:, j], contrast.set_means(False)[:, j]
    with np.errstate(divide="ignore", invalid="ignore"):
        influence = (first / first.mean() - second / second.mean()) / contrast.n_sets
        ratio = float(np.float64(first.mean()) / second.mean())
    error = float(np.sqrt(clustered_variance(influence, contrast.cluster)))
    return comparison.from_log("risk_ratio", WITHIN_SETS, _log(ratio), error, n)


def _pairs(comparison: Comparison) -> EffectRow | None:
    """Return McNemar's test where every set is a pair and some pair differs."""
    contrast = comparison.contrast
    if len(contrast.first) != 2 * contrast.n_sets:
        return None
    difference = (contrast.set_means(True) - contrast.set_means(False))[:, comparison.column]
    first_only, second_only = int((difference > 0).sum()), int((difference < 0).sum())
    if first_only + second_only == 0:
        return None
    found = mcnemar(first_only, second_only, comparison.level)
    if contrast.sets_share_persons:
        nan, note = np.nan, "no interval or test: pairs share persons"
        ratio, n = found.odds_ratio, first_only + second_only
        return comparison.row("odds_ratio", EXACT_PAIRS, ratio, nan, nan, nan, nan, n, note=note)
    return comparison.row(
        "odds_ratio",
        EXACT_PAIRS,
        found.odds_ratio,
        found.lower,
        found.upper,
        np.nan,
        found.p_value_exact,
        first_only + second_only,
    )
