"""What the columns of a table are: keys, counts of persons, shares of them, other numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.api import types

COUNTS_OF_PERSONS = ("persons", "assigned_persons", "units", "n", "at_risk", "sets")
"""Columns that count persons, in every table this package makes."""
PART_COUNTS = (
    *("events", "active", "exposed", "persons_with", "n_informative"),
    *("wrong_or_counted", "out_of"),
)
"""Columns that count some of the persons of the same row, or what they did."""
SHARES = ("estimate", "lower", "upper")
"""Columns that hold shares of the persons of the row where the column ``unit`` says proportion."""
BASES = ("offenders",)
"""Columns that count the persons whom shares are of, where these are not those of the row."""
KEYS = (
    *(
        "age",
        "group",
        "population",
        "stratum",
        "measure",
        "quantity",
        "window",
        "gap",
        "time",
        "years",
    ),
    *("level", "year", "cause", "from", "to", "type", "relation", "method", "unit", "at"),
)
"""Columns that say what a row is about, and so are never suppressed, though they be numbers."""
PARTS = ("group", "population", "stratum")
"""Columns whose values are disjoint sets of persons."""
PROPORTION = "proportion"
MARK = "suppressed"

PartCounts = Sequence[Any] | Mapping[Any, Any]
"""Columns that count some of the persons of a row; as a mapping, with what each is a part of."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one table by what they are.

    Attributes
    ----------
    persons : str or None
        Counts all persons of the row.
    part_counts : tuple
        Count some of them.
    wholes : tuple
        What each of these is a part of: a column of persons, mostly ``persons``. None: of what no
        column counts, so that nothing is left over to be told.
    base : str
        Counts the persons whom shares are of; mostly ``persons``.
    shares : tuple
        Are shares of them, in the rows that ``share_rows`` marks.
    others : tuple
        Further numbers: means, rates, limits.
    keys, parts : tuple
    """

    persons: Any
    part_counts: tuple[Any, ...]
    wholes: tuple[Any, ...]
    base: Any
    shares: tuple[Any, ...]
    others: tuple[Any, ...]
    keys: tuple[Any, ...]
    parts: tuple[Any, ...]

    @property
    def numbers(self) -> tuple[Any, ...]:
        """Everything that goes when a row is suppressed."""
        return (*self.counts, *self.shares, *self.others)

    @property
    def counts(self) -> tuple[Any, ...]:
        """Everything that counts persons."""
        own = (self.persons, *self.part_counts)
        return own if self.base == self.persons else (*own, self.base)


def columns_of(
    frame: pd.DataFrame,
    persons: Any = None,
    part_counts: PartCounts | None = None,
    keys: Sequence[Any] | None = None,
    parts: Sequence[Any] | None = None,
) -> Columns | None:
    """Sort the columns of a table by what they are; None where nothing counts persons.

    What is not given is told by name: ``COUNTS_OF_PERSONS``, ``PART_COUNTS``, ``KEYS``,
    ``PARTS``. Columns that hold no numbers are keys, unless keys are given.
    """
    if persons is None:
        found = [name for name in COUNTS_OF_PERSONS if _is_number(frame, name)]
        if not found:
            return None
        persons = found[0]
    base = next((name for name in BASES if _is_number(frame, name)), persons)
    counts = COUNTS_OF_PERSONS + PART_COUNTS if part_counts is None else tuple(part_counts)
    counts = tuple(name for name in counts if name != persons and _is_number(frame, name))
    wholes = part_counts if isinstance(part_counts, Mapping) else {}
    named = set(KEYS if keys is None else keys)
    numbers = [
        column
        for column in frame.columns
        if column not in named and column not in (persons, base) and column not in counts
        if _is_number(frame, column)
    ]
    shares = tuple(column for column in numbers if column in SHARES)
    kept = {persons, base, *counts, *numbers}
    where = tuple(column for column in frame.columns if column not in kept and column != MARK)
    listed = PARTS if parts is None else tuple(parts)
    if keys is not None:  # other words are remarks: they tell no rows apart
        where = tuple(column for column in where if column in named or column in listed)
    return Columns(
        persons,
        counts,
        tuple(wholes.get(name, persons) for name in counts),
        base,
        shares,
        tuple(column for column in numbers if column not in shares),
        where,
        tuple(name for name in listed if name in where),
    )


def _is_number(frame: pd.DataFrame, column: Any) -> bool:
    if column not in frame.columns:
        return False
    dtype = frame[column].dtype
    return types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype)


def share_rows(frame: pd.DataFrame) -> pd.Series:
    """Tell in which rows ``estimate`` and its limits are shares of the persons of the row."""
    if "unit" in frame.columns:
        return frame["unit"].eq(PROPORTION).fillna(False).astype(bool)
    return pd.Series(False, index=frame.index)
