"""The years around entering or leaving work, a relationship, or any other exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from trajectories.disclosure_control import holds_tables
from trajectories.errors import InputError
from trajectories.lifecourse.design import pooled_design
from trajectories.lifecourse.estimate import AUTO, columns_of, fit_rows
from trajectories.lifecourse.lags import listed
from trajectories.lifecourse.model_rows import Model, ModelRows, read_rows
from trajectories.lifecourse.results import WORDS
from trajectories.lifecourse.wald import wald_test
from trajectories.numerics.arguments import checked_level, whole_number
from trajectories.numerics.conditional_fit import ConditionalFit
from trajectories.numerics.hypotheses import HypothesisTest
from trajectories.numerics.normal import normal_quantile
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray

Transition = Literal["entering", "leaving"]
NEVER = np.iinfo(np.int64).min
REFERENCE = -1
"""The year before the transition, with which all others are compared."""


@holds_tables(estimates={"parts": ()})
@dataclass(frozen=True, eq=False, repr=False)
class EventStudy:
    """Hold ratios by year from a transition.

    Attributes
    ----------
    exposure, transition, outcome, model
        What was asked.
    estimates : DataFrame
        The population, ``relative_year`` (0: first year after the transition; the first and last
        stand for everything before and after), ``label``, ``estimate`` (ratio to the year before
        the transition), ``lower``, ``upper``, ``persons`` and ``events`` in that year.
    before : dict of str to HypothesisTest
        By population: the test that the years before the transition do not differ.
    """

    exposure: str
    transition: Transition
    outcome: str
    model: Model
    estimates: pd.DataFrame
    before: dict[str, HypothesisTest] = field(repr=False)

    def __repr__(self) -> str:
        """Print the estimates and the tests of the years before."""
        table = self.estimates.to_string(index=False, float_format=lambda x: f"{x:.3f}")
        tests = "\n".join(str(test) for test in self.before.values())
        head = f"{self.transition} {self.exposure}: {WORDS[self.model]} {self.outcome}"
        return f"{head}\n{table}\n{tests}"


def event_study(
    person_years: pd.DataFrame,
    exposure: str,
    outcome: str = "offended",
    unit: str = "person",
    by: str | None = None,
    *,
    transition: Transition = "entering",
    before: int = 4,
    after: int = 4,
    controls: Sequence[str] = (),
    model: Model = "logit",
    age: str = "age",
    age_df: int = 4,
    time_at_risk: str | None = AUTO,
    least_at_risk: float = 0.0,
    cluster: str | None = None,
    missing: str = "raise",
    level: float = 0.95,
) -> EventStudy:
    """Estimate the outcome in the years around a person's first transition.

    Entering: the first year with the exposure after a year without it; leaving the other way
    round. Both years must be observed and follow each other. Conditional on the person and
    adjusted for age, each year is compared with the one before the transition. Persons without a
    transition have no relative year; they help to tell age from time since the transition.

    Years after need not have the exposure any more: what is shown is what follows a transition.
    Effects that differ between persons who enter early and late are averaged with weights of the
    model's making (Sun & Abraham 2021); differences before the transition speak of selection or
    reverse causation.

    Parameters
    ----------
    exposure : str
        Column of 0 and 1.
    before, after : int
        Years told apart on either side; earlier and later ones are taken together.
    person_years, outcome, …
        As for ``within_person``.
    """
    if transition not in get_args(Transition):
        raise InputError('transition= must be "entering" or "leaving"')
    before, after = whole_number("before", before, 2), whole_number("after", after, 1)
    checked_level(level)
    controls = listed(controls)
    columns = columns_of(
        person_years,
        outcome,
        [exposure],
        controls,
        unit,
        by=by,
        age=age,
        time_at_risk=time_at_risk,
        cluster=cluster,
    )
    rows = read_rows(person_years, columns, model, least_at_risk, missing)
    relative = relative_years(rows, exposure, transition)
    binned = np.clip(relative, -before, after)
    binned[relative == NEVER] = NEVER
    shown = [year for year in range(-before, after + 1) if year != REFERENCE]
    matrix, names, place = _design(rows, binned, shown, controls, age_df)
    fit = fit_rows(rows, matrix, names)
    by_name = by or "population"
    return EventStudy(
        exposure=exposure,
        transition=transition,
        outcome=outcome,
        model=model,
        estimates=_estimates(rows, binned, fit, place, (-before, after), level, by_name),
        before={
            name: _before(rows, fit, place, name, before, (transition, exposure, outcome))
            for name in rows.levels
        },
    )


def relative_years(rows: ModelRows, exposure: str, transition: Transition) -> IntArray:
    """Return years from the person's first transition, NEVER where there is none."""
    value = rows.covariate(exposure)
    if not np.isin(value, (0.0, 1.0)).all():
        raise InputError(f"exposure {exposure!r} must be 0 or 1 to be entered or left")
    if rows.columns.age is None:
        raise InputError("an event study needs the years in order: give age=")
    age = rows.covariate(rows.columns.age).astype(np.int64)
    order = np.lexsort((age, rows.unit))
    unit, year = rows.unit[order], age[order]
    x = value[order] if transition == "entering" else 1.0 - value[order]
    follows = np.r_[False, (unit[1:] == unit[:-1]) & (year[1:] == year[:-1] + 1)]
    crosses = np.flatnonzero(follows & (x == 1) & (np.r_[1.0, x[:-1]] == 0))
    first = np.full(int(unit.max()) + 1, NEVER)
    first[unit[crosses[::-1]]] = year[crosses[::-1]]
    if not len(crosses):
        raise InputError(f"nobody is seen {transition} {exposure!r} in two years on end")
    own = first[rows.unit]
    return np.where(own == NEVER, NEVER, age - own)


