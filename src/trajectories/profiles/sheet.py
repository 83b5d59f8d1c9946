"""The table of scores while it is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.numerics.types import FloatArray, IntArray
from trajectories.profiles.flags import unpacked
from trajectories.profiles.histories import Histories
from trajectories.profiles.support import Refusals

AHEAD_FIELDS = {
    "years_ahead": "years",
    "expected": "expected",
    "expected_lower": "expected_lower",
    "expected_upper": "expected_upper",
    "prediction_lower": "lowest",
    "prediction_upper": "highest",
}
AHEAD = list(AHEAD_FIELDS)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of the table while it is filled in; NaN where nothing is said.

    Flags are bits of a number, reasons places in a list: a million rows share few texts.
    """

    numbers: dict[str, FloatArray]
    flags: IntArray
    refused: IntArray
    reasons: list[str]
    intervals: bool

    @classmethod
    def blank(cls, histories: Histories, n_groups: int, intervals: bool) -> Sheet:
        """Return a sheet of missing numbers, with the reasons against rows that were not read."""
        columns = []
        for group in range(1, n_groups + 1):
            columns.append(f"group_{group}")
            columns += [f"group_{group}_lower", f"group_{group}_upper"] if intervals else []
        columns += ["n_years", "n_offences", "last_age", "uncertainty"]
        columns += AHEAD if intervals else []
        n_units = len(histories.units)
        numbers = {name: np.full(n_units, np.nan) for name in columns}
        flags, refused = (np.zeros(n_units, dtype=np.int64) for _ in range(2))
        sheet = cls(numbers, flags, refused, [""], intervals)
        if any(histories.refused):
            reasons = list(dict.fromkeys(["", *histories.refused]))
            place = {reason: code for code, reason in enumerate(reasons)}
            refused[:] = [place[reason] for reason in histories.refused]
            sheet.reasons[:] = reasons
        return sheet

    def refuse(self, rows: IntArray, verdict: Refusals) -> None:
        """Write the reasons against the units of a panel; those not refused are left alone."""
        codes = verdict.codes.astype(np.int64)  # there may be more reasons than a small type holds
        self.refused[rows] = np.where(codes > 0, codes + len(self.reasons) - 1, 0)
        self.reasons.extend(verdict.reasons[1:])

    def frame(self, units: pd.Index[Any]) -> pd.DataFrame:
        """Return the table."""
        table = pd.DataFrame(self.numbers, index=units, copy=False)
        flags = pd.array(unpacked(self.flags), dtype="str").take(self.flags)
        refused = pd.array(self.reasons, dtype="str").take(self.refused)
        return table.assign(flags=flags, refused=refused)
