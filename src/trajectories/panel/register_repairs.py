"""Repairs of what checks find, and the report or the refusal that goes with them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, counted, these_rows
from trajectories.panel.register_dates import Dates
from trajectories.panel.register_draft import (
    EMPTIED,
    LEFT_OUT,
    MERGED,
    NO_DATE,
    NO_TYPE,
    PERSON_LEFT_OUT,
    Draft,
    Finding,
    People,
)
from trajectories.panel.register_files import DATES, IDS
from trajectories.panel.register_overlaps import merged
from trajectories.panel.register_problems import Problems

FEWEST_DATES = 3
"""Unreadable dates from which on a column of which most are so is another way of writing dates."""
COLUMNS = ["table", "column", "check", "rows", "where", "repair"]


def refuse(
    found: list[Finding],
    draft: Draft,
    strict: bool,
    problems: Problems,
    date_format: str | None,
) -> None:
    """Raise one InputError that names all problems, unless they can and may be repaired.

    Problems of files and columns come first, and never are. Several are told on a line each.

    Raises
    ------
    InputError
        If anything was found and ``strict``, or what was found cannot be repaired.
    """
    cannot = [f for f in found if f.repair is None or _written_otherwise(f, draft)]
    fatal = found if strict else cannot
    if not fatal and not problems.clauses:
        return
    clauses = [*problems.clauses, *(f.message(draft.number(f.table)) for f in fatal)]
    advice = "; ".join(
        [*problems.advice, *_advice(found, cannot, strict, len(clauses), date_format)]
    )
    if len(clauses) == 1:
        raise InputError("; ".join([f"register: 1 problem: {clauses[0]}", *filter(None, [advice])]))
    lines = [f"register: {counted(len(clauses), 'problem')}:", *(f"  {one}" for one in clauses)]
    raise InputError("\n".join([*lines, *filter(None, [advice])]))


def _advice(
    found: list[Finding],
    cannot: list[Finding],
    strict: bool,
    n_problems: int,
    date_format: str | None,
) -> list[str]:
    """Return what to do about rows that fail checks."""
    fatal = found if strict else cannot
    if not fatal:
        return []
    n_repairable = len(found) - len(cannot)
    repairable = f", or let strict=False repair {n_repairable} of {counted(n_problems, 'problem')}"
    advice = ["correct the tables" + (repairable if strict and n_repairable else "")]
    if any(f.what == NO_DATE for f in fatal):
        advice.append(
            "dates that are not written year first need date_format='%d-%m-%Y', say"
            if date_format is None
            else f"dates are read as date_format={date_format!r} or year first, and missing_dates= "
            "names what stands for no date"
        )
    if any(f.what == NO_DATE for f in cannot):
        advice.append(
            "where most of a column is no date, nothing is repaired: its dates are written in "
            "another way, or it holds something else"
        )
    if any(f.what == NO_TYPE for f in fatal):
        advice.append(
            "types of your own need classification= (an OffenceClassification, or a table or file "
            "with offence_type, offence_group, statutory_maximum and pretrial_detention), or "
            "classification=None, which takes any type"
        )
    return advice


def _written_otherwise(found: Finding, draft: Draft) -> bool:
    """Return whether most of a column of dates is unreadable: no mistake of single rows."""
    if found.what != NO_DATE:
        return False
    n_read = int((draft.dates[found.table][found.column].precision >= 0).sum())
    return found.n_rows >= FEWEST_DATES and found.n_rows > n_read


def repair(found: list[Finding], draft: Draft, exclusive: Iterable[str]) -> pd.DataFrame:
    """Repair the tables of a draft in place, and return what was done.

    Returns
    -------
    DataFrame
        ``table``, ``column``, ``check``, ``rows`` (how many), ``where`` (the first row numbers of
        the table as given), ``repair``. Rows that go because their person goes come last.
    """
    report = [
        (f.table, f.column, f.what, f.n_rows, these_rows(draft.number(f.table)[f.bad]), f.repair)
        for f in found
    ]
    persons = draft.tables["persons"]["person"]
    gone = np.zeros(len(persons), dtype=bool)
    for f in found:
        if f.repair == PERSON_LEFT_OUT:
            gone |= f.bad
        if f.repair == EMPTIED:
            _empty(draft, f.table, f.column, f.bad)
    left_out = pd.Index(persons[gone].dropna().unique())
    for table in draft.tables:
        drop = _dropped(found, table, len(draft.tables[table]))
        follows = _refers(draft, table, left_out) & ~drop
        if table != "persons" and follows.any():
            where = these_rows(draft.number(table)[follows])
            what = "of a person left out"
            report.append((table, "person", what, int(follows.sum()), where, LEFT_OUT))
        draft.keep(table, ~(drop | follows))
    if any(f.repair == MERGED for f in found):
        for kind in exclusive:
            _merge(draft, kind)
    return pd.DataFrame(report, columns=COLUMNS)


def _dropped(found: list[Finding], table: str, n_rows: int) -> BoolArray:
    drop = np.zeros(n_rows, dtype=bool)
    for f in found:
        if f.table == table and f.repair == LEFT_OUT:
            drop |= f.bad
    return drop


def _refers(draft: Draft, table: str, left_out: pd.Index) -> BoolArray:
    """Return a mask of the rows that are of, or refer to, persons left out."""
    frame = draft.tables[table]
    result = np.zeros(len(frame), dtype=bool)
    for column in IDS[table]:
        if column in frame.columns and len(left_out):
            here = np.asarray(frame[column].isin(left_out), dtype=bool)
            if column == "other":
                _empty(draft, table, column, here)
            else:
                result |= here
    return result


def _empty(draft: Draft, table: str, column: str, bad: BoolArray) -> None:
    if not bad.any():
        return
    if column not in DATES[table]:
        frame = draft.tables[table]
        draft.tables[table] = frame.assign(**{column: frame[column].mask(bad)})
        return
    old = draft.dates[table][column]
    never = np.datetime64("NaT", "D")
    draft.dates[table][column] = Dates(
        np.where(bad, never, old.value),
        np.where(bad, never, old.first),
        np.where(bad, never, old.last),
        np.where(bad, -1, old.precision).astype(np.int8),
        old.unreadable & ~bad,
        old.moved & ~bad,
    )


def _merge(draft: Draft, kind: str) -> None:
    """Make overlapping spells of a kind one: the first one, up to the end of the last."""
    table, dates = draft.tables["spells"], draft.dates["spells"]
    people = People(draft)
    rows = people.rows(table["person"])
    of_kind = np.asarray((table["spell_type"] == kind).fillna(False), dtype=bool)
    kept, place, end = merged(rows, dates["start_date"], dates["end_date"], of_kind)
    stop = dates["end_date"]
    value, first, last = stop.value.copy(), stop.first.copy(), stop.last.copy()
    precision = stop.precision.copy()
    for days in (value, first, last):
        days[place] = end
    precision[place] = np.where(np.isnat(end), -1, 0)
    dates["end_date"] = Dates(value, first, last, precision, stop.unreadable, stop.moved)
    draft.keep("spells", kept)
