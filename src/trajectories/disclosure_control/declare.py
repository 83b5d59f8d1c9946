"""Tables declare themselves, and pass through the switch on their way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from trajectories.disclosure_control.columns import (
    MARK,
    PARTS,
    Columns,
    PartCounts,
    columns_of,
    share_rows,
)
from trajectories.disclosure_control.ranked import is_distribution, merge_values
from trajectories.disclosure_control.relations import TOTAL, relations_of
from trajectories.disclosure_control.rounding import round_counts, round_digits, round_shares
from trajectories.disclosure_control.secondary import LEAST, companions, is_small, withhold
from trajectories.disclosure_control.steps import MERGED, has_steps, merge_steps
from trajectories.disclosure_control.switch import Setting, deeper, disclosure, is_outermost
from trajectories.disclosure_control.whole_counts import whole_counts

Arguments = ParamSpec("Arguments")
Table = TypeVar("Table")
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
_SIZE = "persons of the group"
REMARK = "reason"
"""Column that says why a number is missing, and goes with the numbers of a row."""


def protect(
    frame: pd.DataFrame,
    *,
    persons: Any = None,
    part_counts: PartCounts | None = None,
    keys: Sequence[Any] | None = None,
    parts: Sequence[Any] | None = None,
    total: Any = TOTAL,
    withhold_too: Bools | None = None,
    name: str = "table",
) -> pd.DataFrame:
    """Return the table as it may be shown under the switch; itself where the switch is off.

    Parameters
    ----------
    frame : DataFrame
        Tidy: a row a cell. Not changed.
    persons, part_counts, keys, parts : column labels, optional
        What counts the persons of a row, what counts some of them (a mapping: with the column of
        the persons that these are some of, or None), what says what the row is about, and over
        which of those the persons add up. By default told by the usual names of columns; a table
        that counts nobody passes as it is.
    total
        Value in the columns of ``parts`` that stands for the whole.
    withhold_too : ndarray of bool, shape (n,), optional
        Rows to withhold in any case: they rest on few persons whom no column counts.
    name : str
        Of the table, in the record for the output checker.

    Returns
    -------
    DataFrame
        Rows of few persons and rows from which these could be worked out lose their numbers, and
        ``suppressed`` says so; with rounding every row changes. A survival curve (``time``,
        ``at_risk``, ``events``) keeps fewer times instead, a distribution function (``value``,
        ``share``, ``persons``) fewer values; ``merged`` says how many each stands for.
    """
    setting = disclosure.setting
    if not setting.is_on or MARK in frame.columns or MERGED in frame.columns:
        return frame
    if persons is None and has_steps(frame):
        return merge_steps(frame, setting, name)
    if persons is None and is_distribution(frame):
        return merge_values(frame, setting, name)
    table = frame.reset_index() if _named_index(frame) else frame.reset_index(drop=True)
    columns = columns_of(table, persons, part_counts, keys, parts)
    if columns is None or not len(table):
        return frame
    hidden, why = _hidden(table, columns, setting.minimum_cell, total, withhold_too)
    shown = _rounded(table, columns, setting.rounding)
    for column in columns.numbers:
        shown[column] = shown[column].astype(np.float64).where(~hidden)
    if REMARK in shown.columns and not types.is_numeric_dtype(shown[REMARK].dtype):
        shown[REMARK] = shown[REMARK].mask(hidden, "")  # "nobody has the outcome" is a number
    _record(setting, name, table, shown, columns, hidden, why)
    shown[MARK] = hidden
    if _named_index(frame):
        return shown.set_index(list(frame.index.names))
    return shown.set_index(frame.index)


def _named_index(frame: pd.DataFrame) -> bool:
    return all(name is not None for name in frame.index.names)


def _hidden(
    table: pd.DataFrame, columns: Columns, minimum: int, total: Any, too: Bools | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Return which rows to suppress, and why."""
    why = np.full(len(table), "", dtype=object)
    if minimum <= 1:
        return np.zeros(len(table), dtype=bool), why
    counts = _counts(table, columns)
    small = is_small(counts, minimum, LEAST if counts.shape[1] > 1 else 0.0)
    # an expected number of persons below a half is still some person's
    small[:, 0] = is_small(counts[:, 0], minimum)
    some = np.asarray(small.any(axis=1)) if too is None else small.any(axis=1) | too
    relations = relations_of(table, columns.keys, columns.parts, total)
    forced = some | _companions(table, columns, counts[:, 0], minimum, total)
    hidden = withhold(counts, forced, relations, minimum, LEAST)
    why[hidden] = "could be worked out"
    if too is not None:
        why[too] = "rests on few persons of a value"
    why[small.any(axis=1)] = "complement below the minimum"
    own = [0, *range(1, counts.shape[1], 2)]
    why[small[:, own].any(axis=1)] = "below the minimum"
    return hidden, why


def _companions(
    table: pd.DataFrame, columns: Columns, persons: Floats, minimum: int, total: Any
) -> NDArray[np.bool_]:
    """Return rows withheld so that a part of few persons is beside the same part in every row."""
    chosen = np.zeros(len(table), dtype=bool)
    few = is_small(persons, minimum)
    for column in PARTS:
        if few.any() and column in columns.parts:
            relations = relations_of(table, columns.keys, (column,), total)
            chosen |= companions(persons, few, table[column].tolist(), relations, minimum)
    return chosen


