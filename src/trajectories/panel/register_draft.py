"""The tables of a register while they are checked: rows keep the numbers they came with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.panel.arrays import BoolArray, DayArray, IntArray, counted, these_rows
from trajectories.panel.calendar import ONE_DAY
from trajectories.panel.register_dates import Dates

NO_DATE = "with something that is no date"
NOT_A_PERSON = "not among persons"
GIVEN_TWICE = "given twice"
ROW_TWICE = f"in a row {GIVEN_TWICE}"
NO_TYPE = "of a type that the classification lacks"
LEFT_OUT = "row left out"
PERSON_LEFT_OUT = "person left out, with all that refers to them"
EMPTIED = "taken as missing"
MERGED = "merged into the spell it overlaps"


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Say which rows of a table fail a check.

    Attributes
    ----------
    table, column : str
    what : str
        What is wrong, to be read after the name of the column: "before birth".
    bad : ndarray of bool
        One a row of the table.
    repair : str or None
        What ``strict=False`` does about it; None where only the user can tell what is right.
    detail : str
        More to say, without contents of a row.
    """

    table: str
    column: str
    what: str
    bad: BoolArray
    repair: str | None
    detail: str = ""

    @property
    def n_rows(self) -> int:
        """Number of rows that fail."""
        return int(self.bad.sum())

    def message(self, numbers: IntArray) -> str:
        """Return one clause: table, column, number of rows, what is wrong, row numbers."""
        return (
            f"{self.table} column {self.column!r}: {counted(self.n_rows, 'row')} {self.what} "
            f"({these_rows(numbers[self.bad])}{self.detail})"
        )


@dataclass(slots=True, eq=False)
class Draft:
    """Hold tables (index: the row number as given), their dates, and the last day covered."""

    tables: dict[str, pd.DataFrame]
    dates: dict[str, dict[str, Dates]]
    reference: np.datetime64

    def number(self, table: str) -> IntArray:
        """Return the row numbers of a table as it was given."""
        return self.tables[table].index.to_numpy(dtype=np.int64)

    def keep(self, table: str, kept: BoolArray) -> None:
        """Leave out rows of a table."""
        if kept.all():
            return
        self.tables[table] = self.tables[table][kept]
        self.dates[table] = {c: dates.take(kept) for c, dates in self.dates[table].items()}

    def ids(self, table: str, column: str) -> pd.Index[Any]:
        """Return a column of person ids."""
        ids: pd.Index[Any] = pd.Index(self.tables[table][column])
        return ids


class People:
    """Look persons up by id: when they were born and followed, as periods and as dates used."""

    def __init__(self, draft: Draft) -> None:
        ids = draft.ids("persons", "person")
        first = np.asarray(~(ids.isna() | ids.duplicated()), dtype=bool)
        self.ids = ids[first]
        dates = {name: column.take(first) for name, column in draft.dates["persons"].items()}
        self.birth = dates["birth_date"]
        death, emigration = dates["death_date"], dates["emigration_date"]
        self.end_at_latest = _day_after(death.last, emigration.last, draft.reference)
        self.end = _day_after(death.value, emigration.value, draft.reference)
        self.unknown = len(self.ids)

    def rows(self, ids: Iterable[Any]) -> IntArray:
        """Return the position of each id, one past the last where it is unknown or missing."""
        row = self.ids.get_indexer(pd.Index(ids)).astype(np.int64)
        return np.where(row < 0, self.unknown, row)

    def of(self, values: DayArray, rows: IntArray) -> DayArray:
        """Return a date of each row's person, NaT where the person is unknown."""
        result: DayArray = np.append(values, np.datetime64("NaT", "D"))[rows]
        return result


def _day_after(death: DayArray, emigration: DayArray, reference: np.datetime64) -> DayArray:
    last: DayArray = np.fmin(np.fmin(death, emigration), reference)
    result: DayArray = last + ONE_DAY
    return result
