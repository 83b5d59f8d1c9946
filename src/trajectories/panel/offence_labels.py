"""Names of offence types: how they are compared, and which of them a message may say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.panel.arrays import BoolArray, counted, where_rows

MOST_NAMED = 20
"""More unknown types than this are hardly types: the column may hold something else, or ids."""


def label(kind: Any) -> str:
    """Return a type as text, whole numbers without a point, however a table came by them."""
    whole = isinstance(kind, float | np.floating) and float(kind).is_integer()
    return str(int(kind)) if whole else str(kind)


def labels(kinds: pd.Series[Any]) -> pd.Series[Any]:
    """Return types as text."""
    return pd.Series([label(kind) for kind in kinds], index=kinds.index, dtype=object)


def is_named(kinds: pd.Series[Any], name: Any) -> BoolArray:
    """Return which of some types (or groups) have a name, compared as text; missing ones none."""
    codes, distinct = pd.factorize(kinds)
    wanted = label(name)
    found = [label(kind) == wanted for kind in distinct]
    return np.array([*found, False], dtype=bool)[codes]  # missing ones have code −1


def named_types(kinds: pd.Series[Any]) -> str:
    """Name the types of several offences; one that stands in a single row is only counted.

    A type is no personal data, but a remark about a person in the wrong column is.
    """
    times = kinds.value_counts()
    told = [repr(kind) for kind in sorted(times.index, key=str) if times[kind] > 1]
    once = len(times) - len(told)
    return ", ".join(told + ([f"{once} in a single row each, not named"] if once else []))


def unknown_types(kinds: pd.Series[Any], mask: BoolArray) -> str:
    """Return what to say of types that a classification lacks; types are no personal data."""
    distinct = sorted(kinds.dropna().unique(), key=str)
    n_missing = int(kinds.isna().sum())
    parts = [f"missing in {counted(n_missing, 'row')}"] if n_missing else []
    if 0 < len(distinct) <= MOST_NAMED:
        parts.append(
            f"{counted(len(distinct), 'type')} not in the classification ({named_types(kinds)})"
        )
    elif distinct:
        parts.append(
            f"{counted(len(distinct), 'type')} not in the classification, too many to be "
            "types: does the column hold something else?"
        )
    return (
        f"offences column 'offence_type': {counted(int(mask.sum()), 'row')} without a known "
        f"type ({where_rows(mask)}): {'; '.join(parts)}; add types with "
        "own = classification.replace(type, offence_group=…, statutory_maximum=…, "
        "pretrial_detention=…), where classification is OffenceClassification.default() or the "
        "register's, and give own to the register: Register.read(…, classification=own) or "
        "register.with_classification(own)"
    )
