"""Effects of one factor in one trajectory group, from weighted matched sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from trajectories.matching.contrast import Contrast, clustered_variance
from trajectories.matching.effect_rows import CONDITIONAL, WITHIN_SETS, two_sided
from trajectories.matching.factors import Factor
from trajectories.matching.prevalence import ROUNDING, wilson_of
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import wilson
from trajectories.panel.arrays import FloatArray

LARGEST_LOG = 15.0
FADED = 1e-6
"""Part of score and information at 0 below which nothing is left of them."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupContrast:
    """A contrast of cases and controls whose sets carry the weight of the case in a group."""

    contrast: Contrast
    weight: FloatArray
    factor: Factor
    population: str
    versus: str
    level: float

    @property
    def n_clusters(self) -> int:
        """Clusters with weight in the group."""
        return len(np.unique(self.contrast.cluster[self.weight != 0]))

    def persons(self) -> dict[str, float]:
        """Return how many with the factor and how many controls the weights stand for."""
        contrast, weight = self.contrast, self.weight[self.contrast.set_number]
        control = ~contrast.first
        has = contrast.x[:, 0] if self.factor.binary else np.nan
        return {
            "persons_with": float(np.sum((weight * has)[contrast.first])),
            "persons_versus": float(weight[control].sum()),
            "persons_with_versus": float(np.sum((weight * has)[control])),
        }

    def mean(self, by_set: FloatArray) -> tuple[float, FloatArray]:
        """Return the weighted mean over sets and each set's influence on it."""
        total = self.weight.sum()
        mean = float(self.weight @ by_set / total)
        return mean, self.weight * (by_set - mean) / total

    def error(self, influence: FloatArray) -> float:
        """Return the clustered standard error of a sum of influences; NaN from one cluster."""
        if self.n_clusters < 2:
            return np.nan
        return float(np.sqrt(clustered_variance(influence, self.contrast.cluster)))


def group_rows(group: GroupContrast, with_cases: bool) -> Iterator[dict[str, Any]]:
    """Yield levels of cases and controls, then the effects."""
    cases = group.contrast.set_means(True)[:, 0]
    controls = group.contrast.set_means(False)[:, 0]
    if with_cases:
        yield _level(group, cases, group.population)
    yield _level(group, controls, group.versus)
    yield _odds_ratio(group)
    if group.factor.binary:
        yield _risk_ratio(group, cases, controls)
    measure = "risk_difference" if group.factor.binary else "mean_difference"
    d, influence = group.mean(cases - controls)
    error = group.error(influence)
    if not error > ROUNDING * max(1.0, abs(d)):
        numbers, note = (d, np.nan, np.nan), _why_no_error(group)
        yield _row(group, measure, WITHIN_SETS, numbers, np.nan, np.nan, note)
        return
    half = normal_quantile(group.level) * error
    yield _row(group, measure, WITHIN_SETS, (d, d - half, d + half), error, two_sided(d, error))


def _why_no_error(group: GroupContrast) -> str:
    if group.n_clusters < 2:
        return "no interval: fewer than two independent sets in this group"
    return "no interval: every set of this group shows the same"


def _row(
    group: GroupContrast,
    measure: str,
    method: str,
    numbers: tuple[float, float, float],
    error: float,
    p_value: float,
    note: str = "",
    level_of: str | None = None,
) -> dict[str, Any]:
    return {
        "measure": measure,
        "method": method,
        "population": level_of or group.population,
        "versus": "" if level_of else group.versus,
        "estimate": numbers[0],
        "lower": numbers[1],
        "upper": numbers[2],
        "standard_error": error,
        "p_value": p_value,
        "cases": float(group.weight.sum()),
        **group.persons(),
        "n_sets": group.contrast.n_sets,
        "missing": group.contrast.missing[0],
        "missing_versus": group.contrast.missing[1],
        "note": note,
    }


def _level(group: GroupContrast, by_set: FloatArray, population: str) -> dict[str, Any]:
    """Return a share or mean: Wilson's limits for the persons that give this variance."""
    mean, influence = group.mean(by_set)
    error, z = group.error(influence), normal_quantile(group.level)
    low, high, note = mean - z * error, mean + z * error, ""
    if group.factor.binary:
        effective = group.weight.sum() ** 2 / (group.weight @ group.weight)
        mean, n = wilson_of(mean, error, float(effective))
        if 0.0 <= mean <= 1.0:
            low, high = wilson(mean, n, z).tolist()
        else:
            note = "outside 0 to 1: the correction left little information"
    elif np.isnan(error):
        note = _why_no_error(group)
    measure = "prevalence" if group.factor.binary else "mean"
    return _row(
        group, measure, "weighted by group", (mean, low, high), error, np.nan, note, population
    )


