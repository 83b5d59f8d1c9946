"""Dates known to a month or year: what was made of them, and what that costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.panel.arrays import DayArray, IntArray
from trajectories.panel.calendar import ONE_DAY
from trajectories.panel.register_dates import PRECISIONS, Dates
from trajectories.panel.register_draft import Draft, People

DAYS_A_YEAR = 365.25


def settle(draft: Draft) -> None:
    """Move dates within their periods to where they do not contradict other dates, in place.

    A date known to the day never moves. Of two dates in the wrong order the later one is moved
    first; a birth goes to the first offence and a death to the last sign of life if need be.
    """
    persons, offences, spells = (draft.dates[t] for t in ("persons", "offences", "spells"))
    never = persons["birth_date"].moved_to(np.minimum(persons["birth_date"].value, draft.reference))
    persons["birth_date"] = never
    for column in ("death_date", "emigration_date"):
        dates = persons[column].moved_to(np.fmin(persons[column].value, draft.reference))
        persons["birth_date"], persons[column] = _in_order(persons["birth_date"], dates)
    persons["emigration_date"], persons["death_date"] = _in_order(
        persons["emigration_date"], persons["death_date"], later_first=False
    )
    spells["start_date"], spells["end_date"] = _in_order(spells["start_date"], spells["end_date"])
    if "registration_date" in offences:
        offences["offence_date"], offences["registration_date"] = _in_order(
            offences["offence_date"], offences["registration_date"]
        )
    for table, column in (("offences", "offence_date"), ("spells", "start_date")):
        _within_life(draft, table, column)
    if "registration_date" in offences:
        offences["offence_date"], offences["registration_date"] = _in_order(
            offences["offence_date"], offences["registration_date"]
        )
    spells["start_date"], spells["end_date"] = _in_order(spells["start_date"], spells["end_date"])


def _in_order(a: Dates, b: Dates, later_first: bool = True) -> tuple[Dates, Dates]:
    """Return two columns of dates of the same rows such that a is not after b, where it can be."""
    for moved in ("b", "a") if later_first else ("a", "b"):
        wrong = a.value > b.value  # False for NaT
        if not wrong.any():
            break
        if moved == "b":
            b = b.moved_to(np.where(wrong, a.value, b.value))
        else:
            a = a.moved_to(np.where(wrong, b.value, a.value))
    return a, b


def _within_life(draft: Draft, table: str, column: str) -> None:
    """Move dates of events into the person's life, then its limits to what cannot move."""
    people = People(draft)
    rows = people.rows(draft.tables[table]["person"])
    dates = draft.dates[table][column]
    birth, end = people.of(people.birth.value, rows), people.of(people.end, rows)
    value = np.where(dates.value < birth, birth, dates.value)
    value = np.where(value >= end, end - ONE_DAY, value)
    dates = dates.moved_to(value)
    draft.dates[table][column] = dates
    if not ((dates.value < birth) | (dates.value >= end)).any():
        return
    first, last = _extremes(rows, dates.value, people.unknown)
    persons = draft.dates["persons"]
    persons["birth_date"] = persons["birth_date"].moved_to(
        np.fmin(persons["birth_date"].value, first)
    )
    for limit in ("death_date", "emigration_date"):
        given = persons[limit].value
        persons[limit] = persons[limit].moved_to(np.where(last > given, last, given))


def _extremes(rows: IntArray, value: DayArray, n: int) -> tuple[DayArray, DayArray]:
    """Return the first and last date of each of n persons, NaT where there is none."""
    known = (rows < n) & ~np.isnat(value)
    first, last = (np.full(n, np.datetime64("NaT", "D")) for _ in range(2))
    np.fmin.at(first, rows[known], value[known])
    np.fmax.at(last, rows[known], value[known])
    return first, last


def precision_report(draft: Draft) -> pd.DataFrame:
    """Return how well dates are known, and what it costs.

    Returns
    -------
    DataFrame
        A row a column of dates and precision that occurs: ``table``, ``column``, ``precision``,
        ``rows``, ``share`` (of the dates there are), ``imputed_as``, ``moved`` (dates that another
        date of the person kept from the middle), ``largest_error_days``, ``mean_error_days`` and
        ``age_off_by_one``: how often the age in whole years at an exactly known event is wrong if
        the true day is anywhere in the period with the same probability, mean error over a year.
    """
    found = []
    for table, columns in draft.dates.items():
        for column, dates in columns.items():
            n_known = int((dates.precision >= 0).sum())
            for code, precision in enumerate(PRECISIONS):
                which = dates.precision == code
                if which.any():
                    found.append((table, column, precision, *_costs(dates, which, n_known)))
    names = ["table", "column", "precision", "rows", "share", "imputed_as", "moved"]
    names += ["largest_error_days", "mean_error_days", "age_off_by_one"]
    return pd.DataFrame(found, columns=names)


def _costs(dates: Dates, which: np.ndarray, n_known: int) -> tuple[object, ...]:
    value, first, last = (d[which].astype(np.int64) for d in (dates.value, dates.first, dates.last))
    before, after = (value - first).astype(np.float64), (last - value).astype(np.float64)
    days = before + after + 1
    # the mean distance of the date used to a day of the period drawn at random
    mean = ((before * (before + 1) + after * (after + 1)) / (2 * days)).mean()
    largest = int(np.maximum(before, after).max())
    precision = PRECISIONS[int(dates.precision[which][0])]
    return (
        len(value),
        len(value) / n_known,
        "as given" if precision == "day" else f"middle of the {precision}",
        int(dates.moved[which].sum()),
        largest,
        float(mean),
        float(mean / DAYS_A_YEAR),
    )
