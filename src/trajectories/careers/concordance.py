"""Concordance: a record given a relative's record, as risk and odds ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import grouping, who
from trajectories.careers.histories import histories
from trajectories.careers.tidy import beside_persons, check_level, rows
from trajectories.careers.ties import (
    any_by_person,
    families,
    first_offence,
    kinds_of_relative,
    ties_of,
)
from trajectories.disclosure_control import disclosed
from trajectories.numerics.risk_ratios import risk_and_odds_ratio
from trajectories.panel import Register

METHOD = "log, clustered by family"


@disclosed()
def concordance(
    register: Register,
    relations: Any = None,
    *,
    event: Any = "any",
    record: Any = "any",
    family: Any = None,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the ratio of risks, and of odds, of a record with and without a relative's record.

    Among persons who have such a relative. Whenever the offences were: the relative's may be the
    later ones; :func:`trajectories.careers.concordance_in_time` counts only those before.

    Parameters
    ----------
    register : Register
    relations : str, list of str or dict of name to relations, optional
        Kinds of relative; by default any, parent, (half-)sibling and (ex-)partner.
    event, record : str, list of str or boolean Series over the offences
        What makes the person's record, and the relative's.
    family : str or Series, optional
        Column of the persons, or family of each person by id. By default persons tied by the
        relations asked about, by parents or by siblings are one family.
    by, posterior, persons, until, level
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure ("risk_ratio", "odds_ratio"), relation, estimate, lower, upper, persons
        (with such a relative), exposed (those whose relative has a record), events (persons with a
        record), unit, method. A ratio of 0 or infinity has the limits 0 and infinity; it is
        missing where nobody, or everybody, is exposed.

    Notes
    -----
    Where persons are chosen by their record (cases and controls), only the odds ratio means
    something. Standard errors are linearised and clustered by family, so that twins do not count
    for two.
    """
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    outcome = (made.offences > 0).astype(np.float64)
    has_record = ~np.isnat(first_offence(made, record, until))
    tables = []
    for name, kinds in kinds_of_relative(relations).items():
        ties = ties_of(made, kinds)
        everyone = np.ones(len(ties.person), dtype=bool)
        chosen = np.flatnonzero(any_by_person(ties, everyone, made.n_persons))
        exposed = any_by_person(ties, has_record[ties.relative], made.n_persons)[chosen]
        weights = groups.take(chosen)
        cluster = families(made, kinds, family)[chosen]
        found = risk_and_odds_ratio(outcome[chosen], exposed.astype(float), weights, cluster)
        counts = {"exposed": exposed @ weights, "events": outcome[chosen] @ weights}
        total = weights.sum(axis=0)
        for measure, ratio in zip(("risk_ratio", "odds_ratio"), found, strict=True):
            limits = ratio.limits(check_level(level))
            names = (groups.names, measure, ratio.value, limits, total, "ratio", METHOD)
            tables.append(beside_persons(rows(*names, relation=name), **counts))
    return pd.concat(tables, ignore_index=True)
