"""Ages read from the labels of columns: 12, "12", "Offense8" … "Offense38"."""

from __future__ import annotations

import re
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, names

_ENDS_IN_NUMBER = re.compile(r"(?P<stem>.*?)(?P<number>\d+(?:\.\d+)?)$", re.DOTALL)


OLDEST = 120
"""Numbers above it in column labels are years of the calendar, say, and no ages."""


def ages_from_labels(
    columns: pd.Index[Any], what: str = "counts", otherwise: str = "give ages="
) -> FloatArray:
    """Return the age in each column label, float64 (T,), in the order of the columns.

    A label is a number, or text that ends in one; the text before the number must be the same
    in every column, so that a stray column (``sex1``) is not taken for an age.

    Raises
    ------
    InputError
        If a label holds no number or the labels differ before the number.
    """
    parts = [_split(label) for label in columns]
    without = [label for label, part in zip(columns, parts, strict=True) if part is None]
    if without:
        raise InputError(
            f"{what}: no age in the label of column {names(without)}; make the column of unit ids "
            f"the index (set_index), select the columns of {what}, or {otherwise}"
        )
    found = [part for part in parts if part is not None]
    stems = sorted({stem for stem, _ in found})
    if len(stems) > 1:
        raise InputError(
            f"{what}: the column labels begin differently ({names(stems)}); select the columns "
            f"that hold one outcome by age, or {otherwise}"
        )
    return np.array([number for _, number in found], dtype=np.float64)


def refuse_other_ages(given: FloatArray, in_labels: FloatArray) -> None:
    """Raise an InputError where the column labels carry other ages than those given.

    Waves, 1 to T or 0 to T − 1, are numbers of occasions, and numbers that cannot be ages
    (``crimes1998``) are none: there the ages given hold.
    """
    occasions = np.arange(len(in_labels))
    is_waves = any(np.array_equal(in_labels, occasions + first) for first in (0, 1))
    could_be_ages = bool(((in_labels >= 0) & (in_labels <= OLDEST)).all())
    if is_waves or not could_be_ages or np.array_equal(given, in_labels):
        return
    n_other = int((given != in_labels).sum())
    raise InputError(
        f"counts: ages= differs from the ages in the column labels in {n_other} of "
        f"{len(given)} columns ({given[0]:g} to {given[-1]:g} given, {in_labels[0]:g} to "
        f"{in_labels[-1]:g} in the labels); leave ages= out, or rename the columns"
    )


def _split(label: object) -> tuple[str, float] | None:
    if isinstance(label, Real) and not isinstance(label, (bool, np.bool_)):
        return "", float(label)
    if isinstance(label, str) and (match := _ENDS_IN_NUMBER.match(label.strip())):
        return match["stem"], float(match["number"])
    return None
