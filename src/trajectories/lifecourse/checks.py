"""Checks of a within-person estimate: what it would look like if something else were going on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import holds_tables
from trajectories.errors import InputError
from trajectories.lifecourse.estimate import AUTO, YEARS_FREE
from trajectories.lifecourse.lags import add_lags, listed, shifted_name
from trajectories.lifecourse.results import WithinPersonResults
from trajectories.lifecourse.within_person import within_person
from trajectories.numerics.hypotheses import HypothesisTest
from trajectories.panel.arrays import names


@holds_tables(estimates={"parts": ()})
@dataclass(frozen=True, eq=False, repr=False)
class Check:
    """Hold the outcome of one check.

    Attributes
    ----------
    question : str
        What it asks, in words.
    estimates : DataFrame
        ``variant``, the population, ``exposure``, ``estimate`` (ratio), ``lower``, ``upper``,
        ``p_value``, ``persons`` and ``events`` behind it.
    tests : tuple of HypothesisTest
    """

    question: str
    estimates: pd.DataFrame
    tests: tuple[HypothesisTest, ...] = ()

    def __repr__(self) -> str:
        """Print question, estimates and tests."""
        table = self.estimates.to_string(index=False, float_format=lambda x: f"{x:.3f}")
        return "\n".join([self.question, table, *(str(test) for test in self.tests)])


def placebo_leads(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
    *,
    lead: int = 1,
    **options: Any,
) -> Check:
    """Add the exposures of a later year: they cannot be causes, only consequences or selection.

    Parameters
    ----------
    lead : int
        Years ahead.
    person_years, outcome, exposures, unit, by, options
        As for ``within_person``. Years without a known later year are left out.
    """
    exposures = listed(exposures)
    wider, added = _shifted(person_years, exposures, [-lead], unit, options)
    fit = _fit(wider, outcome, [*exposures, *added], unit, by, options)
    question = (
        f"Do exposures {lead} year(s) later go with the outcome now, given those of now? If they "
        "do, offending changes the exposure, or something else changes both"
    )
    return Check(question, _variant(fit, "with leads"), (fit.test_none(added),))


def carry_over(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
    *,
    lag: int = 1,
    **options: Any,
) -> Check:
    """Add the exposures of an earlier year: an effect may outlast what caused it.

    Parameters as for ``placebo_leads``, with ``lag`` years back.
    """
    exposures = listed(exposures)
    wider, added = _shifted(person_years, exposures, [lag], unit, options)
    fit = _fit(wider, outcome, [*exposures, *added], unit, by, options)
    question = (
        f"Do exposures {lag} year(s) ago go with the outcome now, given those of now? If they do, "
        "years without the exposure are no clean comparison"
    )
    return Check(question, _variant(fit, "with lags"), (fit.test_none(added),))


def lag_sensitivity(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
    *,
    lags: Sequence[int] = (0, 1, 2),
    **options: Any,
) -> Check:
    """Put exposures of earlier years in the place of those of the year, on the same years.

    An exposure measured before the outcome cannot have been changed by it. Parameters as for
    ``placebo_leads``, with ``lags`` years back; 0 is the year itself.
    """
    exposures = listed(exposures)
    asked = [k for k in lags if k != 0]
    wider, _ = _shifted(person_years, exposures, asked, unit, options)
    tables = []
    for k in lags:
        used = [shifted_name(e, k) if k else e for e in exposures]
        fit = _fit(wider, outcome, used, unit, by, options)
        back = dict(zip(used, exposures, strict=True))
        label = "same year" if k == 0 else f"{k} year(s) before"
        table = _variant(fit, label)
        tables.append(table.assign(exposure=table["exposure"].map(back)))
    question = "Do the effects depend on when the exposure is measured? (all on the same years)"
    return Check(question, pd.concat(tables, ignore_index=True))


def leave_one_age_band_out(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
    *,
    bands: Iterable[tuple[int, int]] = ((12, 17), (18, 22), (23, 27), (28, 34), (35, 120)),
    **options: Any,
) -> Check:
    """Leave out one band of ages at a time.

    Parameters
    ----------
    bands : pairs of ages
        First and last age of each; those without a year in the table are passed over.
    """
    column = options.get("age", "age")
    if column is None or column not in person_years.columns:
        raise InputError("leaving age bands out needs the column of ages: give age=")
    age = person_years[column]
    tables = [_variant(_fit(person_years, outcome, exposures, unit, by, options), "all ages")]
    for low, high in bands:
        inside = (age >= low) & (age <= high)
        if inside.any() and not inside.all():
            fit = _fit(person_years[~inside], outcome, exposures, unit, by, options)
            last = int(min(high, age.max()))
            tables.append(_variant(fit, f"without {max(low, int(age.min()))} to {last}"))
    question = "Do the effects rest on one stage of life?"
    return Check(question, pd.concat(tables, ignore_index=True))


def exposure_handling(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
    *,
    least: Sequence[float] = (0.0, 0.25, 0.5, 0.999),
    **options: Any,
) -> Check:
    """Ask more time free of a year, and adjust for it.

    Detention takes away both the job and the opportunity to offend, and it follows from offences.
    An effect that is there only in partly free years is no effect of the exposure.

    Parameters
    ----------
    least : sequence of float
        Smallest parts of a year free; a last variant has all of them and the logarithm of the
        time free as a covariate.
    """
    options = dict(options)
    options.pop("least_at_risk", None)
    column = options.get("time_at_risk", AUTO)
    column = YEARS_FREE if column == AUTO else column
    if column is None or column not in person_years.columns:
        raise InputError("exposure handling needs the time free of each year: give time_at_risk=")
    tables = []
    for part in least:
        fit = _fit(person_years, outcome, exposures, unit, by, {**options, "least_at_risk": part})
        label = "any time free" if part == 0 else f"at least {part:.1%} of the year free"
        tables.append(_variant(fit, label))
    log_name = f"log_{column}"
    time = person_years[column].to_numpy(dtype=float)
    wider = person_years.assign(**{log_name: np.log(np.where(time > 0, time, 1.0))})
    controls = [*listed(options.pop("controls", ())), log_name]
    fit = _fit(wider, outcome, exposures, unit, by, {**options, "controls": controls})
    tables.append(_variant(fit, "adjusted for time free"))
    question = "Do the effects depend on years that were partly spent in detention?"
    return Check(question, pd.concat(tables, ignore_index=True))


def _fit(
    table: pd.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    unit: str,
    by: str | None,
    options: dict[str, Any],
) -> WithinPersonResults:
    return within_person(table, outcome, exposures, unit, by, **options)


def _variant(fit: WithinPersonResults, label: str) -> pd.DataFrame:
    table = fit.effects.drop(columns=["log_estimate", "std_error"])
    table.insert(0, "variant", label)
    return table


def _shifted(
    table: pd.DataFrame,
    exposures: Sequence[str],
    lags: Sequence[int],
    unit: str,
    options: dict[str, Any],
) -> tuple[pd.DataFrame, list[str]]:
    """Add shifted exposures (those of the register, where they are there) and keep known years."""
    time = options.get("age", "age")
    if time is None:
        raise InputError("lags and leads need the years in order: give age=")
    wanted = {(e, k): shifted_name(e, k) for k in lags for e in exposures}
    absent = [e for e in exposures if e not in table.columns]
    if absent:
        raise InputError(f"person-years without column {names(absent)}: rename or add it")
    for (exposure, k), name in wanted.items():
        if name not in table.columns:
            table = add_lags(table, [exposure], [k], unit=unit, time=time)
    added = list(wanted.values())
    known = table[added].notna().all(axis=1)
    if not known.any():
        raise InputError(f"no year has {names(added)}: persons need more years on end")
    return table[known], added
