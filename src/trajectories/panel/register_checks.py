"""What can be wrong in the tables of a register: each check says which rows fail it.

A date known to a month or year fails only where no day of that period would do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.panel.arrays import BoolArray
from trajectories.panel.calendar import ONE_DAY, days
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.offence_labels import MOST_NAMED, named_types
from trajectories.panel.register_dates import parse_dates
from trajectories.panel.register_draft import (
    EMPTIED,
    GIVEN_TWICE,
    LEFT_OUT,
    MERGED,
    NO_DATE,
    NO_TYPE,
    NOT_A_PERSON,
    PERSON_LEFT_OUT,
    ROW_TWICE,
    Draft,
    Finding,
    People,
)
from trajectories.panel.register_files import DATES, REQUIRED
from trajectories.panel.register_overlaps import overlapping

if TYPE_CHECKING:
    from trajectories.panel.register import Register

OLDEST = 120
"""Years: nobody is older at the reference date; who would be has a mistaken date of birth."""
EXCLUSIVE = ("detention",)
"""Types of spell of which a person has one at a time."""


def check_register(register: Register) -> pd.DataFrame:
    """Return the number of rows that fail each check; see ``Register.check``."""
    register.require(*REQUIRED)
    tables = {name: getattr(register, name).reset_index(drop=True) for name in REQUIRED}
    dates = {}
    for name, table in tables.items():
        here = [column for column in DATES[name] if column in table.columns]
        for column in here:
            days(table, column, name)
        dates[name] = {c: parse_dates(table[c], name, None, None) for c in here}
    draft = Draft(tables, dates, np.datetime64(register.reference_date.date(), "D"))
    rows = [
        (f.table, f.column, f"{f.column} {f.what}", f.n_rows)
        for f in findings(draft, register.classification, EXCLUSIVE)
    ]
    return pd.DataFrame(rows, columns=["table", "column", "check", "rows"])


def findings(
    draft: Draft, classification: OffenceClassification | None, exclusive: Iterable[str]
) -> Iterator[Finding]:
    """Return the checks of all tables, those included that no row fails."""
    people = People(draft)
    yield from _persons(draft)
    yield from _offences(draft, people, classification)
    yield from _spells(draft, people, exclusive)
    yield from _relations(draft, people)


def _persons(draft: Draft) -> Iterator[Finding]:
    table, dates = draft.tables["persons"], draft.dates["persons"]
    birth, death, departure = (dates[column] for column in DATES["persons"])
    missing = _missing(table["person"])
    again = np.asarray(table.duplicated(), dtype=bool) & ~missing
    twice = np.asarray(table["person"].duplicated(), dtype=bool) & ~missing & ~again

    def found(column: str, what: str, bad: Any, repair: str | None) -> Finding:
        return Finding("persons", column, what, bad, repair)

    yield found("person", "missing", missing, LEFT_OUT)
    yield found("person", ROW_TWICE, again, LEFT_OUT)
    yield found("person", f"{GIVEN_TWICE}, with other contents", twice, None)
    for column, values in dates.items():
        repair = PERSON_LEFT_OUT if column == "birth_date" else EMPTIED
        yield found(column, NO_DATE, values.unreadable, repair)
    none = np.isnat(birth.value) & ~birth.unreadable
    yield found("birth_date", "missing", none, PERSON_LEFT_OUT)
    after = birth.first > draft.reference
    yield found("birth_date", "after the reference date", after, PERSON_LEFT_OUT)
    oldest = draft.reference.astype("datetime64[Y]") - np.timedelta64(OLDEST, "Y")
    too_old = birth.last < oldest.astype("datetime64[D]")
    what = f"more than {OLDEST} years before the reference date"
    yield found("birth_date", what, too_old, PERSON_LEFT_OUT)
    for column, values in (("death_date", death), ("emigration_date", departure)):
        early = values.last < birth.first
        yield found(column, "before birth_date", early, PERSON_LEFT_OUT)
        yield found(column, "after the reference date", values.first > draft.reference, EMPTIED)
    gone = departure.first > death.last
    yield found("emigration_date", "after death_date", gone, EMPTIED)


def _offences(
    draft: Draft, people: People, classification: OffenceClassification | None
) -> Iterator[Finding]:
    table, dates = draft.tables["offences"], draft.dates["offences"]
    date, rows = dates["offence_date"], people.rows(table["person"])

    def found(column: str, what: str, bad: Any, repair: str | None, detail: str = "") -> Finding:
        return Finding("offences", column, what, bad, repair, detail)

    yield from _references("offences", "person", draft, people)
    yield found("offence_date", NO_DATE, date.unreadable, LEFT_OUT)
    none = np.isnat(date.value) & ~date.unreadable
    yield found("offence_date", "missing", none, LEFT_OUT)
    untyped = _missing(table["offence_type"])
    yield found("offence_type", "missing", untyped, None)
    if classification is not None:
        unknown = classification.unknown(table) & ~untyped
        yield found("offence_type", *_unknown_types(table["offence_type"][unknown], unknown))
    early = date.last < people.of(people.birth.first, rows)
    yield found("offence_date", "before birth", early, LEFT_OUT)
    late = date.first >= people.of(people.end_at_latest, rows)
    yield found("offence_date", "after the end of follow-up", late, LEFT_OUT)
    if "registration_date" in dates:
        registered = dates["registration_date"]
        what = NO_DATE
        yield found("registration_date", what, registered.unreadable, EMPTIED)
        early = registered.last < date.first
        yield found("registration_date", "before offence_date", early, EMPTIED)
        late = registered.first > draft.reference
        yield found("registration_date", "after the reference date", late, EMPTIED)
    yield _twice(table)


def _twice(table: pd.DataFrame) -> Finding:
    """Find offences given twice: by their id and person, or by the whole row without an id."""
    if "offence" in table.columns:
        key = ["offence", "person"]
        again = table.duplicated(key) & table["offence"].notna()
        same = table.duplicated()
        if (again & ~same).any():
            bad = np.asarray(again & ~same, dtype=bool)
            what = f"{GIVEN_TWICE} for one person, with other contents"
            return Finding("offences", "offence", what, bad, None)
        bad = np.asarray(again, dtype=bool)
        return Finding("offences", "offence", ROW_TWICE, bad, LEFT_OUT)
    again = table.duplicated() & table["person"].notna()
    detail = "; offences alike in all columns need a column 'offence' with their ids"
    bad = np.asarray(again, dtype=bool)
    return Finding("offences", "person", ROW_TWICE, bad, LEFT_OUT, detail)


def _unknown_types(kinds: pd.Series[Any], unknown: BoolArray) -> tuple[str, BoolArray, None, str]:
    """Name types that the classification lacks; types are no personal data, ids are."""
    distinct = sorted(kinds.unique(), key=str)
    if len(distinct) > MOST_NAMED:
        detail = f"; {len(distinct):,} different ones: does it hold something else?"
    else:
        detail = f"; {named_types(kinds)}" if distinct else ""
    return NO_TYPE, unknown, None, detail


def _spells(draft: Draft, people: People, exclusive: Iterable[str]) -> Iterator[Finding]:
    table, dates = draft.tables["spells"], draft.dates["spells"]
    start, stop = dates["start_date"], dates["end_date"]
    rows = people.rows(table["person"])

    def found(column: str, what: str, bad: Any, repair: str | None) -> Finding:
        return Finding("spells", column, what, bad, repair)

    yield from _references("spells", "person", draft, people)
    yield found("spell_type", "missing", _missing(table["spell_type"]), LEFT_OUT)
    for kind in exclusive:
        yield found("spell_type", f"of {kind}, written otherwise", _misspelt(table, kind), None)
    for column, values in dates.items():
        yield found(column, NO_DATE, values.unreadable, LEFT_OUT)
    none = np.isnat(start.value) & ~start.unreadable
    yield found("start_date", "missing", none, LEFT_OUT)
    yield found("end_date", "before start_date", stop.last < start.first, LEFT_OUT)
    late = stop.first > draft.reference + ONE_DAY
    yield found("end_date", "after the reference date", late, EMPTIED)
    early = start.last < people.of(people.birth.first, rows)
    yield found("start_date", "before birth", early, LEFT_OUT)
    late = start.first >= people.of(people.end_at_latest, rows)
    yield found("start_date", "after the end of follow-up", late, LEFT_OUT)
    if "other" in table.columns:
        unresolved = (people.rows(table["other"]) == people.unknown) & ~_missing(table["other"])
        yield found("other", NOT_A_PERSON, unresolved, EMPTIED)
    again = np.asarray(table.duplicated(), dtype=bool) & ~_missing(table["person"])
    yield found("person", ROW_TWICE, again, LEFT_OUT)
    for kind in exclusive:
        of_kind = np.asarray((table["spell_type"] == kind).fillna(False), dtype=bool) & ~again
        bad = overlapping(rows, start, stop, of_kind & (rows < people.unknown))
        yield found("start_date", f"within another spell of {kind}", bad, MERGED)


def _misspelt(table: pd.DataFrame, kind: str) -> BoolArray:
    """Return which types differ from a name in capitals and spaces only: they would not count."""
    kinds = table["spell_type"]
    alike = kinds.astype("string").str.strip().str.casefold() == kind.casefold()
    return np.asarray((alike & (kinds != kind)).fillna(False), dtype=bool)


def _relations(draft: Draft, people: People) -> Iterator[Finding]:
    table = draft.tables["relations"]

    def found(column: str, what: str, bad: Any) -> Finding:
        return Finding("relations", column, what, np.asarray(bad, dtype=bool), LEFT_OUT)

    yield from _references("relations", "person", draft, people)
    yield from _references("relations", "relative", draft, people)
    yield found("relation", "missing", _missing(table["relation"]))
    alone = (table["person"] == table["relative"]).fillna(False)
    yield found("relative", "the person", alone)
    again = table.duplicated(["person", "relative", "relation"])
    yield found("relative", f"{GIVEN_TWICE} in one relation", again)
    child, parent = people.rows(table["person"]), people.rows(table["relative"])
    # parent and child are not born in one year: no leniency for dates known to the year
    younger = people.of(people.birth.value, parent) >= people.of(people.birth.value, child)
    is_parent = np.asarray((table["relation"] == "parent").fillna(False), dtype=bool)
    yield found("relative", "a parent no older than the person", younger & is_parent)


def _references(table: str, column: str, draft: Draft, people: People) -> Iterator[Finding]:
    ids = draft.tables[table][column]
    missing = _missing(ids)
    unknown = (people.rows(ids) == people.unknown) & ~missing
    yield Finding(table, column, "missing", missing, LEFT_OUT)
    yield Finding(table, column, NOT_A_PERSON, unknown, LEFT_OUT)


def _missing(column: pd.Series[Any]) -> BoolArray:
    return np.asarray(column.isna(), dtype=bool)
