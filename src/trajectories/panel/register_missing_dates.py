"""What an agency writes where there is no date: 01-01-1900, 31-12-9999, 00-00-0000."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, counted, names
from trajectories.panel.register_dates import parse_dates
from trajectories.panel.register_files import DATES
from trajectories.panel.register_problems import Problems


def without_codes(
    tables: Mapping[str, pd.DataFrame],
    declared: Mapping[str, Any] | None,
    date_format: str | None,
    problems: Problems,
) -> dict[str, pd.DataFrame]:
    """Return the tables with declared codes of their date columns missing.

    Columns without dates and codes that stand nowhere go to ``problems``: a slip would pass
    silently.

    Raises
    ------
    InputError
        If ``declared`` is no mapping.
    """
    result = dict(tables)
    if declared is not None and not isinstance(declared, Mapping):
        raise InputError(
            "missing_dates= must be a dict, column of dates → what stands for no date: "
            "{'end_date': '31-12-9999'}"
        )
    for column, given in (declared or {}).items():
        codes = [given] if isinstance(given, str) else list(given)
        here = [t for t, columns in DATES.items() if column in columns and column in tables[t]]
        if not here:
            known = [c for t, columns in DATES.items() for c in columns if c in tables[t]]
            problems.add(f"missing_dates= names {column!r}; dates are in {names(known)}")
        for name in here:
            table = result[name]
            coded = _coded(table[column], codes, name, date_format, problems)
            result[name] = table.assign(**{column: table[column].mask(coded)})
    return result


def _coded(
    column: pd.Series[Any],
    codes: list[Any],
    name: str,
    date_format: str | None,
    problems: Problems,
) -> BoolArray:
    """Return where a column holds one of the codes; each must stand somewhere."""
    if types.is_datetime64_dtype(column.dtype):
        wanted = parse_dates(pd.Series(codes, name=column.name), name, None, date_format).value
        days = column.to_numpy().astype("datetime64[D]")
        found = [(days == code) for code in wanted]
    else:
        if types.is_float_dtype(column.dtype) and not (column.dropna() % 1).any():
            column = column.astype("Int64")  # 99991231, next to cells that are empty
        texts = column.astype("string").str.strip()
        found = [np.asarray((texts == str(code)).fillna(False), dtype=bool) for code in codes]
    absent = sum(not mask.any() for mask in found)
    if absent:
        problems.add(
            f"missing_dates= gives {counted(absent, 'code')} that no row of {name} column "
            f"{column.name!r} has",
            "write codes in missing_dates= as the table does",
        )
    return np.logical_or.reduce(found) if found else np.zeros(len(column), dtype=bool)
