"""Persons by category and group: which cells of such a table a reader must not learn of.

A figure may rest on a cell without counting it: an odds ratio, a mean, a curve at a chosen value.
Whoever makes such a figure asks here which cells are withheld, and withholds what rests on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.disclosure_control.relations import Relation
from trajectories.disclosure_control.secondary import LEAST, is_small, withhold
from trajectories.disclosure_control.switch import disclosure

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
PERSONS = "persons with this value"


def withheld_cells(
    persons: Floats,
    *,
    adds_up: bool = True,
    by_group: bool = True,
    few: Bools | None = None,
    name: str = "cells",
    labels: Sequence[Any] | None = None,
    across: Sequence[Any] | None = None,
) -> Bools:
    """Return which cells of a table of values by group must not be known; none with the switch off.

    Cells of 1 to the minimum less 1 persons, and every further one from which those could be worked
    out by a reader who knows how many persons have each value, and how many are in each group. In
    a table of two values and two groups all four cells go with one.

    Parameters
    ----------
    persons : ndarray, shape (V, K)
        How many persons of each group have each value.
    adds_up : bool
        Whether the values together are everybody in the group.
    by_group : bool
        Whether the groups together are everybody.
    few : ndarray of bool, shape (V, K), optional
        Further cells to withhold.
    name : str
        Of the table, in the record for the output checker.
    labels : sequence, length V, optional
        What the values are, there.
    across : sequence, length K, optional
        What the columns are, there; groups unless given.

    Returns
    -------
    ndarray of bool, shape (V, K)
    """
    minimum = disclosure.minimum_cell
    counts = np.asarray(persons, dtype=np.float64)
    if not minimum or not counts.size:
        return np.zeros(counts.shape, dtype=bool)
    small = is_small(counts, minimum)
    forced = small if few is None else small | few
    place = np.arange(counts.size).reshape(counts.shape)
    relations = [Relation(row) for row in place] if by_group else []
    relations += [Relation(column) for column in place.T] if adds_up else []
    found = withhold(counts.reshape(-1, 1), forced.ravel(), relations, minimum, LEAST)
    hidden: Bools = found.reshape(counts.shape)
    _record(name, counts, small, hidden, labels, across)
    return hidden


def _record(
    name: str,
    counts: Floats,
    small: Bools,
    hidden: Bools,
    labels: Sequence[Any] | None,
    across: Sequence[Any] | None,
) -> None:
    """Tell the output checker what stands behind the figures that rest on these cells."""
    values = [str(v) for v in range(len(counts))] if labels is None else labels
    for row, ((v, k), count) in enumerate(np.ndenumerate(counts)):
        why = "below the minimum" if small[v, k] else "could be worked out" if hidden[v, k] else ""
        cell = f"{values[v]}, " + (f"group={k + 1}" if across is None else str(across[k]))
        entry = (name, row, cell, PERSONS, float(count), np.nan if hidden[v, k] else count, why)
        if entry not in disclosure.setting.record:
            disclosure.setting.record.append(entry)


def number_in_words(number: float, what: str = "units") -> str:
    """Return a number of persons as text for a summary: exact, or that it is below the minimum."""
    minimum = disclosure.minimum_cell
    if minimum and is_small(np.array([float(number)]), minimum).any():
        return f"fewer than {minimum} {what}".rstrip()
    if disclosure.rounding:
        number = round(number / disclosure.rounding) * disclosure.rounding
    noun = what.removesuffix("s") if number == 1 else what
    return f"{number:,.10g} {noun}".rstrip()


def said(number: float, noun: str) -> str:
    """Return a number with its noun for a text: 1 row, 2,310 rows, fewer than 10 rows."""
    if disclosure.is_on:
        return number_in_words(number, f"{noun}s")
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def is_below(counts: Floats) -> Bools:
    """Tell which numbers of persons are below the minimum; none with the switch off."""
    if not disclosure.minimum_cell:
        return np.zeros(np.shape(counts), dtype=bool)
    return is_small(np.asarray(counts, dtype=np.float64), disclosure.minimum_cell, LEAST)


def is_few(number: float, out_of: float | None = None) -> bool:
    """Tell whether the switch withholds a number of persons, or all but so many of a whole."""
    minimum = disclosure.minimum_cell
    rest = [] if out_of is None else [float(out_of) - float(number)]
    return bool(minimum and is_small(np.array([float(number), *rest]), minimum).any())
