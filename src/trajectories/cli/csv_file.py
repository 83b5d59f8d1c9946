"""Read a CSV file, and say in one line what is wrong with it; never what is in a row."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted

__all__ = ["numeric_columns", "read_csv"]

_SEPARATORS = (",", ";", "\t")


def read_csv(path: Path, separator: str | None = None, decimal: str = ".") -> pd.DataFrame:
    """Return a CSV file as a frame.

    Parameters
    ----------
    path : Path
        UTF-8, with a header line.
    separator : str, optional
        By default the one of comma, semicolon and tab that is most frequent in the header.
    decimal : str
        Decimal sign.

    Raises
    ------
    InputError
        If the file is empty or no UTF-8, names a column twice, has rows longer than the header,
        or has no rows.
    OSError
        If it cannot be opened.
    """
    header = _header(path)
    if separator is None:
        separator = max(_SEPARATORS, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=separator))]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path.name}: column {twice[0]!r} is there more than once; rename it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=separator,
                decimal=decimal,
                encoding="utf-8-sig",
                index_col=False,
                low_memory=False,
                skipinitialspace=True,
            )
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
    return frame


def _header(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for line in stream:
                if line.strip():
                    return line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text; save it as CSV in UTF-8") from None
    raise InputError(f"{path.name} is empty")


def numeric_columns(
    frame: pd.DataFrame, columns: Sequence[str], file: str, missing: Sequence[str] = ()
) -> pd.DataFrame:
    """Return columns as numbers, with NaN for empty cells and for the codes in ``missing``.

    Raises
    ------
    InputError
        If cells are neither numbers, empty, nor missing codes; says in which columns, how many.
    """
    result, bad, comma = {}, {}, False
    for name in columns:
        column = frame[name]
        if missing:
            column = column.mask(_coded(column, missing))
        numbers = pd.to_numeric(column, errors="coerce").astype(float)
        wrong = numbers.isna() & column.notna()
        if wrong.any():
            bad[name] = int(wrong.sum())
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
            f"{file}: {counted(sum(bad.values()), 'cell')} not numeric in column {listed}{more}; "
            f"{advice}"
        )
    return pd.DataFrame(result, index=frame.index)


def _coded(column: pd.Series, missing: Sequence[str]) -> pd.Series:
    coded = column.astype(str).str.strip().isin(missing)
    numbers = list(pd.to_numeric(pd.Series(missing), errors="coerce").dropna())
    return coded | pd.to_numeric(column, errors="coerce").isin(numbers)
