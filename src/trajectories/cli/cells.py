"""Say on which lines of a user's file something is wrong, and in which columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.cli.csv_file import first_lines, line_numbers
from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names

__all__ = [
    "at_lines",
    "in_words_of_the_file",
    "refuse_bad_counts",
    "refuse_bad_exposure",
    "refuse_bad_ids",
    "refuse_missing_ids",
]

_ROWS = re.compile(r"rows? (?P<rows>\d+(?:, \d+)*)(?P<more> and [\d,]+ more)?(?=\))")
_ADVICE = (
    ("make those counts missing (NaN)", "leave those counts empty"),
    ("put NaN in the counts of those cells", "leave the counts of those cells empty"),
    ("or put NaN where nothing was observed", "or leave cells empty that were not observed"),
    (
        "choose a floor yourself (exposure.clip(lower=0.01), say) and report it",
        "choose a floor yourself (--exposure-floor 0.01, say) and report it",
    ),
    (
        "drop them, or make the panel with drop_unobserved=True",
        "take them out, or leave them out with --drop-unobserved",
    ),
    ("use weights= for copies of a history", "remove the copies"),
    ("add the counts up with groupby", "add the counts up"),
    ("with_exposure_floor", "--exposure-floor"),
)


def at_lines(path: Path, bad: Any, rows: Any = None) -> str:
    """Say at which lines of the file a mask of its rows is true: ``lines 3, 8 and 12 more``.

    ``rows`` are the rows of the file that the mask stands for, by default all in their order.

    Lines are counted as an editor does, the header first; they carry nothing of their contents.
    """
    found = np.flatnonzero(np.asarray(bad))
    rows = found if rows is None else np.asarray(rows)[found]
    return first_lines(path, [int(row) for row in rows])


def in_words_of_the_file(message: str, path: Path, first_rows: np.ndarray | None = None) -> str:
    """Put a message about rows of a table in words of the file and of the command line.

    Parameters
    ----------
    message : str
        Rows are counted from 0 in it.
    path : Path
        The file that the table was read from.
    first_rows : ndarray of int, optional
        The row of the table at which each unit begins, where the message counts units.
    """

    def lines(match: re.Match[str]) -> str:
        rows = [int(row) for row in match["rows"].split(", ")]
        if first_rows is not None:
            rows = [int(first_rows[row]) for row in rows]
        found = ", ".join(map(str, line_numbers(path, rows)))
        word = "line" if len(rows) == 1 and not match["more"] else "lines"
        return f"{word} {found}{match['more'] or ''} of {path.name}"

    for theirs, ours in _ADVICE:
        message = message.replace(theirs, ours)
    return _ROWS.sub(lines, message)


def refuse_missing_ids(ids: pd.Series, path: Path) -> None:
    """Raise an InputError where an id is empty."""
    missing = ids.isna()
    if missing.any():
        raise InputError(
            f"{path.name}: {counted(int(missing.sum()), 'id')} missing in column {ids.name!r} "
            f"({at_lines(path, missing)}): every row needs an id"
        )


def refuse_bad_ids(ids: pd.Series, path: Path) -> None:
    """Raise an InputError where an id is missing or there twice."""
    refuse_missing_ids(ids, path)
    repeated = ids.duplicated()
    if repeated.any():
        raise InputError(
            f"{path.name}: {counted(int(repeated.sum()), 'row')} with an id seen before in column "
            f"{ids.name!r} ({at_lines(path, repeated)}): one row a person; for a row a person and "
            "age use --format long"
        )


def refuse_bad_counts(counts: pd.DataFrame, path: Path) -> None:
    """Raise an InputError where a count is infinite, negative or fractional; names the columns."""
    values = counts.to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        checks = {
            "infinite": np.isinf(values),
            "negative": values < 0.0,
            "not whole": np.isfinite(values) & (values != np.floor(values)),
        }
    for what, bad in checks.items():
        if bad.any():
            columns = names(counts.columns[bad.any(axis=0)])
            raise InputError(
                f"{path.name}: counts are {what} in {counted(int(bad.sum()), 'cell')} of column "
                f"{columns} ({at_lines(path, bad.any(axis=1))}): correct them, leave them empty "
                "where nothing was observed, or name codes for missing values with --missing"
            )


def refuse_bad_exposure(exposure: pd.DataFrame, counts: np.ndarray, path: Path) -> None:
    """Raise an InputError where exposure of an observed cell is missing or not above zero.

    Parameters
    ----------
    exposure : DataFrame
        Its index holds rows of ``path``, its columns are named as there.
    counts : ndarray
        Of the same shape; NaN where not observed.
    path : Path
        The file that exposure was read from.
    """
    values, seen = exposure.to_numpy(dtype=float), ~np.isnan(counts)
    with np.errstate(invalid="ignore"):
        checks = {
            "missing or infinite": (seen & ~np.isfinite(values), "give the time free"),
            "zero or negative": (
                seen & (values <= 0.0),
                "correct it, or raise it with --exposure-floor and report that",
            ),
        }
    for what, (bad, advice) in checks.items():
        if bad.any():
            events = int((bad & (counts > 0)).sum())
            columns = names(exposure.columns[bad.any(axis=0)])
            lines = at_lines(path, bad.any(axis=1), exposure.index)
            raise InputError(
                f"{path.name}: exposure is {what} in {counted(int(bad.sum()), 'observed cell')} "
                f"of column {columns} ({lines}), {events:,} of them with outcomes: leave counts "
                f"empty where nobody was at risk, or {advice}"
            )
