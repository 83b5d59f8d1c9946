"""What a third step estimates from few persons, and the sizes of groups beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.disclosure_control import (
    MARK,
    disclosure,
    is_below,
    is_few,
    protect,
    protect_by_group,
    withheld_cells,
)
from trajectories.groups.group_sizes import FEW
from trajectories.groups.persons_by_value import numbers_by_group, persons_by
from trajectories.numerics.types import BoolArray, FloatArray

KEYS = ("group", "term", "variable", "contrast", "method")


def lacking_few(lacking: FloatArray) -> bool:
    """Tell whether few persons of some group, or of all, lack a value.

    Sizes of groups are then withheld: those of the trajectory model less these are the persons
    left out.
    """
    return any(is_few(number) for number in (*lacking, lacking.sum()))


def with_sizes(
    table: pd.DataFrame,
    expected: FloatArray,
    lacking: FloatArray,
    name: str,
    reference: int | None = None,
) -> pd.DataFrame:
    """Return a table with the groups' sizes, as it may be shown.

    Sizes add up to all persons, and effects to zero: beside a hidden group goes another.

    Parameters
    ----------
    table : DataFrame
        With a column ``group``.
    expected, lacking : ndarray, shape (K,)
        Persons of each group with and without a value.
    name : str
        Of the table, in the record for the output checker.
    reference : int, optional
        Group that every row compares with: where it is hidden, all rows are.
    """
    groups = pd.RangeIndex(1, len(expected) + 1)
    persons = pd.Series(expected, index=groups)
    table["persons"] = table["group"].map(persons)
    if not disclosure.is_on:
        return table
    everybody = pd.DataFrame({"group": groups, "persons": expected})
    shown = protect(everybody, persons="persons", part_counts=(), parts=("group",), name=name)
    hidden = set(shown["group"][shown[MARK]])
    if reference in hidden:
        hidden = set(groups)
    sizes = persons.where(~groups.isin(list(hidden)), FEW)
    found = protect_by_group(table, sizes, name=name, keys=KEYS)
    found["persons"] = found["group"].map(shown.set_index("group")["persons"])
    if lacking_few(lacking):
        found["persons"] = np.nan
    return found


def cells_of_outcome(
    kind: str, values: FloatArray, n_labels: int, posterior: FloatArray, weights: FloatArray
) -> FloatArray:
    """Return persons by value of a later outcome and group, shape (W, K).

    Of categories those of each one; of counts those with any; of other numbers of mostly one value
    those with another, and of two values those with it too.
    """
    if kind in ("logit", "multinomial"):
        return persons_by(values[None] == np.arange(n_labels)[:, None], posterior, weights)
    if kind == "poisson":
        return persons_by(values[None] > 0, posterior, weights)
    return numbers_by_group(values, posterior, weights)[0]


def cells_of_lifetimes(
    end: FloatArray,
    event: FloatArray,
    times: FloatArray,
    posterior: FloatArray,
    weights: FloatArray,
) -> FloatArray:
    """Return persons with the event between each time and the one before, by group, (V, K)."""
    edges = np.concatenate([[-np.inf], times])
    member = (event > 0) & (end > edges[:-1, None]) & (end <= edges[1:, None])
    return persons_by(member, posterior, weights)


def withheld_outcomes(
    kind: str, means: FloatArray, persons: FloatArray, cells: FloatArray
) -> BoolArray:
    """Return which estimates of a later outcome rest on few persons under the switch, (K, V)."""
    found = np.zeros(means.shape, dtype=bool)
    if not len(cells) or not disclosure.minimum_cell:
        return found
    if kind == "survival":
        # few events since the time before, or until this one
        few = np.asarray(is_below(cells) | is_below(np.cumsum(cells, axis=0)))
        return np.asarray(withheld_cells(cells, adds_up=False, few=few, name="later outcome")).T
    several = kind == "multinomial"
    with np.errstate(invalid="ignore"):
        few_of = is_below((means * persons[:, None]).T) if several else None
    hidden = withheld_cells(cells, adds_up=len(cells) > 1, few=few_of, name="later outcome")
    return hidden.T if several else np.asarray(found | np.any(hidden, axis=0)[:, None])
