"""Array types, and the small tools with which a check says where something is."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
IntArray: TypeAlias = NDArray[np.int64]
DayArray: TypeAlias = NDArray[np.datetime64]

OutcomeArray: TypeAlias = NDArray[Any]
"""Outcomes as a panel holds them: float64, or unsigned integers of 8 or 16 bits."""

N_ROWS_SHOWN = 5
N_NAMES_SHOWN = 8


def counted(n: int, noun: str) -> str:
    """Return the number with its noun, plural where needed: ``1 cell``, ``2,310 cells``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def where_rows(bad: NDArray[Any]) -> str:
    """Say in which rows a mask is true, first few only: ``rows 3, 8 and 12 more``.

    Row numbers are positions counted from 0. They identify a row of the user's own table and
    carry nothing of its contents.
    """
    return these_rows(np.flatnonzero(bad.any(axis=1) if bad.ndim == 2 else bad))


def these_rows(rows: NDArray[Any]) -> str:
    """Name row numbers, first few only: ``rows 3, 8 and 12 more``."""
    shown = ", ".join(str(row) for row in rows[:N_ROWS_SHOWN])
    more = len(rows) - N_ROWS_SHOWN
    tail = f" and {more:,} more" if more > 0 else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{tail}"


def names(labels: Any) -> str:
    """List column names or categories, first few only; ``none`` where there are none."""
    listed = [repr(label) for label in labels] or ["none"]
    tail = f" and {len(listed) - N_NAMES_SHOWN} more" if len(listed) > N_NAMES_SHOWN else ""
    return ", ".join(listed[:N_NAMES_SHOWN]) + tail


def is_narrow(values: Any) -> bool:
    """Tell whether an array holds counts as unsigned integers of 8 or 16 bits."""
    plain = isinstance(values, np.ndarray) and not np.ma.isMaskedArray(values)
    return plain and values.dtype in (np.uint8, np.uint16)


def widened(values: NDArray[Any]) -> FloatArray:
    """Return outcomes as float64, without a copy where they are; for a block rather than a panel.

    Arithmetic on unsigned integers of 8 bits wraps around (1 - 2 is 255), and functions such as
    the square root answer in half precision: whoever computes with outcomes widens them first.
    """
    return np.asarray(values, dtype=np.float64)


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that refuses writing; the array that was given stays as it was."""
    view = array.view()
    view.flags.writeable = False
    return view


def all_finite(values: FloatArray) -> bool:
    """Tell whether no value is NaN or infinite, without a temporary where all is well.

    A sum of finite numbers is finite unless it overflows, so only a suspicious sum is looked at
    cell by cell.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    return bool(np.isfinite(total)) or bool(np.isfinite(values).all())
