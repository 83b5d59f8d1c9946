"""Labels that tell the groups of one fit apart where several carry one name."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["distinct_labels"]

_APART = 1.05
"""Levels are told apart by words where each is so many times the one below it."""
_SAME = 1.0 + 1e-9  # levels closer than this are one level
_BY_LEVEL = {2: ("lower", "higher"), 3: ("lower", "middle", "higher")}
_BY_AGE = {2: ("earlier", "later"), 3: ("earlier", "between", "later")}


def distinct_labels(typology: pd.DataFrame) -> pd.Series:
    """Return a label a group: its name, and what sets it apart from others of that name.

    Groups of one name are told apart by their level (``early_peak, lower`` and ``early_peak,
    higher``); where levels are within five per cent of each other, by the age of the peak
    (``earlier``, ``later``); where ages are the same too, by however little the levels differ. Of
    four or more each says its place (``early_peak, 2 of 4 by level``, from the lowest). Groups
    that cannot be compared, because their numbers are suppressed or equal, carry their own number.

    The label depends on the curves only, not on how groups are numbered, unless curves are equal.

    Parameters
    ----------
    typology : DataFrame
        Index group; ``name``, ``level`` (offences per year free), ``peak_age`` (years).

    Returns
    -------
    Series
        Index group; None where the group has no name.
    """
    labels = typology["name"].astype(object).where(typology["name"].notna(), None)
    numbers = typology[["level", "peak_age"]].apply(pd.to_numeric, errors="coerce").astype(float)
    known = np.isfinite(numbers.to_numpy()).all(axis=1)
    name = typology["name"].to_numpy(dtype=object)
    for shared in dict.fromkeys(value for value in name if isinstance(value, str)):
        rows = np.flatnonzero(name == shared)
        if len(rows) < 2:
            continue
        compared = rows[known[rows]]
        values = numbers.to_numpy()[compared]
        words = _words(values[:, 0], values[:, 1]) if len(compared) > 1 else None
        said = dict(zip(map(int, compared), words, strict=True)) if words is not None else {}
        for row in map(int, rows):
            labels.iloc[row] = f"{shared}, {said.get(row, f'group {typology.index[row]}')}"
    return labels.rename("label")


def _words(level: NDArray[np.float64], age: NDArray[np.float64]) -> list[str] | None:
    """Return what tells groups apart, or None where nothing does."""
    ordered = np.sort(level)
    if (ordered[1:] >= _APART * ordered[:-1]).all() and ordered[1] > 0.0:
        return _ranked(level, _BY_LEVEL, "level")
    if len(np.unique(age)) == len(age):
        return _ranked(age, _BY_AGE, "age of the peak")
    if (ordered[1:] > _SAME * ordered[:-1]).all():
        return _ranked(level, _BY_LEVEL, "level")
    return None


def _ranked(values: NDArray[np.float64], words: dict[int, tuple[str, ...]], by: str) -> list[str]:
    """Return a word, or a place from the lowest, for each of some values that differ."""
    n = len(values)
    places = np.argsort(np.argsort(values))
    if n in words:
        return [words[n][place] for place in places]
    return [f"{place + 1} of {n} by {by}" for place in places]