def _risk_ratio(group: GroupContrast, cases: FloatArray, controls: FloatArray) -> dict[str, Any]:
    (first, u), (second, v) = group.mean(cases), group.mean(controls)
    if not (first > 0 and second > 0):
        nan = (np.nan, np.nan, np.nan)
        note = "a share is not above 0"
        return _row(group, "risk_ratio", WITHIN_SETS, nan, np.nan, np.nan, note)
    log, error = float(np.log(first / second)), group.error(u / first - v / second)
    return _ratio(group, "risk_ratio", WITHIN_SETS, log, error)


def _ratio(
    group: GroupContrast, measure: str, method: str, log: float, error: float
) -> dict[str, Any]:
    if not error > ROUNDING:
        numbers = (float(np.exp(log)), np.nan, np.nan)
        return _row(group, measure, method, numbers, np.nan, np.nan, _why_no_error(group))
    half = normal_quantile(group.level) * error
    with np.errstate(over="ignore"):
        limits = np.exp([log, log - half, log + half]).tolist()
    return _row(group, measure, method, tuple(limits), error, two_sided(log, error))


def _odds_ratio(group: GroupContrast) -> dict[str, Any]:
    """Solve the weighted conditional logistic score, one case a set.

    Σ_s w_s (x_case − Σ_j x_j e^{b x_j} ÷ Σ_j e^{b x_j}) = 0, j over the members of set s. With
    weights below 0 the root need not be the only one: the one nearest 0 is taken.
    """
    method = f"{CONDITIONAL}, weighted by group, cluster-robust"
    terms = _Terms(group)

    def total(log: float) -> float:
        return float(group.weight @ terms.scores(log)[0])

    start, known = total(0.0), float(group.weight @ terms.scores(0.0)[1])
    if abs(known) <= ROUNDING * np.abs(group.weight).sum():
        numbers, note = (np.nan, np.nan, np.nan), "nobody differs within a set"
        return _row(group, "odds_ratio", method, numbers, np.nan, np.nan, note)
    step = 0.5 if start > 0 else -0.5
    near, far = 0.0, step if start else 0.0
    while total(far) * start > 0 or (start and _faded(group, terms, far, start, known)):
        near, far = far, far + step
        if abs(far) > LARGEST_LOG or _faded(group, terms, near, start, known):
            ends = (np.inf if step > 0 else 0.0, np.nan, np.nan)
            note = "no finite estimate: too few sets of this group speak against it"
            return _row(group, "odds_ratio", method, ends, np.nan, np.nan, note)
    root = float(optimize.brentq(total, near, far, xtol=1e-12)) if start else 0.0
    log = root * terms.scale
    scores, information = terms.scores(root)
    slope = float(group.weight @ information)
    if group.n_clusters < 2:
        return _ratio(group, "odds_ratio", method, log, np.nan)
    error = float(np.sqrt((_by_cluster(group, scores) ** 2).sum())) / abs(slope) * terms.scale
    return _ratio(group, "odds_ratio", method, log, error)


def _faded(group: GroupContrast, terms: _Terms, log: float, start: float, known: float) -> bool:
    """Tell whether the score goes to 0 with the information, far out, and not at a root."""
    scores, information = terms.scores(log)
    score, slope = float(group.weight @ scores), float(group.weight @ information)
    return abs(score) <= FADED * abs(start) and abs(slope) <= FADED * abs(known)


def _by_cluster(group: GroupContrast, scores: FloatArray) -> FloatArray:
    return np.bincount(group.contrast.cluster, group.weight * scores).astype(np.float64)


class _Terms:
    """Scores and information of each set, the factor divided by its spread within sets."""

    def __init__(self, group: GroupContrast) -> None:
        contrast = group.contrast
        self._set, self._size = contrast.set_number, contrast.n_sets
        x = contrast.x[:, 0]
        mean = self._total(x) / np.bincount(self._set)
        x = x - mean[self._set]
        spread = float(np.sqrt(np.mean(x**2)))
        self.varies = spread > 0
        # binary factors too are scaled: the search steps by half a standard deviation
        self.scale = 1.0 / spread if self.varies else 1.0
        self._x = x * self.scale
        self._case = self._total(np.where(contrast.first, self._x, 0.0))

    def _total(self, values: FloatArray) -> FloatArray:
        return np.bincount(self._set, values, minlength=self._size).astype(np.float64)

    def scores(self, log: float) -> tuple[FloatArray, FloatArray]:
        """Return score and information by set at a log odds ratio per scaled unit."""
        eta = log * self._x
        top = np.full(self._size, -np.inf)
        np.maximum.at(top, self._set, eta)
        e = np.exp(eta - top[self._set])
        share = e / self._total(e)[self._set]
        mean = self._total(share * self._x)
        second = self._total(share * self._x**2)
        return self._case - mean, second - mean**2
