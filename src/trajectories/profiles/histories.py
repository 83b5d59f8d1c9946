"""Histories to score: rows of a panel, and rows of which no year was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import IntArray
from trajectories.panel import Panel
from trajectories.panel.arrays import counted, where_rows
from trajectories.panel.labels import ages_from_labels
from trajectories.panel.wide import table_values

INFINITE = "a count is not a number"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Histories:
    """N histories, of which those with any observed year are in a panel.

    Attributes
    ----------
    units : Index, length N
    panel : Panel or None
        None if no history has an observed year.
    place : ndarray of int
        Position among the N of each unit of the panel.
    refused : tuple of str, length N
        Why a row could not be read; empty where it could.
    """

    units: pd.Index[Any]
    panel: Panel | None
    place: IntArray
    refused: tuple[str, ...]

    @property
    def blank(self) -> IntArray:
        """Positions of the histories without any observed year that are not refused."""
        rest = np.ones(len(self.units), dtype=bool)
        rest[self.place] = False
        return np.array([row for row in np.flatnonzero(rest) if not self.refused[row]], np.int64)

    def __repr__(self) -> str:
        """Return one line without ids or histories."""
        unread = sum(bool(reason) for reason in self.refused)
        return f"<Histories: {len(self.units):,}, {unread:,} refused before scoring>"

    @classmethod
    def read(cls, profiles: Any) -> Histories:
        """Take histories, a Panel, or a wide DataFrame as for ``Panel.from_wide``.

        Raises
        ------
        InputError
            For anything else, and for ages of their own.
        """
        if isinstance(profiles, Histories):
            return profiles
        if isinstance(profiles, pd.DataFrame):
            return _of_table(profiles)
        if not isinstance(profiles, Panel):
            raise InputError(
                f"profiles must be a Panel or a wide DataFrame, not a {type(profiles).__name__}"
            )
        profiles.require_common_ages("scoring")
        every = np.arange(profiles.n_units)
        return cls(profiles.units, profiles, every, ("",) * profiles.n_units)


def _of_table(table: pd.DataFrame) -> Histories:
    """Return histories of a wide table; rows of infinite counts are refused, not the table."""
    if not len(table):
        raise InputError("the table of profiles has no row: give at least one profile")
    if not table.shape[1]:
        raise InputError("the table of profiles has no column: a column is an age")
    ages_from_labels(table.columns)  # a table of empty rows only is looked at nowhere else
    twice = table.index.duplicated(keep=False)
    if twice.any():
        raise InputError(
            f"{counted(int(twice.sum()), 'row')} of the profiles with an id that stands in another "
            f"row too ({where_rows(twice)}): one row a person, and a column an age"
        )
    values = table_values(table, "profiles")
    infinite = np.isinf(values).any(axis=1)
    known = np.flatnonzero(~np.isnan(values).all(axis=1) & ~infinite)
    panel = Panel.from_wide(table.iloc[known]) if len(known) else None
    refused = tuple(INFINITE if bad else "" for bad in infinite)
    return Histories(table.index, panel, known.astype(np.int64), refused)
