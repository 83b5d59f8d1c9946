"""Ids of persons as one type in all tables, so that references resolve or not for one reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.panel.register_files import IDS

OWN_IDS = ("offence", "case")
"""Columns of offences with ids that are no person's."""

_WHOLE_NUMBER = r"(?:0|[1-9][0-9]{0,17})"


def unify_ids(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with ids of persons as int64 where all are whole numbers, else as text.

    A table read from a file has text where a frame has numbers, and a missing id makes whole
    numbers floats: neither is a difference. ``007`` is text, and not 7. A column with a missing id
    has a type that allows it.
    """
    found = {
        (name, column): _plain(table[column])
        for name, table in tables.items()
        for column in IDS[name]
        if column in table.columns
    }
    numbers = all(_are_numbers(ids) for ids in found.values())
    result = dict(tables)
    for (name, column), ids in found.items():
        result[name] = result[name].assign(**{column: _as(ids, numbers)})
    for column in OWN_IDS:
        if column in result["offences"].columns:
            ids = _plain(result["offences"][column])
            ids = _as(ids, _are_numbers(ids))
            result["offences"] = result["offences"].assign(**{column: ids})
    return result


def _plain(ids: pd.Series[Any]) -> pd.Series[Any]:
    """Return whole floats as integers, and text without blanks around it; empty text is missing."""
    if types.is_float_dtype(ids.dtype):
        whole = ids.dropna() == np.floor(ids.dropna())
        return ids.astype("Int64") if whole.all() else ids.astype("str")
    if types.is_integer_dtype(ids.dtype):
        return ids
    text = ids.astype("str").where(ids.notna())
    # few columns need this, and it is slow
    stripped = text.str.strip()
    return stripped.where(stripped != "")


def _are_numbers(ids: pd.Series[Any]) -> bool:
    if types.is_integer_dtype(ids.dtype):
        return True
    known = ids.dropna()
    return bool(known.str.fullmatch(_WHOLE_NUMBER).all())


def _as(ids: pd.Series[Any], numbers: bool) -> pd.Series[Any]:
    if not numbers:
        return ids.astype("str").where(ids.notna())
    if not ids.isna().any():
        return ids.astype("int64")
    if types.is_integer_dtype(ids.dtype):
        return ids.astype("Int64")
    return pd.to_numeric(ids).astype("Int64")
