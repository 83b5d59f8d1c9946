"""A file of profiles as a table of text: CSV or Excel, every cell as it is written."""

from __future__ import annotations

import warnings
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd

from trajectories.cli.csv_file import blank_lines, header, short_rows
from trajectories.errors import InputError
from trajectories.panel.arrays import counted

__all__ = ["decimal_points", "read_profiles"]

EXCEL = (".xlsx", ".xlsm")


def read_profiles(
    path: Path, separator: str | None, decimal: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of a file, every cell as text, and what its reader has to be told.

    Raises
    ------
    InputError
        If the file is empty, is no table, was cut off in a row, or is an Excel file and openpyxl
        is not installed.
    OSError
        If it cannot be opened.
    """
    said: list[str] = []
    if path.suffix.lower() in EXCEL:
        table = _excel(path)
    else:
        names, sign = header(path, separator, decimal)
        table = _csv(path, names, sign)
        short = short_rows(path, sign, len(names))
        if short:
            said.append(
                f"{counted(short, 'row')} with fewer cells than the header: what they lack counts "
                "as not observed"
            )
    nameless = [
        not name and bool(table.iloc[:, place].fillna("").str.strip().eq("").all())
        for place, name in enumerate(table.columns)
    ]
    return table.loc[:, [not one for one in nameless]], said


def decimal_points(column: pd.Series) -> pd.Series:
    """Return a column of text with decimal points for commas.

    A point in it separates thousands, and no cell with one becomes another number.
    """
    text = column.astype("string")
    mixed = text.str.contains(".", regex=False).fillna(False)
    return text.where(~mixed, text.str.replace(".", "'", regex=False)).str.replace(
        ",", ".", regex=False
    )


def _csv(path: Path, names: list[str], sign: str) -> pd.DataFrame:
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
                skiprows=blank_lines(path) + 1,
                names=[f"column {place}" for place in range(len(names))],
            )
    except pd.errors.EmptyDataError:
        table = pd.DataFrame(columns=range(len(names)), dtype=str)
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text; save it as CSV in UTF-8") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(
            f"{path.name}: some rows have more cells than the header, or a quotation mark is not "
            "closed; correct it"
        ) from error
    return table.set_axis(names, axis=1)


def _excel(path: Path) -> pd.DataFrame:
    try:
        # the header as a row like the others, or a column that is there twice gets another name
        table = pd.read_excel(path, dtype=str, keep_default_na=False, header=None)
    except ImportError:
        raise InputError(
            f"{path.name}: reading Excel files needs openpyxl; install it, or save the sheet as CSV"
        ) from None
    except (ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{path.name} is no Excel file that can be read") from error
    filled = (table != "").any(axis=1)
    if not filled.any():
        raise InputError(f"{path.name} is empty")
    table = table.loc[filled.idxmax() :]
    names = [str(name).strip() for name in table.iloc[0]]
    return table.iloc[1:].set_axis(names, axis=1).reset_index(drop=True)