def _counts(table: pd.DataFrame, columns: Columns) -> Floats:
    """Return counts of persons, (n, 1 + 2 J): all, and for each part its number and the rest."""
    persons, base = _numbers(table, columns.persons), _numbers(table, columns.base)
    found = [persons]
    for column, whole in zip(columns.part_counts, columns.wholes, strict=True):
        part = _numbers(table, column)
        rest = np.full(len(part), np.nan) if whole is None else _numbers(table, whole) - part
        found += [part, rest]
    is_share = share_rows(table).to_numpy()
    for column in columns.shares:
        if column in ("lower", "upper"):
            continue
        part = np.where(is_share, _numbers(table, column) * base, np.nan)
        found += [part, base - part]
    return np.stack(found, axis=1)


def _numbers(table: pd.DataFrame, column: Any) -> Floats:
    return np.asarray(table[column].to_numpy(dtype=np.float64, na_value=np.nan))


def _rounded(table: pd.DataFrame, columns: Columns, base: int) -> pd.DataFrame:
    shown = table.copy()
    if base <= 1:
        return shown
    persons = _numbers(table, columns.base)
    for column in columns.counts:
        shown[column] = round_counts(_numbers(table, column), base)
    is_share = share_rows(table).to_numpy()
    for column in columns.shares:
        values = _numbers(table, column)
        shares = round_shares(values, persons, base)
        shown[column] = np.where(is_share, shares, round_digits(values))
    for column in columns.others:
        shown[column] = round_digits(_numbers(table, column))
    return shown


def _record(
    setting: Setting,
    name: str,
    table: pd.DataFrame,
    shown: pd.DataFrame,
    columns: Columns,
    hidden: NDArray[np.bool_],
    why: NDArray[np.object_],
) -> None:
    cells = [
        ", ".join(f"{key}={value}" for key, value in zip(columns.keys, values, strict=True))
        for values in table[list(columns.keys)].itertuples(index=False, name=None)
    ] or [""] * len(table)
    for column in columns.counts:
        before, after = _numbers(table, column), _numbers(shown, column)
        for row, cell in enumerate(cells):
            reason = why[row] if hidden[row] else "rounded" if after[row] != before[row] else ""
            setting.record.append((name, row, cell, column, before[row], after[row], reason))


def as_shown(value: Any, name: str) -> Any:
    """Return a table on its way to a page or figure as it may be shown; other things as they are.

    Within a function that answers for its own tables nothing is changed.
    """
    if isinstance(value, pd.DataFrame) and is_outermost():
        return protect(value, name=name)
    return value


def drawable(value: Any, name: str) -> Any:
    """Return a table for a figure without its suppressed rows; other things as they are."""
    shown = as_shown(value, name)
    if isinstance(shown, pd.DataFrame) and MARK in shown.columns:
        return shown[~shown[MARK].astype(bool)].drop(columns=MARK)
    return shown


def protect_by_group(
    frame: pd.DataFrame,
    persons: pd.Series[Any] | Callable[[], pd.Series[Any]],
    group: Any = "group",
    adds_up: bool = False,
    name: str = "table",
    keys: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Return a table by group without the numbers of groups of few persons.

    For tables that do not count persons themselves: curves, parameters. Within a function that
    answers for its own tables nothing is changed.

    Parameters
    ----------
    frame : DataFrame
        With a column, or level of the index, ``group``; columns of numbers are suppressed except
        those that say what a row is about.
    persons : Series, or function that returns one
        Number of persons by group; asked for only where it is needed. Groups not in it stay.
    group : column label
    adds_up : bool
        Whether the table tells the sizes of the groups, by shares say: then the group is withheld
        too from which a small one could be worked out.
    name : str
        Of the table, in the record for the output checker.
    keys : sequence of column labels, optional
        Columns that say what a row is about; told by their usual names unless given.
    """
    if not disclosure.is_on or not is_outermost() or MARK in frame.columns:
        return frame
    values = frame.index.get_level_values(group) if group in frame.index.names else frame[group]
    known = persons() if callable(persons) else persons
    sizes = pd.Series(values).map(known).to_numpy(dtype=np.float64)
    counted = frame.assign(**{_SIZE: sizes})
    parts = (group,) if adds_up else ()
    shown = protect(counted, persons=_SIZE, part_counts=(), keys=keys, parts=parts, name=name)
    return shown.drop(columns=_SIZE)


@contextmanager
def unprotected() -> Iterator[None]:
    """Compute with tables as they are; whoever does so answers for what it gives out."""
    with deeper():
        yield


def disclosed(
    *,
    persons: Any = None,
    part_counts: PartCounts | None = None,
    keys: Sequence[Any] | None = None,
    parts: Sequence[Any] | None = None,
    total: Any = TOTAL,
) -> Callable[[Callable[Arguments, Table]], Callable[Arguments, Table]]:
    """Declare the tables that a function returns; see :func:`protect`.

    For functions and methods that return a DataFrame or a dict of them; of tables in attributes
    see :func:`holds_tables`. Tables are changed once, on the way out of the outermost such
    function: what calls another inside sees all numbers.
    """

    def declare(function: Callable[Arguments, Table]) -> Callable[Arguments, Table]:
        @wraps(function)
        def inner(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Table:
            with deeper() as outermost:
                made = function(*args, **kwargs)
            if not outermost:
                return made
            if not disclosure.is_on:
                return whole_counts(made)
            return cast(Table, _protect_all(made, function.__name__))

        def _protect_all(made: Any, name: str) -> Any:
            if isinstance(made, pd.DataFrame):
                return protect(
                    made,
                    persons=persons,
                    part_counts=part_counts,
                    keys=keys,
                    parts=parts,
                    total=total,
                    name=name,
                )
            if isinstance(made, Mapping):
                return {key: _protect_all(value, f"{name}: {key}") for key, value in made.items()}
            return made

        inner.declares_tables = True  # type: ignore[attr-defined]
        return inner

    return declare
