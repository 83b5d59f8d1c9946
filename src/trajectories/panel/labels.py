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


def ages_from_labels(columns: pd.Index[Any], what: str = "counts") -> FloatArray:
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
            "the index (set_index), select the columns of counts, or give ages="
        )
    found = [part for part in parts if part is not None]
    stems = sorted({stem for stem, _ in found})
    if len(stems) > 1:
        raise InputError(
            f"{what}: the column labels begin differently ({names(stems)}); select the columns "
            "that hold one outcome by age, or give ages="
        )
    return np.array([number for _, number in found], dtype=np.float64)


def _split(label: object) -> tuple[str, float] | None:
    if isinstance(label, Real) and not isinstance(label, (bool, np.bool_)):
        return "", float(label)
    if isinstance(label, str) and (match := _ENDS_IN_NUMBER.match(label.strip())):
        return match["stem"], float(match["number"])
    return None
