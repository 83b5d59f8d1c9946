"""What is wrong in the tables of a register, as numbers of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.panel.arrays import BoolArray, DayArray, IntArray
from trajectories.panel.calendar import ONE_DAY, days

if TYPE_CHECKING:
    from trajectories.panel.register import Register


Found = tuple[str, str, int]


def check_register(register: Register) -> pd.DataFrame:
    """Return the number of rows that fail each check; see ``Register.check``."""
    register.require("persons", "offences", "spells", "relations")
    people = _People(register)
    found = [
        *_persons(register, people),
        *_offences(register.offences, people),
        *_spells(register.spells, people),
        *_relations(register.relations, people),
    ]
    return pd.DataFrame(found, columns=["table", "check", "rows"])


class _People:
    """First row of each person, to look other tables up in."""

    def __init__(self, register: Register) -> None:
        persons = register.persons
        self.repeated: BoolArray = np.asarray(
            persons["person"].isna() | persons["person"].duplicated(), dtype=bool
        )
        first = persons[~self.repeated]
        self.ids = pd.Index(first["person"])
        self.birth = days(first, "birth_date", "persons")
        reference = np.datetime64(register.reference_date.date(), "D")
        deaths, departures = (
            days(first, column, "persons") for column in ("death_date", "emigration_date")
        )
        last_day: DayArray = np.fmin(np.fmin(deaths, departures), reference)
        self.end: DayArray = last_day + ONE_DAY

    def rows(self, ids: pd.Series[Any]) -> tuple[IntArray, BoolArray]:
        """Return the row of each id (0 where unknown), and whether it is known."""
        row = self.ids.get_indexer(pd.Index(ids)).astype(np.int64)
        return np.maximum(row, 0), row >= 0


def _found(table: str, checks: dict[str, Any]) -> list[Found]:
    return [(table, check, int(np.sum(bad))) for check, bad in checks.items()]


def _persons(register: Register, people: _People) -> list[Found]:
    persons = register.persons
    birth, death, departure = (
        days(persons, column, "persons")
        for column in ("birth_date", "death_date", "emigration_date")
    )
    reference = np.datetime64(register.reference_date.date(), "D")
    return _found(
        "persons",
        {
            "person missing or given twice": people.repeated,
            "birth_date missing": np.isnat(birth),
            "birth_date after the reference date": birth > reference,
            "death_date before birth_date": death < birth,
            "emigration_date before birth_date": departure < birth,
            "death_date after the reference date": death > reference,
            "emigration_date after the reference date": departure > reference,
        },
    )


def _offences(offences: pd.DataFrame, people: _People) -> list[Found]:
    date = days(offences, "offence_date", "offences")
    row, known = people.rows(offences["person"])
    return _found(
        "offences",
        {
            "person not among persons": ~known,
            "offence_date missing": np.isnat(date),
            "offence_type missing": offences["offence_type"].isna(),
            "offence_date before birth": known & _before(date, people.birth, row),
            "offence_date after the end of follow-up": known & _from(date, people.end, row),
        },
    )


def _spells(spells: pd.DataFrame, people: _People) -> list[Found]:
    start, stop = (days(spells, column, "spells") for column in ("start_date", "end_date"))
    row, known = people.rows(spells["person"])
    return _found(
        "spells",
        {
            "person not among persons": ~known,
            "spell_type missing": spells["spell_type"].isna(),
            "start_date missing": np.isnat(start),
            "end_date before start_date": stop < start,
            "start_date before birth": known & _before(start, people.birth, row),
            "start_date after the end of follow-up": known & _from(start, people.end, row),
        },
    )


def _relations(relations: pd.DataFrame, people: _People) -> list[Found]:
    _, person_known = people.rows(relations["person"])
    _, relative_known = people.rows(relations["relative"])
    return _found(
        "relations",
        {
            "person not among persons": ~person_known,
            "relative not among persons": ~relative_known,
            "person related to oneself": (relations["person"] == relations["relative"]).fillna(
                False
            ),
            "relation given twice": relations.duplicated(["person", "relative", "relation"]),
        },
    )


def _before(date: DayArray, limit: DayArray, row: IntArray) -> BoolArray:
    if not len(limit):
        return np.zeros(len(date), dtype=bool)
    return np.asarray(date < limit[row])


def _from(date: DayArray, limit: DayArray, row: IntArray) -> BoolArray:
    if not len(limit):
        return np.zeros(len(date), dtype=bool)
    return np.asarray(date >= limit[row])
