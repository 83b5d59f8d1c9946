"""Relatives with a record: who has one, and which of those relatives commit a certain offence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import grouping, who
from trajectories.careers.histories import histories
from trajectories.careers.tidy import beside_persons, check_level, share_rows
from trajectories.careers.ties import any_by_person, first_offence, kinds_of_relative, ties_of
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register


@disclosed()
def relatives_with_record(
    register: Register,
    relations: Any = None,
    *,
    record: Any = "any",
    among: str = "everybody",
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return the share of persons who have a relative with a record.

    Parameters
    ----------
    register : Register
    relations : str, list of str or dict of name to relations, optional
        Kinds of relative; by default any, parent, (half-)sibling and (ex-)partner.
    record : str, list of str or boolean Series over the offences
        Which offences of the relative make a record, whenever they were up to ``until``.
    among : {"everybody", "related"}
        Whether persons without such a relative count too.
    by, posterior, persons, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, relation, estimate, lower, upper, persons, unit, method.
    """
    if among not in ("everybody", "related"):
        raise InputError(f"among={among!r} is unknown; choose 'everybody' or 'related'")
    made = histories(register, who(by, posterior, persons), "any", until)
    groups = grouping(made.risk.persons, register, by, posterior)
    has_record = ~np.isnat(first_offence(made, record, until))
    tables = []
    for name, kinds in kinds_of_relative(relations).items():
        ties = ties_of(made, kinds)
        found = any_by_person(ties, has_record[ties.relative], made.n_persons)
        base = np.ones(made.n_persons)
        if among == "related":
            everyone = np.ones(len(ties.person), dtype=bool)
            base = any_by_person(ties, everyone, made.n_persons).astype(np.float64)
        share = ratios(found * base, base, groups.weights)
        tables.append(
            share_rows(
                groups.names,
                "relative_with_record",
                share,
                check_level(level),
                interval,
                relation=name,
            )
        )
    return pd.concat(tables, ignore_index=True)


@disclosed()
def records_of_relatives(
    register: Register,
    record: Any = "trafficking",
    relations: Any = ("sibling", "partner"),
    *,
    among: Any = "any",
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return the share of relatives with a record who have a record of a certain kind.

    A ratio of numbers of relatives; the persons whose relatives they are count as independent,
    relatives of one person do not.

    Parameters
    ----------
    register : Register
    record : str, list of str or boolean Series over the offences
        The record asked about.
    relations : str, list of str or dict of name to relations
    among : str, list of str or boolean Series over the offences
        The record that makes a relative count.
    by, posterior, persons, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, relation, estimate, lower, upper, persons (with such a relative),
        relatives (the base of the share), unit, method.
    """
    made = histories(register, who(by, posterior, persons), "any", until)
    groups = grouping(made.risk.persons, register, by, posterior)
    counts = ~np.isnat(first_offence(made, among, until))
    special = counts & ~np.isnat(first_offence(made, record, until))
    tables = []
    for name, kinds in kinds_of_relative(relations).items():
        ties = ties_of(made, kinds)
        base, some = (
            np.bincount(ties.person, mask[ties.relative], made.n_persons).astype(np.float64)
            for mask in (counts, special)
        )
        found = ratios(some, base, groups.weights)
        row = share_rows(
            groups.names, "record_of_relative", found, check_level(level), interval, relation=name
        )
        tables.append(beside_persons(row, relatives=base @ groups.weights))
    return pd.concat(tables, ignore_index=True)
