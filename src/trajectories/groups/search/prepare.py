"""From a panel to the statistics that EM runs on: checks, merged rows, the fitting engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.search.design_points import coarse_values, points_of
from trajectories.groups.search.merging import history_weights, merge_rows
from trajectories.numerics.moment_statistics import MomentStatistics
from trajectories.numerics.pattern_statistics import PatternStatistics
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.tabulated_statistics import TabulatedStatistics
from trajectories.numerics.types import AnyArray, FloatArray, IntArray
from trajectories.panel import Panel, widened
from trajectories.panel.arrays import is_narrow
from trajectories.panel.distinct import distinct_rows

BLOCK_ROWS = 65_536

MANY_CELLS = 2_000
"""Starts of a family of numbers are compared on rounded outcomes above so many distinct cells."""

COARSE_QUANTILES, COARSE_STEPS = 101, 31
"""What outcomes are rounded to: quantiles, and steps between the extremes."""

COARSE_AGES = 40
"""Individual ages are rounded to this many while starts are compared."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A panel ready for EM.

    Attributes
    ----------
    statistics : Statistics
        Over distinct rows where rows were merged.
    coarse : Statistics
        The same rows with exposures and individual ages rounded to a few levels, where that makes
        starts cheaper; otherwise the same object.
    grid, coarse_grid : ndarray
        The design points that ``statistics`` and ``coarse`` refer to: ages, with a column for
        each covariate where covariates enter the curve.
    first : ndarray of int, or None
        For every row of ``statistics`` the first unit that it stands for; None if rows were not
        merged.
    inverse : ndarray of int, shape (N,), or None
        Row of ``statistics`` of every unit; None if rows were not merged.
    """

    statistics: Statistics
    coarse: Statistics
    grid: FloatArray
    coarse_grid: FloatArray
    first: IntArray | None
    inverse: AnyArray | None

    def spread(self, values: FloatArray) -> FloatArray:
        """Return values by statistics row as values by unit."""
        return values if self.inverse is None else values[self.inverse]


def prepare(
    panel: Panel,
    family: Family,
    *,
    engine: str = "auto",
    merge: bool = True,
    covariates: Sequence[str] = (),
    unit_covariates: FloatArray | None = None,
) -> Prepared:
    """Build the statistics of a panel for a family.

    Parameters
    ----------
    panel : Panel
    family : Family
    engine : {"auto", "moments", "table"}
        ``"moments"`` where the family allows it is much the faster; both give the same answer.
    merge : bool
        Whether equal rows may be merged.
    covariates : sequence of str
        Those of the panel's covariates that enter the curve; the others do not count.
    unit_covariates : ndarray, shape (N, M), optional
        What the group probabilities depend on; see ``Model.unit_covariates``.

    Raises
    ------
    InputError
        If the outcomes are not counts and the family needs counts, or the family has no moment
        route for this panel and ``engine="moments"`` asks for one.
    """
    if family.is_count:
        panel.require_counts()
    outcome, exposure, observed = panel.outcomes, panel.exposure, panel.observed
    family.check_outcomes(outcome, observed)
    if exposure is not None and _all_one(exposure, observed):
        exposure = None
    if exposure is not None and not family.takes_exposure:
        raise InputError(
            f"family {family.name!r} has no exposure, and this panel has years free other than 1: "
            "leave the exposure out, or use a family for counts"
        )
    weights = panel.weights
    own_ages, varying = panel.individual_ages, panel.covariate_values(covariates)
    beside = (own_ages, *varying, unit_covariates)
    merged = merge_rows(outcome, exposure, observed, *beside) if merge else None
    first = inverse = None
    if merged is not None:
        first, inverse = merged
        weights = history_weights(inverse, weights, len(first))
        outcome = outcome[first]
        exposure = None if exposure is None else exposure[first]
        observed = None if observed is None else observed[first]
        own_ages = None if own_ages is None else own_ages[first]
        varying = [each[first] for each in varying]
        unit_covariates = None if unit_covariates is None else unit_covariates[first]
    constant = base_measure(family, outcome, exposure, observed, weights)
    plan = family.moments
    by_moments = plan is not None and (exposure is None or plan.any_exposure)
    by_moments = by_moments and own_ages is None and not varying
    if engine == "moments" and not by_moments:
        raise InputError(f"family {family.name!r} has no moment route for this panel")
    plain = family.is_count and exposure is None and own_ages is None and not varying
    if engine == "auto" and plain and not (plan is not None and "zero" not in plan.features):
        patterns = PatternStatistics.from_counts(
            outcome, observed, plan, weights, constant, unit_covariates
        )
        if patterns is not None:
            return Prepared(patterns, patterns, panel.grid, panel.grid, first, inverse)
    if by_moments and engine != "table" and plan is not None:
        small = outcome if is_narrow(outcome) else smallest_type(outcome)
        moments = MomentStatistics(
            plan, small, exposure, observed, weights, constant, unit_covariates
        )
        return Prepared(moments, moments, panel.grid, panel.grid, first, inverse)
    points = points_of(panel.grid, own_ages, observed, varying)
    table = TabulatedStatistics.from_panel(
        outcome, exposure, observed, weights, constant, points.index, unit_covariates
    )
    coarse, rough_points = table, points
    many = not family.is_count and len(table.cells.outcome) > MANY_CELLS
    rounded = coarse_values(varying, observed)
    few_levels = all(one is other for one, other in zip(rounded, varying, strict=True))
    if exposure is not None or own_ages is not None or many or not few_levels:
        rough = None if exposure is None else coarse_exposure(exposure)
        grid = panel.grid
        if own_ages is not None:
            grid, nearest = coarse_ages(own_ages, grid)
            own_ages = grid[nearest]
        rough_points = points_of(grid, own_ages, observed, rounded)
        if many:
            outcome = coarse_outcomes(outcome, observed)
        coarse = TabulatedStatistics.from_panel(
            outcome, rough, observed, weights, 0.0, rough_points.index
        )
    return Prepared(table, coarse, points.grid, rough_points.grid, first, inverse)


def coarse_ages(own_ages: FloatArray, grid: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return a few evenly spaced ages, and the nearest of them for every cell.

    Only starts are compared on these; every reported number comes from the ages as given.
    """
    few = np.linspace(grid[0], grid[-1], min(COARSE_AGES, len(grid)))
    step = (few[-1] - few[0]) / max(len(few) - 1, 1) or 1.0
    nearest = np.rint((own_ages - few[0]) / step).clip(0, len(few) - 1)
    return few, nearest.astype(np.int64)


