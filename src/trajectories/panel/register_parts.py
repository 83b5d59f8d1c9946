"""A table of a register that comes in parts: one file of detention, another of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api import types

from trajectories.errors import InputError


def parts_of(source: Any, name: str) -> list[tuple[Any, str | None]]:
    """Return the sources of a table, each with the type of its spells where that is said.

    A list or tuple is parts; for spells a dict is type → part.
    """
    if name == "spells" and isinstance(source, Mapping) and len(source):
        return [(part, str(kind)) for kind, part in source.items()]
    if isinstance(source, list | tuple) and len(source):
        return [(part, None) for part in source]
    return [(source, None)]


def with_type(table: pd.DataFrame, kind: str | None, rename: Mapping[str, str]) -> pd.DataFrame:
    """Return spells with their type in a column, where the file was given by type.

    Raises
    ------
    InputError
        If the file has a column of types already.
    """
    if kind is None:
        return table
    if "spell_type" in [rename.get(column, column) for column in table.columns]:
        raise InputError(
            f"spells: the table given as {kind!r} has a column of types already: give it in a "
            "list, spells=[...], and name its types with spell_types="
        )
    return table.assign(spell_type=kind)


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the parts, columns named alike, as one table with its rows numbered through."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if len(filled) > 1 else (filled or parts)[0]


def without_blanks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without blanks around its texts, as columns of fixed width have them.

    A text of blanks only is missing. Each distinct text is looked at once.
    """
    for column in table.columns[[types.is_string_dtype(dtype) for dtype in table.dtypes]]:
        codes, texts = pd.factorize(table[column])
        plain = pd.Index(texts).str.strip()
        if not plain.equals(pd.Index(texts)):
            values = pd.Series(plain, dtype="str").mask(plain == "").array
            table[column] = pd.Series(values.take(codes, allow_fill=True), index=table.index)
    return table
