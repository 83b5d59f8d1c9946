"""Distribution functions: values are merged, so that no step is one person's and no end either."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.disclosure_control.rounding import round_counts, round_digits, round_shares
from trajectories.disclosure_control.steps import MERGED
from trajectories.disclosure_control.switch import Setting

VALUE, SHARE, PERSONS = "value", "share", "persons"


def is_distribution(frame: pd.DataFrame) -> bool:
    """Tell whether a table has a row a value: the share at or below it, and who has it."""
    return {VALUE, SHARE, PERSONS} <= set(frame.columns)


def merge_values(frame: pd.DataFrame, setting: Setting, name: str) -> pd.DataFrame:
    """Return distribution functions at fewer values: between two shown lie enough persons.

    So do below the first and above the last one, so that the lowest and highest value of all, which
    are somebody's, are not told, unless enough have them. ``persons`` becomes the number since the
    row shown before, ``merged`` the number of rows that a row stands for.

    Parameters
    ----------
    frame : DataFrame
        ``value``, ``share`` (at or below it), ``persons`` (with it); columns of words tell several
        functions apart.
    setting : Setting
    name : str
        Of the table, in the record for the output checker.
    """
    labels = [column for column in frame.columns if column not in (VALUE, SHARE, PERSONS)]
    if not labels or not len(frame):
        return _one(frame, setting, name, "")
    return pd.concat(
        [
            _one(part, setting, name, ", ".join(map(str, key)))
            for key, part in frame.groupby(labels, sort=False, dropna=False, observed=True)
        ]
    )


def _one(frame: pd.DataFrame, setting: Setting, name: str, cell: str) -> pd.DataFrame:
    part = frame.sort_values(VALUE, kind="stable")
    persons = part[PERSONS].to_numpy(dtype=np.float64)
    kept = _shown(persons, setting.minimum_cell)
    since = np.diff(np.cumsum(persons)[kept], prepend=0.0)
    rows: pd.DataFrame = part.take(kept)
    stated = since
    if setting.rounding > 1:
        stated = round_counts(since, setting.rounding)
        whole = np.full(len(rows), persons.sum())
        shares = round_shares(rows[SHARE].to_numpy(), whole, setting.rounding)
        rows = rows.assign(**{SHARE: shares, VALUE: round_digits(rows[VALUE].to_numpy())})
    for row, (value, n, n_shown) in enumerate(zip(rows[VALUE], since, stated, strict=True)):
        where = f"{cell}, value={value:g}"
        setting.record.append((name, row, where, PERSONS, n, n_shown, "values merged"))
    return rows.assign(**{PERSONS: stated, MERGED: np.diff(kept, prepend=-1).astype(np.int64)})


def _shown(persons: NDArray[np.float64], minimum: int) -> NDArray[np.int64]:
    """Return the positions of the values shown."""
    total = np.cumsum(persons)
    kept: list[int] = []
    shown = 0.0
    for row, (own, below) in enumerate(zip(persons, total, strict=True)):
        above = total[-1] - below
        if below - shown >= minimum and (above >= minimum or (above == 0.0 and own >= minimum)):
            kept.append(row)
            shown = float(below)
    return np.array(kept, dtype=np.int64)
