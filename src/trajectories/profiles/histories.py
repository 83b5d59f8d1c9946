"""Histories to score: rows of a panel, and rows of which no year was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import IntArray
from trajectories.panel import Panel


@dataclass(frozen=True, slots=True, eq=False)
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
            known = np.flatnonzero(profiles.notna().any(axis=1).to_numpy())
            panel = Panel.from_wide(profiles.iloc[known]) if len(known) else None
            return cls(profiles.index, panel, known.astype(np.int64), ("",) * len(profiles))
        if not isinstance(profiles, Panel):
            raise InputError(
                f"profiles must be a Panel or a wide DataFrame, not a {type(profiles).__name__}"
            )
        profiles.require_common_ages("scoring")
        every = np.arange(profiles.n_units)
        return cls(profiles.units, profiles, every, ("",) * profiles.n_units)
