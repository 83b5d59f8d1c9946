"""Estimates with intervals side by side: a long tidy table made short enough to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from trajectories.disclosure_control import MARK
from trajectories.report.cells import HIDDEN
from trajectories.report.numbers import number

__all__ = ["side_by_side"]


def side_by_side(
    table: pd.DataFrame, rows: Sequence[str], columns: str, value: str = "estimate"
) -> pd.DataFrame:
    """Return one row for each combination of ``rows``, and one column a value of ``columns``.

    A cell is the estimate with its interval as text; a suppressed one says so, one that is not
    there is empty.

    Parameters
    ----------
    table : DataFrame
        Tidy, with ``lower`` and ``upper`` beside the column named by ``value``.
    rows : sequence of str
        Columns that tell the rows of the result, in the order of ``table``.
    columns : str
        Column whose values become columns.
    value : str
        Column of the estimates.
    """
    hidden = table[MARK].astype(bool) if MARK in table.columns else pd.Series(False, table.index)
    texts = [
        HIDDEN if gone else _cell(*parts)
        for gone, *parts in zip(hidden, table[value], table["lower"], table["upper"], strict=True)
    ]
    names = [*rows, columns]
    keys = list(zip(*(table[name].astype(str) for name in names), strict=True))
    cells: dict[tuple[str, ...], str] = {}
    for key, text in zip(keys, texts, strict=True):
        cells.setdefault(key, text)
    across = list(dict.fromkeys(key[-1] for key in keys))
    lines = list(dict.fromkeys(key[:-1] for key in keys))
    found = [[*line, *(cells.get((*line, one), "") for one in across)] for line in lines]
    return pd.DataFrame(found, columns=[*rows, *across])


def _cell(estimate: Any, lower: Any, upper: Any) -> str:
    if isinstance(estimate, str):
        return estimate
    if pd.isna(estimate):
        return "–"
    if isinstance(lower, str) or pd.isna(lower) or pd.isna(upper):
        return number(estimate, 3)
    return f"{_short(estimate)} ({_short(lower)} to {_short(upper)})"


def _short(value: float) -> str:
    """Return a number with two digits behind the point below 1, else three significant digits."""
    return f"{value:.2f}".replace("-", "−") if abs(value) < 1.0 else number(value)
