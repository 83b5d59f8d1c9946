"""Which columns of a file hold ids, counts and exposure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted
from trajectories.suggestions import did_you_mean

__all__ = [
    "decimal_commas",
    "find_unit_column",
    "guess_series",
    "listed",
    "named_columns",
    "trailing_number",
]

UNIT_NAMES = ("id", "unit", "person")
_SERIES = re.compile(r"(?P<stem>.*?)(?P<number>\d+(?:\.\d+)?)$", re.DOTALL)
_DOMINANT = 3  # a series three times as long as any other is taken without asking


def trailing_number(name: str) -> float | None:
    """Return the number a column's name ends in, or None."""
    match = _SERIES.match(name)
    return float(match["number"]) if match else None


def find_unit_column(columns: Sequence[str], asked: str | None, file: str) -> str | None:
    """Return the column of ids: the one asked for, or the first named id, unit or person."""
    if asked is not None:
        if asked not in columns:
            raise InputError(
                f"{file} has no column {asked!r}; its columns: {listed(columns)}"
                f"{did_you_mean(asked, columns)}"
            )
        return asked
    return next((name for name in columns if name.lower() in UNIT_NAMES), None)


def named_columns(columns: Sequence[str], asked: str, file: str, option: str) -> list[str]:
    """Return the columns that 'Offense*', 'Y1..Y5', 'a,b,c', or a stem 'Y' stands for.

    Raises
    ------
    InputError
        If no column, or not every one of a list, is found.
    """
    if asked in columns:
        return [asked]
    if ".." in asked:
        first, _, last = asked.partition("..")
        found = _between(columns, first.strip(), last.strip())
    elif "," in asked:
        found = [part.strip() for part in asked.split(",") if part.strip()]
        absent = [name for name in found if name not in columns]
        if absent:
            raise InputError(f"{option}: {file} has no column {listed(absent)}")
    elif any(sign in asked for sign in "*?["):
        found = [name for name in columns if fnmatchcase(name, asked)]
    else:
        found = [name for name in columns if (m := _SERIES.match(name)) and m["stem"] == asked]
    if not found:
        raise InputError(
            f"{option} {asked!r} fits no column of {file}; its columns: {listed(columns)}"
        )
    return found


def _between(columns: Sequence[str], first: str, last: str) -> list[str]:
    ends = [_SERIES.match(name) for name in (first, last)]
    if first not in columns or last not in columns or None in ends:
        return []
    low, high = (match for match in ends if match is not None)
    if low["stem"] != high["stem"]:
        start, stop = list(columns).index(first), list(columns).index(last)
        return list(columns[start : stop + 1])
    return [
        name
        for name in columns
        if (match := _SERIES.match(name))
        and match["stem"] == low["stem"]
        and float(low["number"]) <= float(match["number"]) <= float(high["number"])
    ]


def guess_series(
    frame: pd.DataFrame, without: Sequence[str], file: str, option: str, otherwise: str = ""
) -> tuple[str, list[str]]:
    """Return stem and columns of the one series of columns that end in numbers.

    Columns that hold no number at all do not make a series. One series that is three times as
    long as any other is taken.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    series: dict[str, list[str]] = {}
    for name in frame.columns:
        match = _SERIES.match(name)
        if match and name not in without and not _is_text(frame[name]):
            series.setdefault(match["stem"], []).append(name)
    series = {stem: names for stem, names in series.items() if len(names) > 1}
    if not series:
        commas = decimal_commas(frame[[name for name in frame.columns if name not in without]])
        if commas:
            otherwise = f"{counted(len(commas), 'column')} hold numbers with a decimal comma: "
            otherwise += "give --decimal ,"
        what = "exposure" if option == "--exposure" else "counts"
        raise InputError(
            f"{file}: no columns of {what} found (names that differ only in a number at the end); "
            f"its columns: {listed(list(frame.columns))}; {_naming(option)}"
            f"{'; ' + otherwise if otherwise else ''}"
        )
    by_length = sorted(series, key=lambda stem: len(series[stem]), reverse=True)
    if len(by_length) > 1 and len(series[by_length[0]]) < _DOMINANT * len(series[by_length[1]]):
        found = ", ".join(f"{series[stem][0]}..{series[stem][-1]}" for stem in by_length[:4])
        raise InputError(
            f"{file}: more than one series of columns ({found}); choose with {option}, "
            f"for instance {option} '{series[by_length[0]][0]}..{series[by_length[0]][-1]}'"
        )
    return by_length[0], series[by_length[0]]


def _naming(option: str) -> str:
    if option == "--exposure":
        return "name columns as in the file of counts, with the ages at the end"
    return f"name them with {option}, for instance {option} 'Offense*'"


def _is_text(column: pd.Series) -> bool:
    filled = column.dropna()
    return len(filled) > 0 and bool(pd.to_numeric(filled, errors="coerce").isna().all())


def decimal_commas(frame: pd.DataFrame) -> list[str]:
    """Return the columns of text in which a cell is a number with a decimal comma."""
    texts = frame.select_dtypes(["object", "string"])
    return [
        str(name)
        for name, column in texts.items()
        if column.astype("string").str.fullmatch(r"\s*-?\d+,\d+\s*").any()
    ]


def listed(names: Sequence[str], quoted: bool = True) -> str:
    """Return the first eight names, and how many more there are."""
    shown = ", ".join(repr(name) if quoted else name for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
