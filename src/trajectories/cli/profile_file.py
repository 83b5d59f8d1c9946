"""A file of profiles as a table of text: CSV or Excel, every cell as it is written."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

from trajectories.cli.csv_file import header
from trajectories.errors import InputError

__all__ = ["read_profiles"]

EXCEL = (".xlsx", ".xlsm")


def read_profiles(path: Path, separator: str | None, decimal: str) -> pd.DataFrame:
    """Return the table of a file, every cell as text, decimal commas as points.

    Raises
    ------
    InputError
        If the file is empty, is no table, or is an Excel file and openpyxl is not installed.
    OSError
        If it cannot be opened.
    """
    table = _excel(path) if path.suffix.lower() in EXCEL else _csv(path, separator, decimal)
    if decimal == ",":
        table = table.map(lambda cell: cell.replace(",", ".") if isinstance(cell, str) else cell)
    return table


def _csv(path: Path, separator: str | None, decimal: str) -> pd.DataFrame:
    names, sign = header(path, separator, decimal)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                sep=sign,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                encoding="utf-8-sig",
                header=None,
                skiprows=1,
                names=[f"column {place}" for place in range(len(names))],
            )
    except pd.errors.EmptyDataError:
        table = pd.DataFrame(columns=range(len(names)), dtype=str)
    except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
        raise InputError(
            f"{path.name}: some rows have more cells than the header, or the file is no UTF-8 "
            "text; correct it"
        ) from error
    return table.set_axis(names, axis=1)


def _excel(path: Path) -> pd.DataFrame:
    try:
        return pd.read_excel(path, dtype=str, keep_default_na=False)
    except ImportError:
        raise InputError(
            f"{path.name}: reading Excel files needs openpyxl; install it, or save the sheet as CSV"
        ) from None
    except (ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name} is no Excel file that can be read") from error
