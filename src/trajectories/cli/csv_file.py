"""Read a CSV file, and say in one line what is wrong with it; never what is in a row."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.cli.columns import UNIT_NAMES
from trajectories.errors import InputError
from trajectories.panel.arrays import N_ROWS_SHOWN, counted

__all__ = [
    "blank_lines",
    "first_lines",
    "header",
    "line_numbers",
    "numeric_columns",
    "read_csv",
    "short_rows",
]

_SEPARATORS = (",", ";", "\t")
_EMPTY = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")
"""What stands for an empty cell in any column but that of the ids."""


def read_csv(
    path: Path, separator: str | None = None, decimal: str = ".", unit: str | None = None
) -> pd.DataFrame:
    """Return a CSV file as a frame.

    Parameters
    ----------
    path : Path
        UTF-8, with a header line.
    separator : str, optional
        By default the one of comma, semicolon and tab that is most frequent in the header.
    decimal : str
        Decimal sign.
    unit : str, optional
        The column of ids, by default the first named id, unit or person. It is kept as text, as it
        is written, without the blanks around it: 007 and 7, 2E5 and 200000 are different ids, and
        NA is one. Only an empty id is missing.

    Raises
    ------
    InputError
        If the file is empty or no UTF-8, names a column twice, has rows longer than the header,
        or has no rows.
    OSError
        If it cannot be opened.
    """
    names, separator = header(path, separator, decimal)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path.name}: column {twice[0]!r} is there more than once; rename it")
    ids = _place_of_ids(names, unit)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = _parse(path, separator, decimal, ids)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        line = re.search(r"line (\d+)", str(error))
        where = f" (line {line.group(1)})" if line else ""
        raise InputError(f"{path.name}: rows have more cells than the header{where}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text; save it as CSV in UTF-8") from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{path.name} cannot be read as CSV ({type(error).__name__})") from None
    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    if len(frame) == 0:
        raise InputError(f"{path.name} has a header but no rows")
    for place in ids:
        name = frame.columns[place]
        stripped = frame[name].astype(str).str.strip().astype(object)
        frame[name] = stripped.where(stripped != "", None)
    return frame


def _parse(path: Path, separator: str, decimal: str, ids: list[int]) -> pd.DataFrame:
    options: dict[str, Any] = {
        "sep": separator,
        "decimal": decimal,
        "encoding": "utf-8-sig",
        "index_col": False,
        "skipinitialspace": True,
    }
    labels = list(pd.read_csv(path, nrows=0, **options).columns)
    text = [labels[place] for place in ids]
    frame: pd.DataFrame = pd.read_csv(
        path,
        low_memory=False,
        dtype=dict.fromkeys(text, str),
        keep_default_na=False,
        na_values={label: _EMPTY for label in labels if label not in text},
        **options,
    )
    return frame


def header(path: Path, separator: str | None, decimal: str) -> tuple[list[str], str]:
    """Return the names in the first line of a CSV file, and the sign between its cells."""
    line = _header(path)
    if re.fullmatch(r'"?sep=.?"?', line.strip(), re.IGNORECASE):
        raise InputError(
            f"{path.name}: the first line, {line.strip()}, is for Excel only and no header: delete "
            "it"
        )
    if separator is None:
        # a decimal comma can be between cells too, in quotes, where nothing else is
        separator = max(
            _SEPARATORS,
            key=lambda sign: (
                (line.count(sign) > 0) * (1 if sign == decimal else 1 + line.count(sign))
            ),
        )
    row = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    return [name.strip() for name in row], separator


def _place_of_ids(names: list[str], unit: str | None) -> list[int]:
    if unit is not None and unit in names:
        return [names.index(unit)]
    return [place for place, name in enumerate(names) if name.lower() in UNIT_NAMES][:1]


def line_numbers(path: Path, rows: Sequence[int]) -> list[int]:
    """Return the lines of the file that rows of the table begin at; the header is line 1.

    Blank lines are counted, though they are no rows; so are line breaks within quotes.
    """
    wanted, found, row, begin = set(rows), dict[int, int](), -1, 1
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if row in wanted:
                    found[row] = begin
                row += 1
            begin = reader.line_num + 1
    return [found.get(row, row + 2) for row in rows]


def first_lines(path: Path, rows: Sequence[int]) -> str:
    """Name the lines that rows begin at, first few only: ``lines 3, 8 and 12 more``."""
    lines = line_numbers(path, rows[:N_ROWS_SHOWN])
    more = f" and {len(rows) - len(lines):,} more" if len(rows) > len(lines) else ""
    return f"{'line' if len(rows) == 1 else 'lines'} {', '.join(map(str, lines))}{more}"


def _header(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for line in stream:
                if line.strip():
                    return line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text; save it as CSV in UTF-8") from None
    raise InputError(f"{path.name} is empty")


def blank_lines(path: Path) -> int:
    """Return how many blank lines stand above the header."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next((number for number, line in enumerate(stream) if line.strip()), 0)


def short_rows(path: Path, separator: str, n_cells: int) -> int:
    """Return how many rows below the header have fewer cells than it; spreadsheets write such.

    Raises
    ------
    InputError
        If the last row is one, and the file ends in it without a line break: it was cut off.
    """
    number, last, line = 0, n_cells, 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
        rows = (cells for cells in reader if any(cell.strip() for cell in cells))
        next(rows, None)
        for cells in rows:
            last, line = len(cells), reader.line_num
            number += last < n_cells
    if last < n_cells and not path.read_bytes().endswith((b"\n", b"\r")):
        raise InputError(
            f"{path.name} ends in the middle of a row (line {line} has {last} of {n_cells} cells, "
            "and no line break): it was cut off; use the whole file"
        )
    return number


def numeric_columns(
    frame: pd.DataFrame, columns: Sequence[str], file: Path, missing: Sequence[str] = ()
) -> pd.DataFrame:
    """Return columns as numbers, with NaN for empty cells and for the codes in ``missing``.

    Raises
    ------
    InputError
        If cells are neither numbers, empty, nor missing codes; says in which columns, how many,
        and at which lines of the file.
    """
    result, bad, comma, rows = {}, {}, False, set[int]()
    for name in columns:
        column = frame[name]
        if missing:
            column = column.mask(_coded(column, missing))
        numbers = pd.to_numeric(column, errors="coerce").astype(float)
        wrong = numbers.isna() & column.notna()
        if wrong.any():
            bad[name] = int(wrong.sum())
            rows |= set(np.flatnonzero(wrong.to_numpy()).tolist())
            comma |= bool(column[wrong].astype(str).str.fullmatch(r"\s*-?\d+,\d+\s*").any())
        result[name] = numbers
    if bad:
        listed = ", ".join(f"{name!r} ({count})" for name, count in list(bad.items())[:5])
        more = f" and {len(bad) - 5} more columns" if len(bad) > 5 else ""
        advice = (
            "for a decimal comma use --decimal ','"
            if comma
            else "correct them, or name codes for missing values with --missing"
        )
        raise InputError(
            f"{file.name}: {counted(sum(bad.values()), 'cell')} not numeric in column {listed}"
            f"{more}, {first_lines(file, sorted(rows))}; {advice}"
        )
    return pd.DataFrame(result, index=frame.index)


def _coded(column: pd.Series, missing: Sequence[str]) -> pd.Series:
    coded = column.astype(str).str.strip().isin(missing)
    numbers = list(pd.to_numeric(pd.Series(missing), errors="coerce").dropna())
    return coded | pd.to_numeric(column, errors="coerce").isin(numbers)
