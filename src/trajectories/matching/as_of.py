"""What a register knows of persons on a given day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.intervals import Intervals, union
from trajectories.panel import Register, time_at_risk
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, names
from trajectories.panel.calendar import age_on, days
from trajectories.panel.detention import as_numbers
from trajectories.panel.select import kinds_here, of_kind

DAYS_A_YEAR = 365.25
FIXED = ("birth_year",)
DATED = ("age", "age_in_years", "prior_offences", "in_detention", "index_date")
PREFIXED = ("prior_offences:", "spell:")


class AsOf:
    """Look covariates of persons up as of dates; persons are rows of ``register.persons``.

    Columns: those of ``register.persons``, and "birth_year"; as of the date "age" (years, with
    fraction), "age_in_years" (whole years), "prior_offences" and "prior_offences:TYPE" (offences
    on earlier days; of a type, or of a group of the register's classification), "spell:TYPE" (in a
    spell of that type), "in_detention", and "index_date" itself.
    """

    def __init__(self, register: Register) -> None:
        register.require("persons", "offences", "spells")
        self.register = register
        self.time = time_at_risk(register, "all", detention="kept")
        self.ids = pd.Index(register.persons["person"])
        self._offences: dict[str, tuple[IntArray, int, int]] = {}
        self._spells: dict[str, Intervals] = {}
        self._known = frozenset(self.columns())

    def columns(self) -> list[str]:
        """List every column that there is."""
        spells = self.register.spells
        kinds = kinds_here(self.register)
        spell_kinds = sorted(spells["spell_type"].dropna().unique(), key=str)
        return [
            *self.register.persons.columns,
            *FIXED,
            *DATED,
            *(f"prior_offences:{kind}" for kind in kinds),
            *(f"spell:{kind}" for kind in spell_kinds),
        ]

    def is_dated(self, column: str) -> bool:
        """Tell whether a column depends on the date."""
        own = column in self.register.persons.columns
        return not own and (column in DATED or column.startswith(PREFIXED))

    def values(self, column: str, rows: IntArray, date: DayArray) -> pd.Series[Any]:
        """Return a column for persons, each on the date beside it.

        Raises
        ------
        InputError
            If there is no such column.
        """
        persons = self.register.persons
        if column in persons.columns:
            return persons[column].iloc[rows]
        index = persons.index[rows]
        if column == "birth_year":
            birth = self.time.birth[rows].astype("datetime64[Y]").astype(np.int64) + 1970
            return pd.Series(birth, index=index, name=column)
        if column == "index_date":
            return pd.Series(date.astype("datetime64[s]"), index=index, name=column)
        return pd.Series(self._dated(column, rows, date), index=index, name=column)

    def prior_offences(self, rows: IntArray, date: DayArray, kind: str = "") -> IntArray:
        """Count the offences of persons on days before a date; ``kind`` "" is any type."""
        if kind not in self._offences:
            self._offences[kind] = self._sorted_offences(kind)
        key, origin, width = self._offences[kind]
        place = np.clip((date - np.datetime64(origin, "D")).astype(np.int64), 0, width - 1)
        first = np.searchsorted(key, rows * width)
        return np.asarray(np.searchsorted(key, rows * width + place) - first, dtype=np.int64)

    def in_spell(self, kind: str, rows: IntArray, date: DayArray) -> BoolArray:
        """Tell who is in a spell of a type on a date; end dates are the first day out of it."""
        if kind not in self._spells:
            self._spells[kind] = self._union(kind)
        first = as_numbers(date)
        return np.asarray(self._spells[kind].length_between(rows, first, first + 1) > 0)

    def _dated(self, column: str, rows: IntArray, date: DayArray) -> Any:
        if column == "age":
            return (date - self.time.birth[rows]).astype(np.int64) / DAYS_A_YEAR
        if column == "age_in_years":
            return age_on(self.time.birth[rows], date)
        if column == "in_detention":
            return self.in_spell("detention", rows, date)
        if column == "prior_offences":
            return self.prior_offences(rows, date)
        kind = column.partition(":")[2]
        if column not in self._known:
            raise InputError(
                f"no column {column!r}: the register has {names(self.register.persons.columns)}, "
                f"and as of a date there are {names([*FIXED, *DATED])}, 'prior_offences:TYPE' and "
                "'spell:TYPE' for types that the register has"
            )
        if column.startswith("spell:"):
            return self.in_spell(kind, rows, date)
        return self.prior_offences(rows, date, kind)

    def _sorted_offences(self, kind: str) -> tuple[IntArray, int, int]:
        """Return keys row·width + day in order, the day that counts as 0, and the width."""
        offences = self.register.offences
        day = days(offences, "offence_date", "offences", required=True)
        row = self.ids.get_indexer(pd.Index(offences["person"])).astype(np.int64)
        chosen = row >= 0
        if kind:
            chosen &= of_kind(self.register, kind)
        number, row = as_numbers(day[chosen]), row[chosen]
        origin = int(number.min(initial=0))
        width = int(number.max(initial=0)) - origin + 2
        return np.sort(row * width + (number - origin)), origin, width

    def _union(self, kind: str) -> Intervals:
        """Return the spells of a type within follow-up, none overlapping."""
        spells = self.register.spells
        of_kind = np.asarray((spells["spell_type"] == kind).fillna(False), dtype=bool)
        spells = spells[of_kind]
        row = self.ids.get_indexer(pd.Index(spells["person"])).astype(np.int64)
        known = row >= 0
        row, spells = row[known], spells[known]
        start = days(spells, "start_date", "spells", required=len(spells) > 0)
        stop = np.fmin(days(spells, "end_date", "spells"), self.time.end[row])
        return union(row, as_numbers(start), as_numbers(np.maximum(stop, start)))


def first_dates(as_of: AsOf, chosen: BoolArray) -> DayArray:
    """Return the day of each person's first offence among those chosen; NaT where none."""
    offences = as_of.register.offences
    day = days(offences, "offence_date", "offences")[chosen]
    row = as_of.ids.get_indexer(pd.Index(offences["person"][chosen])).astype(np.int64)
    day, row = day[row >= 0], row[row >= 0]
    result = np.full(len(as_of.ids), np.datetime64("9999-12-31", "D"))
    np.minimum.at(result, row[~np.isnat(day)], day[~np.isnat(day)])
    result[result == np.datetime64("9999-12-31", "D")] = np.datetime64("NaT", "D")
    return result
