"""Suppress small cells, so that a table tells nothing about a few persons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.errors import InputError

__all__ = ["HIDDEN", "suppress_small_cells"]

HIDDEN = "suppressed"


def suppress_small_cells(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    minimum_cell: int,
    derived: Sequence[str] = (),
    total_known: bool = False,
) -> pd.DataFrame:
    """Return the frame with counts of 1 to ``minimum_cell`` − 1 persons replaced by text.

    Parameters
    ----------
    frame : DataFrame
        A row a group, a cause, a period; not changed.
    columns : sequence of str
        Columns that count persons. A count may be expected, and so fractional: what lies above 0
        and below the minimum is small. Zero stays: it tells of nobody.
    minimum_cell : int
        0 or 1 suppresses nothing.
    derived : sequence of str
        Columns computed from these counts (shares, means, intervals): in a row with a small
        count they read 'suppressed', because the count could be worked out from them.
    total_known : bool
        Whether the reader knows the sum of a column. One small cell could then be found by
        subtraction: the smallest other cells are withheld too ('not shown'), until at least two
        cells are hidden that hold ``minimum_cell`` persons together, and until the small ones could
        be any number from 1 to ``minimum_cell`` − 1 for all that their sum tells.

    Raises
    ------
    InputError
        If a column is missing or not numeric, or ``minimum_cell`` is negative.
    """
    if minimum_cell < 0:
        raise InputError(f"minimum_cell is {minimum_cell}; give 0 (off) or more")
    absent = [column for column in (*columns, *derived) if column not in frame.columns]
    if absent:
        raise InputError(f"columns to suppress are not in the table: {', '.join(absent)}")
    result = frame.copy()
    if minimum_cell <= 1:
        return result
    touched = np.zeros(len(frame), dtype=bool)
    for column in columns:
        if not pd.api.types.is_numeric_dtype(frame[column].dtype):
            raise InputError(f"column {column!r} does not hold counts, so none can be suppressed")
        counts = frame[column].to_numpy(dtype=float, na_value=np.nan)
        small = (counts > 0) & (counts < minimum_cell)
        hidden = small | (_complement(counts, small, minimum_cell) if total_known else False)
        texts = np.where(small, f"<{minimum_cell}", "not shown")
        result[column] = _replace(frame[column], hidden, texts)
        touched |= hidden
    for column in derived:
        result[column] = _replace(frame[column], touched, np.full(len(frame), HIDDEN))
    return result


def _complement(
    counts: np.ndarray[tuple[int], np.dtype[np.float64]],
    small: np.ndarray[tuple[int], np.dtype[np.bool_]],
    minimum_cell: int,
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    more = np.zeros(len(counts), dtype=bool)
    if not small.any():
        return more
    for place in np.argsort(counts, kind="stable"):
        if _is_secret(counts, small, more, minimum_cell):
            break
        if not (small | more)[place] and counts[place] > 0:
            more[place] = True
    return more


def _is_secret(
    counts: np.ndarray[tuple[int], np.dtype[np.float64]],
    small: np.ndarray[tuple[int], np.dtype[np.bool_]],
    more: np.ndarray[tuple[int], np.dtype[np.bool_]],
    minimum_cell: int,
) -> bool:
    """Tell whether a small count could still be anything from 1 to the minimum less 1.

    The reader knows what the hidden cells add up to, which of them are small, and that the others
    are not: a small count beside one cell of just the minimum would be known exactly.
    """
    hidden = small | more
    total = float(counts[hidden].sum())
    if hidden.sum() < 2 or total < minimum_cell:
        return False
    other_small, n_more = int(small.sum()) - 1, int(more.sum())
    highest = min(minimum_cell - 1, total - minimum_cell * n_more - other_small)
    lowest = 1.0 if n_more else max(1.0, total - other_small * (minimum_cell - 1))
    return highest - lowest >= minimum_cell - 2


def _replace(column: pd.Series, hidden: np.ndarray, texts: np.ndarray) -> pd.Series:
    if not hidden.any():
        return column
    changed = column.astype(object)
    changed[hidden] = texts[hidden]
    return changed
