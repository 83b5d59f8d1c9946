"""Exact matching on a cluster: how many there are in each stratum, and who can serve at all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.scale.cluster import later, need_client


@disclosed(persons="persons")
def stratum_counts(frame: Any, exact: Sequence[str], client: Any = None) -> pd.DataFrame:
    """Count the rows of a Dask frame by the columns that controls are matched on exactly.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        A row a person.
    exact : sequence of str
    client : distributed.Client, optional

    Returns
    -------
    DataFrame
        The columns, and ``persons``; sorted. Missing values are a stratum of their own.

    Raises
    ------
    InputError
        If a column is absent, or named ``persons``.
    """
    columns = _columns(frame, exact)
    if "persons" in columns:
        raise InputError("exact: a column 'persons' has the name of the count: rename it")
    found = _each(frame, partial(_counted, columns=columns), client)
    every = pd.concat(found, ignore_index=True)
    return (
        every.groupby(columns, sort=True, dropna=False, observed=True)["persons"]
        .sum()
        .reset_index()
    )


def eligible_pool(
    cases: pd.DataFrame, pool: Any, exact: Sequence[str], client: Any = None
) -> pd.DataFrame:
    """Gather the rows of a pool that agree exactly with some case.

    They are all that ``matching.match(cases, pool, exact=exact, …)`` can choose from; the others
    stay where they are. Distances and calipers in standard deviations are those of the gathered
    pool: give ``caliper_scale="units"`` and a plain distance where they shall be those of all.

    Parameters
    ----------
    cases : pandas.DataFrame
    pool : dask.dataframe.DataFrame
    exact : sequence of str
    client : distributed.Client, optional

    Raises
    ------
    InputError
        If a column is absent.
    """
    columns = _columns(pool, exact)
    _columns(cases, exact)
    wanted = cases[columns].drop_duplicates()
    return pd.concat(_each(pool, partial(_eligible, wanted=wanted), client), ignore_index=True)


def _columns(frame: Any, exact: Sequence[str]) -> list[str]:
    chosen = [exact] if isinstance(exact, str) else list(exact)
    absent = [name for name in chosen if name not in frame.columns]
    if absent or not chosen:
        raise InputError(f"exact: no column {', '.join(map(repr, absent)) or 'named'} in the frame")
    return chosen


def _each(frame: Any, function: Any, client: Any) -> list[pd.DataFrame]:
    if not hasattr(frame, "to_delayed"):
        raise InputError(f"a Dask DataFrame is needed, not a {type(frame).__name__}")
    task, client = later(function), need_client(client)
    found: list[pd.DataFrame] = client.gather(
        client.compute([task(piece) for piece in frame.to_delayed()])
    )
    return found


def _counted(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    counts = frame.groupby(columns, sort=True, dropna=False, observed=True).size()
    return counts.rename("persons").reset_index()


def _eligible(frame: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    keys = pd.MultiIndex.from_frame(wanted)
    return frame[pd.MultiIndex.from_frame(frame[list(wanted.columns)]).isin(keys)]
