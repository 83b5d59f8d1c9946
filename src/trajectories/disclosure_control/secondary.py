"""Withhold further rows, so that no suppressed count can be worked out from the others.

The rows of a table are cells of an additive table: over some columns they add up (``Relation``).
A suppressed count is safe when the counts that are shown leave room for it: the lowest and the
highest value it could have, given every sum that a reader can form, lie at least ``minimum`` − 1
apart. That is checked cell by cell with two linear programs (Fischetti and Salazar 2001,
Management Science 47(7), 1008-1027, state the attacker's problem so); what to withhold is found
by a greedy search, smallest rows first, so that it is safe but not always the least possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.disclosure_control.feasible import feasible_width
from trajectories.disclosure_control.relations import Relation

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
LEAST = 0.5
"""What rounds to nobody tells of nobody."""


def is_small(counts: Floats, minimum: int, least: float = 0.0) -> Bools:
    """Tell which counts are above ``least`` (nobody) and below the minimum."""
    with np.errstate(invalid="ignore"):
        return np.asarray((counts > least) & (counts < minimum))


def withhold(
    counts: Floats, small: Bools, relations: Sequence[Relation], minimum: int, least: float = 0.0
) -> Bools:
    """Return which rows to suppress: the small ones, and as many more as keep them secret.

    Parameters
    ----------
    counts : ndarray, shape (n, C)
        Counts of persons in each row: all of them, and those with and without the event counted,
        say. Each column adds up over the relations by itself. NaN: no such count.
    small : ndarray of bool, shape (n,)
        Rows to suppress in any case.
    relations : sequence of Relation
    minimum : int
    least : float
        Sums up to this are nobody.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    counts = np.nan_to_num(np.asarray(counts, dtype=np.float64))
    hidden = small.copy()
    if not hidden.any() or not relations:
        return hidden
    _close_sums(counts, hidden, relations, minimum, least)
    crossed = _in_many(len(counts), relations)
    # one sum a row: what was done above is exact, and no program needs solving
    while (crossed & hidden).any():
        exposed = _exposed(counts, small & hidden, hidden, relations, minimum)
        more = _smallest_near(counts, exposed, hidden, relations)
        if more is None:
            break
        hidden[more] = True
        _close_sums(counts, hidden, relations, minimum, least)
    return hidden


def companions(
    persons: Floats, few: Bools, values: Sequence[Any], relations: Sequence[Relation], minimum: int
) -> Bools:
    """Return rows to withhold beside those of few persons: of one and the same part everywhere.

    Other rows of a table (another age, another measure) count the same persons. Were one part
    withheld here and another one there, each could be read where it is shown. So it is the part
    that is smallest by its largest count in the table.

    Parameters
    ----------
    persons : ndarray, shape (n,)
    few : ndarray of bool, shape (n,)
        Rows that count few persons.
    values : sequence, length n
        The part that each row is about.
    relations : sequence of Relation
        Over that part alone.
    minimum : int
    """
    size: dict[Any, float] = {}
    for value, number in zip(values, np.nan_to_num(persons).tolist(), strict=True):
        size[value] = max(size.get(value, 0.0), number)
    chosen = np.zeros(len(few), dtype=bool)
    for relation in relations:
        small = relation.parts[few[relation.parts]]
        if not len(small) or (len(small) > 1 and persons[small].sum() >= minimum):
            continue
        others = [row for row in relation.parts.tolist() if not few[row] and persons[row] > 0.0]
        if others:
            chosen[min(others, key=lambda row: (size[values[row]], row))] = True
    return chosen


def _close_sums(
    counts: Floats, hidden: Bools, relations: Sequence[Relation], minimum: int, least: float
) -> None:
    """Withhold rows, in place, until no single sum gives away one row or a small set of rows."""
    changed = True
    while changed:
        changed = False
        for relation in relations:
            while _is_open(counts, hidden, relation, minimum, least):
                row = _candidate(counts, hidden, relation)
                if row is None:
                    break
                hidden[row] = True
                changed = True


def _is_open(counts: Floats, hidden: Bools, relation: Relation, minimum: int, least: float) -> bool:
    """Tell whether a sum gives something away: one hidden row, or hidden rows that make few."""
    unknown = relation.rows[hidden[relation.rows]]
    if len(unknown) == 0:
        return False
    if len(unknown) == 1:
        return True
    if relation.total is not None and hidden[relation.total]:
        return False
    # what the hidden rows hold together is the total less the rows shown
    together = counts[unknown].sum(axis=0)
    return bool(is_small(together, minimum, least).any())


def _candidate(counts: Floats, hidden: Bools, relation: Relation) -> int | None:
    """Return the row to withhold next: the smallest part shown that counts anybody, else the total.

    A part of nobody hides nothing. But where nothing else is left in the sum, it goes as well: its
    limits and expectations would tell how few the others are.
    """
    parts = relation.parts[~hidden[relation.parts]]
    parts = parts[counts[parts, 0] > 0.0]
    if len(parts):
        return int(parts[np.lexsort((parts, counts[parts, 0]))[0]])
    if relation.total is not None and not hidden[relation.total]:
        return relation.total
    empty = relation.parts[~hidden[relation.parts]]
    return int(empty[0]) if relation.total is None and len(empty) else None


def _in_many(n_rows: int, relations: Sequence[Relation]) -> Bools:
    """Tell which rows stand in more than one sum."""
    times = np.zeros(n_rows, dtype=np.int64)
    for relation in relations:
        times[relation.rows] += 1
    return times > 1


def _exposed(
    counts: Floats, small: Bools, hidden: Bools, relations: Sequence[Relation], minimum: int
) -> NDArray[np.int64]:
    """Return the small rows of which some count that is small can be placed too closely."""
    found = []
    for column in range(counts.shape[1]):
        rows = np.flatnonzero(small & is_small(counts[:, column], minimum))
        width = feasible_width(counts[:, column], rows, hidden, relations)
        found.append(rows[width < minimum - 1 - 1e-6])
    return np.unique(np.concatenate(found))


def _smallest_near(
    counts: Floats, exposed: NDArray[np.int64], hidden: Bools, relations: Sequence[Relation]
) -> int | None:
    """Return the smallest row shown that stands in one sum with an exposed row."""
    near = [
        row
        for relation in relations
        if np.isin(relation.rows, exposed).any()
        for row in relation.rows.tolist()
        if not hidden[row] and counts[row, 0] > 0.0
    ]
    return min(near, key=lambda row: (counts[row, 0], row)) if near else None