def coarse_outcomes(outcome: FloatArray, observed: AnyArray | None) -> FloatArray:
    """Move outcomes to the nearest of a few of them, so that a panel has few distinct cells.

    The few are quantiles, the extremes among them, so that each group keeps some spread of its own
    and outcomes at a limit stay there, and values evenly spaced between. Only starts are compared
    on these; every reported number comes from the outcomes as given.
    """
    seen = outcome.ravel() if observed is None else outcome[observed]
    marks = np.quantile(seen, np.linspace(0, 1, COARSE_QUANTILES), method="nearest")
    even = np.linspace(marks[0], marks[-1], COARSE_STEPS)
    few = np.unique(np.concatenate([marks, even[1:-1]]))
    between = (few[1:] + few[:-1]) / 2
    result = few[np.searchsorted(between, outcome)]
    return np.asarray(result if observed is None else np.where(observed, result, outcome))


def coarse_exposure(exposure: FloatArray) -> FloatArray:
    """Round exposures to powers of 1.25, so that a panel has few distinct cells.

    Only starts are compared on these; every reported number comes from the exposures as given.
    """
    with np.errstate(divide="ignore"):
        level = np.round(np.log(exposure) / np.log(1.25))
    return np.asarray(np.where(exposure > 0, 1.25**level, 0.0))


def base_measure(
    family: Family,
    outcome: AnyArray,
    exposure: FloatArray | None,
    observed: AnyArray | None,
    weights: FloatArray | None,
) -> float:
    """Return the weighted sum of the parameter-free part of the log density."""
    total = 0.0
    for rows in row_blocks(len(outcome)):
        by_row = row_base_measure(
            family,
            outcome[rows],
            None if exposure is None else exposure[rows],
            None if observed is None else observed[rows],
        )
        total += float(by_row.sum() if weights is None else by_row @ weights[rows])
    return total


def row_base_measure(
    family: Family,
    outcome: AnyArray,
    exposure: FloatArray | None,
    observed: AnyArray | None,
) -> FloatArray:
    """Return the parameter-free part of the log density of every row, shape (N,)."""
    counts = widened(outcome)
    at_risk = np.ones_like(counts) if exposure is None else exposure
    values = family.base_measure(counts, at_risk)
    if observed is not None:
        values = np.where(observed, values, 0.0)
    return np.asarray(values.sum(axis=1))


def count_distinct(panel: Panel, enough: int, covariates: Sequence[str] = ()) -> int:
    """Count distinct histories, but stop looking once there are ``enough``."""
    varying = panel.covariate_values(covariates)
    beside = (panel.exposure, panel.observed, panel.individual_ages, *varying)
    head = [None if a is None else a[:10_000] for a in beside]
    few = len(distinct_rows(panel.outcomes[:10_000], *head)[0])
    if few >= enough or panel.n_units <= 10_000:
        return few
    return len(distinct_rows(panel.outcomes, *beside)[0])


def smallest_type(outcome: FloatArray) -> AnyArray:
    """Return counts in the smallest unsigned integer type; other outcomes as they are."""
    highest = float(outcome.max())
    if float(outcome.min()) < 0:
        return outcome  # an unsigned type would turn them into large ones
    for kind in (np.uint8, np.uint16):
        if highest <= np.iinfo(kind).max:
            if _is_whole(outcome):
                return outcome.astype(kind)
            return outcome
    return outcome


def row_blocks(n_rows: int) -> Iterator[slice]:
    """Cut rows into blocks, so that no temporary array is as large as the panel."""
    for low in range(0, n_rows, BLOCK_ROWS):
        yield slice(low, low + BLOCK_ROWS)


def _is_whole(outcome: FloatArray) -> bool:
    return all(not np.any(outcome[rows] % 1) for rows in row_blocks(len(outcome)))


def _all_one(exposure: FloatArray, observed: AnyArray | None) -> bool:
    return all(
        bool((exposure[rows] == (1.0 if observed is None else observed[rows])).all())
        for rows in row_blocks(len(exposure))
    )
