"""Tables beside the counts, put in their order by unit id and age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, IntArray, counted
from trajectories.panel.labels import ages_from_labels


@dataclass(frozen=True)
class Labels:
    """What the rows and columns of the counts are called.

    Attributes
    ----------
    ids : list of Index
        Unit ids, as given and as the table of counts has them; empty where it has none.
    columns : Index or None
        Column labels of a table of counts.
    ages : list of ndarray, each (T,)
        The ages given, and those in the column labels; empty where neither is there.
    """

    ids: list[pd.Index[Any]]
    columns: pd.Index[Any] | None
    ages: list[FloatArray]


def aligned_table(values: Any, labels: Labels, what: str = "exposure") -> Any:
    """Put a table beside the counts in their order; an array is handed back as it is.

    Raises
    ------
    InputError
        If both have unit ids, or both have ages, and they are not the same.
    """
    if not isinstance(values, pd.DataFrame):
        return values
    values = values.iloc[:, _columns(values.columns, labels, what)]
    return values.iloc[_rows(values.index, labels.ids, what)]


def aligned_weights(weights: Any, labels: Labels) -> Any:
    """Put a Series of weights in the order of the counts; an array is handed back as it is.

    Raises
    ------
    InputError
        If the counts have unit ids, and they are not those of the Series.
    """
    if not isinstance(weights, pd.Series):
        return weights
    return weights.iloc[_rows(weights.index, labels.ids, "weights")]


def _columns(have: pd.Index[Any], labels: Labels, what: str) -> IntArray:
    """Return for each age of the counts its column of the other table."""
    here = np.arange(len(have))
    if labels.columns is None and not labels.ages:
        return here
    want = labels.columns if labels.columns is not None else labels.ages[0]
    if len(have) != len(want):
        raise InputError(
            f"{what} has {counted(len(have), 'column')}, counts have {len(want)}: "
            "give one column an age in both"
        )
    if labels.columns is not None and have.is_unique and labels.columns.is_unique:
        by_label = have.get_indexer(labels.columns)
        if (by_label >= 0).all():
            return by_label.astype(np.int64)
    found = ages_from_labels(have, what, "give an array, in the order of the counts")
    for ages in labels.ages:
        if np.array_equal(np.sort(found), np.sort(ages)):
            return np.argsort(found)[np.argsort(np.argsort(ages))]
    raise InputError(
        f"{what}: the ages in its column labels are not those of the counts; "
        "give both the same ages (or an array, in the order of the counts)"
    )


def _rows(have: pd.Index[Any], ids: list[pd.Index[Any]], what: str) -> IntArray:
    """Return for each unit of the counts its row in another table with the same units."""
    if not ids:
        return np.arange(len(have))
    for index, name in ((have, what), (ids[0], "counts")):
        if not index.is_unique:
            raise InputError(
                f"{name}: {counted(int(index.duplicated().sum()), 'row')} with a unit "
                "id seen before: one row a unit"
            )
    found = [rows for want in ids if (rows := _matched(have, want)) is not None]
    if not found:
        n_absent, n_extra = _absent(have, ids[0]), _absent(ids[0], have)
        raise InputError(
            f"{what}: {counted(n_absent, 'unit')} of the counts absent, {n_extra:,} not among "
            "the counts; give both the same unit ids in the index"
            + (" (.loc[counts.index] takes them)" if not n_absent else "")
            + ", or an array, in the same order"
        )
    if any((rows != found[0]).any() for rows in found):
        raise InputError(
            f"{what}: its index fits units= and the index of the counts in different orders; "
            "make units= the index of the counts (set_index)"
        )
    return found[0]


def _matched(have: pd.Index[Any], want: pd.Index[Any]) -> IntArray | None:
    """Return the place in ``have`` of each of ``want``; None where they are not the same set."""
    if len(have) != len(want) or not want.is_unique:
        return None
    rows = _flat(have).get_indexer(_flat(want)).astype(np.int64)
    return None if (rows < 0).any() else rows


def _absent(have: pd.Index[Any], want: pd.Index[Any]) -> int:
    return int((_flat(have).get_indexer(_flat(want)) < 0).sum())


def _flat(index: pd.Index[Any]) -> pd.Index[Any]:
    """Return ids that are tuples as such; they may come as levels."""
    return index.to_flat_index() if isinstance(index, pd.MultiIndex) else index