def _design(
    rows: ModelRows,
    binned: IntArray,
    shown: Sequence[int],
    controls: Sequence[str],
    age_df: int,
) -> tuple[FloatArray, list[str], dict[tuple[str, int], int]]:
    """Return a column a relative year and population, then controls and age."""
    parts: list[FloatArray] = []
    names: list[str] = []
    place: dict[tuple[str, int], int] = {}
    for k, level in enumerate(rows.levels):
        for year in shown:
            column = ((binned == year) & (rows.level == k)).astype(np.float64)
            place[level, year] = len(names)
            names.append(f"year {year:+d}" + (f" [{level}]" if len(rows.levels) > 1 else ""))
            parts.append(column)
    if controls or age_df:
        # the exposure itself is what the relative years stand for: only the rest is taken
        rest = pooled_design(rows, [rows.columns.covariates[0]], controls, age_df)
        other: BoolArray = (rest.terms["role"] != "exposure").to_numpy()
        parts.extend(rest.matrix[:, other].T)
        names.extend(rest.terms.loc[other, "name"])
    return np.column_stack(parts), [str(name) for name in names], place


def _estimates(
    rows: ModelRows,
    binned: IntArray,
    fit: ConditionalFit,
    place: dict[tuple[str, int], int],
    ends: tuple[int, int],
    level: float,
    by: str,
) -> pd.DataFrame:
    half = normal_quantile(level) * fit.robust_standard_errors
    found: list[tuple[Any, ...]] = []
    for k, name in enumerate(rows.levels):
        for year in range(ends[0], ends[1] + 1):
            mine = (binned == year) & (rows.level == k)
            counts = (len(np.unique(rows.unit[mine])), int(rows.outcome[mine].sum()))
            at = place.get((name, year))
            label = f"{year:+d}" if year not in ends else f"{year:+d} or {_side(year)}"
            if at is None:
                found.append((name, year, label, 1.0, 1.0, 1.0, *counts))
                continue
            b = fit.params[at]
            limits = np.exp([b, b - half[at], b + half[at]])
            found.append((name, year, label, *(float(v) for v in limits), *counts))
    numbers = ["estimate", "lower", "upper", "persons", "events"]
    return pd.DataFrame(found, columns=[by, "relative_year", "label", *numbers])


def _side(year: int) -> str:
    return "earlier" if year < 0 else "later"


def _before(
    rows: ModelRows,
    fit: ConditionalFit,
    place: dict[tuple[str, int], int],
    name: str,
    before: int,
    said: tuple[str, str, str],
) -> HypothesisTest:
    unit = np.eye(len(fit.params))
    chosen = [unit[place[name, year]] for year in range(-before, REFERENCE)]
    transition, exposure, outcome = said
    where = "" if len(rows.levels) == 1 else f" ({name})"
    null = (
        f"before {transition} {exposure}, the {WORDS[rows.model]} {outcome} do not differ from the "
        f"year before it{where}"
    )
    return wald_test(null, fit.params, fit.robust_covariance, chosen)
