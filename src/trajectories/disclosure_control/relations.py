"""Which rows of a table add up to which: what a reader could subtract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TOTAL = "all"
"""What stands in a column of parts for the row of their total."""


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """Rows that add up.

    Attributes
    ----------
    parts : ndarray of int
        Row numbers of what is added.
    total : int or None
        Row number of their sum. None: it stands in no row, but the reader is taken to know it.
    """

    parts: NDArray[np.int64]
    total: int | None = None

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows of parts and total."""
        if self.total is None:
            return self.parts
        return np.append(self.parts, self.total)


def relations_of(
    frame: pd.DataFrame, keys: Sequence[Any], parts: Sequence[Any], total: Any = TOTAL
) -> list[Relation]:
    """Return the sums in a tidy table.

    Parameters
    ----------
    frame : DataFrame
        A row a cell.
    keys : sequence of column labels
        Columns that say what a row is about.
    parts : sequence of column labels
        Those of the keys whose values are disjoint sets of persons that make up the whole: rows
        alike in all other keys add up over such a column.
    total
        Value in such a column that stands for the whole.
    """
    relations = []
    for column in parts:
        others = [key for key in keys if key != column]
        is_total = np.asarray((frame[column] == total).fillna(False), dtype=bool)
        if others:
            number = frame.groupby(others, sort=False, dropna=False, observed=True).ngroup()
        else:
            number = pd.Series(0, index=frame.index)
        codes = number.to_numpy(dtype=np.int64)
        order = np.argsort(codes, kind="stable")
        edges = np.flatnonzero(np.diff(codes[order])) + 1
        for rows in np.split(order, edges):
            whole = rows[is_total[rows]]
            pieces = rows[~is_total[rows]]
            if len(pieces) and len(whole) <= 1:
                relations.append(Relation(pieces, int(whole[0]) if len(whole) else None))
    return relations
