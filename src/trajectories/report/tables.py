"""Frames as HTML tables: numbers rounded, everything escaped, yes and no in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, as_shown
from trajectories.report.cells import HIDDEN
from trajectories.report.numbers import fixed, number, percent

__all__ = ["STATES", "table_html"]

Format = str | Callable[[Any], str]

STATES = {"yes": "✓ yes", "no": "✗ no"}
_CLASSES = {STATES["yes"]: "yes", STATES["no"]: "no"}


def table_html(
    frame: pd.DataFrame,
    caption: str = "",
    formats: Mapping[str, Format] | None = None,
    headings: Mapping[str, str] | None = None,
    index: bool = False,
) -> str:
    """Return a frame as an HTML table.

    Parameters
    ----------
    frame : DataFrame
        Cells may be numbers, text, booleans or None.
    caption : str
        Above the table.
    formats : mapping, optional
        Column to ``"percent"``, ``"percent0"``, ``"fixed2"`` (any number of decimals), or a
        function of the cell; by default three significant digits. Text in a column of numbers,
        a suppressed cell say, stays as it is.
    headings : mapping, optional
        Column to what stands above it; by default its name with spaces for underscores.
    index : bool
        Show the index as first columns.
    """
    frame = _in_words(as_shown(frame, caption or "table of a report"))
    if index:
        frame = frame.reset_index()
    formats, headings = formats or {}, headings or {}
    columns = [str(column) for column in frame.columns]
    numeric = [_is_number_column(frame.iloc[:, j]) for j in range(len(columns))]
    head = "".join(
        f'<th scope="col"{_class("number" if is_number else "")}>'
        f"{escape(headings.get(column, column.replace('_', ' ')))}</th>"
        for column, is_number in zip(columns, numeric, strict=True)
    )
    rows = []
    for values in frame.itertuples(index=False, name=None):
        cells = (
            _cell(value, formats.get(column), is_number)
            for column, value, is_number in zip(columns, values, numeric, strict=True)
        )
        rows.append(f"<tr>{''.join(cells)}</tr>\n")
    above = f"<caption><span>{escape(caption)}</span></caption>" if caption else ""
    return (
        f'<div class="scroll"><table>{above}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a word in the place of numbers that are suppressed."""
    if MARK not in frame.columns:
        return frame
    rows = frame[MARK].to_numpy(dtype=bool)
    shown = frame.drop(columns=MARK)
    for column in shown.columns:
        gone = rows & shown[column].isna().to_numpy()
        if gone.any() and pd.api.types.is_numeric_dtype(shown[column].dtype):
            shown[column] = shown[column].astype(object).mask(gone, HIDDEN)
    return shown


def _cell(value: Any, form: Format | None, is_number: bool) -> str:
    text = cell_text(value, form)
    kind = _CLASSES.get(text) or ("number" if is_number else "")
    if not kind and text == "–":
        kind = "muted"
    elif not kind:
        kind = "text" if len(text) > 40 else "short" if len(text) <= 24 else ""
    return f"<td{_class(kind)}>{escape(text)}</td>"


def cell_text(value: Any, form: Format | None = None) -> str:
    """Return one cell as text."""
    if isinstance(value, str):
        return value
    if callable(form):
        return form(value)
    if value is None or value is pd.NaT or value is pd.NA:
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return STATES["yes"] if value else STATES["no"]
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, Real):
        return _number_text(value, form)
    return str(value)


def _number_text(value: Any, form: str | Callable[[Any], str] | None) -> str:
    if isinstance(form, str) and form.startswith("percent"):
        return percent(value, int(form.removeprefix("percent") or 1))
    if isinstance(form, str) and form.startswith("fixed"):
        return fixed(value, int(form.removeprefix("fixed")))
    return number(value)


def _is_number_column(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column.dtype):
        return False
    if pd.api.types.is_numeric_dtype(column.dtype):
        return True
    # a column of numbers in which some cells were replaced by words
    return any(isinstance(value, Real) and not isinstance(value, bool) for value in column)


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
