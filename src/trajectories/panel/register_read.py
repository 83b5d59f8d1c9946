"""A register from files or frames: named, typed, checked as a whole, repaired where asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names
from trajectories.panel.calendar import as_day
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.detention import DETENTION
from trajectories.panel.offence_labels import MOST_NAMED, named_types
from trajectories.panel.register_checks import findings
from trajectories.panel.register_classification import as_classification, is_table
from trajectories.panel.register_dates import TIME_ZONE, Dates, has_time_zone, parse_dates
from trajectories.panel.register_draft import Draft
from trajectories.panel.register_files import (
    CLASSIFICATION,
    DATES,
    by_table,
    load_classification,
    load_tables,
)
from trajectories.panel.register_ids import unify_ids
from trajectories.panel.register_missing_dates import without_codes
from trajectories.panel.register_precision import precision_report, settle
from trajectories.panel.register_problems import Problems
from trajectories.panel.register_repairs import refuse, repair


def read_tables(
    given: Mapping[str, Any],
    reference_date: Any,
    columns: Mapping[str, Any] | None,
    strict: bool,
    classification: Callable[[], Any],
    exclusive_spells: Iterable[str],
    spell_types: Mapping[str, str] | None,
    date_precision: Mapping[str, str] | None,
    date_format: str | None,
    missing_dates: Mapping[str, Any] | None,
    separator: str,
    decimal: str,
    study: str | None,
) -> dict[str, Any]:
    """Return the fields of a Register; see ``Register.read``."""
    reference = as_day(reference_date, "reference_date")
    _refuse_format(date_format)
    exclusive = _listed(exclusive_spells)
    problems = Problems()
    rename = by_table(columns)[CLASSIFICATION]
    kinds, classified = _classification(classification, (separator, decimal), rename, problems)
    tables = load_tables(given, columns, separator, decimal, problems, classified)
    tables = unify_ids(tables)
    if not problems.lacks("spells", "spell_type"):
        tables["spells"] = _spells_by_name(tables["spells"], spell_types, problems)
    tables = without_codes(tables, missing_dates, date_format, problems)
    dates = _dates(tables, date_precision or {}, date_format, problems)
    _note_study(study, tables["persons"], problems)
    draft = Draft(tables, dates, np.datetime64(reference.date(), "D"))
    found = [f for f in _failing(draft, kinds, exclusive) if not problems.follows(f)]
    refuse(found, draft, strict, problems, date_format)
    repairs = repair(found, draft, exclusive)
    settle(draft)
    precision = precision_report(draft)
    if found or (precision["precision"] != "day").any():
        # repairs and imputed dates must not make what they would have been refused for
        _used_as_given(draft)
        refuse(_failing(draft, kinds, exclusive), draft, True, problems, date_format)
    return {
        **{name: _finished(draft, name) for name in draft.tables},
        "reference_date": reference,
        "repairs": repairs,
        "date_precision": precision,
        "classification": kinds,
    }


def _classification(
    read: Callable[[], Any],
    signs: tuple[str, str],
    rename: Mapping[str, str],
    problems: Problems,
) -> tuple[OffenceClassification | None, list[str]]:
    """Return the classification, and the columns declared that its table has.

    Where it cannot be read, types are not looked up in it.
    """
    columns = list(rename)  # of a table that cannot be read they may be
    try:
        given = read()
        if is_table(given):
            given = load_classification(given, *signs, rename)
        columns = list(given.columns) if is_table(given) else []
        return as_classification(given, rename), columns
    except InputError as error:
        problems.add(str(error))
        return None, columns


def _note_study(study: str | None, persons: pd.DataFrame, problems: Problems) -> None:
    """Note a study of a population that no person belongs to: a slip would show much later."""
    if study is None or problems.lacks("persons", "population"):
        return
    if "population" not in persons.columns:
        problems.add(
            "study= names a population, and persons have no column 'population'",
            "say which column it is with columns={'its name': 'population'}",
        )
        return
    known = persons["population"].dropna()
    if not (known == study).any():
        few = known.nunique() <= MOST_NAMED
        listed = named_types(known) if few else f"{known.nunique():,} different ones"
        problems.add(
            "study= is no population of these persons, whose column 'population' has "
            f"{listed or 'nothing in it'}"
        )


def _refuse_format(date_format: Any) -> None:
    if date_format is not None and (not isinstance(date_format, str) or "%" not in date_format):
        raise InputError(
            "date_format= is written with %d, %m and %Y, as '%d-%m-%Y' for 31-12-2020, not "
            f"{date_format!r}"
        )


def _listed(kinds: Iterable[str]) -> tuple[str, ...]:
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def _spells_by_name(
    spells: pd.DataFrame, given: Mapping[str, str] | None, problems: Problems
) -> pd.DataFrame:
    """Return the spells with their types named as here; note spells that would do nothing."""
    kinds = spells["spell_type"]
    absent = [name for name in given or {} if not (kinds == name).any()]
    if absent:
        problems.add(
            f"spell_types= names {counted(len(absent), 'type')} that no spell has",
            "write names in spell_types= as the table of spells does",
        )
    if given:
        kinds = kinds.map(lambda kind: given.get(kind, kind), na_action="ignore")
        spells = spells.assign(spell_type=kinds)
    found = kinds.dropna()
    if given is None and len(found) and not (found == DETENTION).any():
        problems.add(
            f"spells column 'spell_type': {counted(len(found), 'row')} and none is "
            f"'{DETENTION}', so that no time would be taken off time at risk",
            f"say spell_types={{'its name': '{DETENTION}'}}, or spell_types={{}} if there is no "
            "detention",
        )
    return spells


def _dates(
    tables: Mapping[str, pd.DataFrame],
    declared: Mapping[str, str],
    date_format: str | None,
    problems: Problems,
) -> dict[str, dict[str, Dates]]:
    """Return the columns of dates of each table; note those with a time zone, and wrong names."""
    dates: dict[str, dict[str, Dates]] = {name: {} for name in tables}
    for name, table in tables.items():
        for column in [column for column in DATES[name] if column in table.columns]:
            values = table[column]
            if has_time_zone(values):
                problems.add(f"{name} column {column!r} {TIME_ZONE}")
                values = values.dt.tz_localize(None)
            dates[name][column] = parse_dates(values, name, declared.get(column), date_format)
    here = [column for columns in dates.values() for column in columns]
    strange = [column for column in declared if column not in here]
    if strange:
        problems.add(
            f"date_precision= names {counted(len(strange), 'column')} {names(strange)} without "
            f"dates; dates are in {names(dict.fromkeys(here))}"
        )
    return dates


def _failing(
    draft: Draft, classification: OffenceClassification | None, exclusive: tuple[str, ...]
) -> list[Any]:
    return [f for f in findings(draft, classification, exclusive) if f.bad.any()]


def _used_as_given(draft: Draft) -> None:
    """Let the dates used stand for themselves: from here on each is one day."""
    for columns in draft.dates.values():
        for column, dates in columns.items():
            columns[column] = dates.exact()


def _finished(draft: Draft, name: str) -> pd.DataFrame:
    """Return a table with its dates as dates, ids without a type for missing ones, rows from 0."""
    table = draft.tables[name]
    days = {c: dates.value.astype("datetime64[s]") for c, dates in draft.dates[name].items()}
    table = table.assign(**days)
    for column in ("person", "relative"):
        if column in table.columns and table[column].dtype == "Int64":
            table = table.assign(**{column: table[column].astype("int64")})
    return table.reset_index(drop=True)
