"""The tables of a register: persons, offences, spells and relations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names
from trajectories.panel.calendar import as_day
from trajectories.panel.register_checks import check_register

REQUIRED = {
    "persons": ("person", "birth_date", "death_date", "emigration_date"),
    "offences": ("person", "offence_date", "offence_type"),
    "spells": ("person", "spell_type", "start_date", "end_date"),
    "relations": ("person", "relative", "relation"),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Register:
    """Hold the tables of a register as an agency delivers them.

    Attributes
    ----------
    persons : DataFrame
        A row a person: ``person``, ``birth_date``, ``death_date`` and ``emigration_date`` (NaT:
        neither), and what else is known of them (``sex``, ``population``, …).
    offences : DataFrame
        A row an offence: ``person``, ``offence_date``, ``offence_type``, …
    spells : DataFrame
        A row a spell: ``person``, ``spell_type``, ``start_date``, ``end_date`` (the first day that
        is no longer in it; NaT: still open at the reference date), …
    relations : DataFrame
        A row a tie: ``person``, ``relative``, ``relation``.
    reference_date : Timestamp
        Last day that the register covers.
    truth : object or None
        What was planted, when the register is synthetic.
    study : str or None
        The population (a value of ``persons["population"]``) that the study is about, and that
        panels are made of unless told otherwise. The other persons are controls to match from, or
        relatives. None: everybody is studied.
    """

    persons: pd.DataFrame
    offences: pd.DataFrame
    spells: pd.DataFrame
    relations: pd.DataFrame
    reference_date: pd.Timestamp
    truth: Any = None
    study: str | None = None

    def __post_init__(self) -> None:
        for table in REQUIRED:
            if not isinstance(getattr(self, table), pd.DataFrame):
                raise InputError(f"register: {table} must be a pandas DataFrame")
        object.__setattr__(self, "reference_date", as_day(self.reference_date, "reference_date"))

    def require(self, *tables: str) -> None:
        """Raise an InputError that names the required columns that a table lacks."""
        for table in tables:
            columns = getattr(self, table).columns
            absent = [column for column in REQUIRED[table] if column not in columns]
            if absent:
                raise InputError(
                    f"register: {table} without column {names(absent)}; rename or add it"
                )

    def check(self) -> pd.DataFrame:
        """Count what is wrong in the tables: unknown persons, dates missing or out of order.

        Returns
        -------
        DataFrame
            table, check, rows: the number of rows that fail. All zero in a sound register.

        Raises
        ------
        InputError
            If a required column is absent or a column of dates holds no dates.
        """
        return check_register(self)

    def __repr__(self) -> str:
        """Describe the size of the tables; never show a row."""
        sizes = ", ".join(counted(len(getattr(self, table)), table[:-1]) for table in REQUIRED)
        study = f", a study of {self.study}" if self.study else ""
        return f"<Register: {sizes}, until {self.reference_date.date()}{study}>"
