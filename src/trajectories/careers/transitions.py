"""The transition table: which kind of offence follows which."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.kinds import Kinds, kinds_of, ordered_by_seriousness
from trajectories.careers.steps import steps_of
from trajectories.careers.tidy import beside_persons, check_level, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.transition_table import adjusted_residuals, expected_counts
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.classification import OffenceClassification


@disclosed(parts=("group", "population", "from", "to"))
def transitions(
    register: Register,
    *,
    classification: OffenceClassification | None = None,
    kinds: Literal["group", "type"] = "group",
    order: str = "name",
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the table of successive kinds of offence, a row a pair of kinds.

    A step leads from one day with offences to the person's next; where a day has several, the
    step is shared out equally over the pairs.

    Parameters
    ----------
    register : Register
    classification : OffenceClassification, optional
        Kinds are its offence groups; by default that of the register.
    kinds : {"group", "type"}
        Groups of the classification, or types as they are registered, which need none.
    order : {"name", "seriousness"}
        Of the kinds; for "seriousness" (escalation) the kinds are types, which have it, and no
        groups.
    by, posterior, persons, event, until, level
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, from, to, estimate (share of the steps from this kind that lead to that
        one), lower, upper (persons as clusters), persons (with such a step), steps, expected
        (R · C / N), residual (adjusted; it takes steps for independent, which those of one person
        are not), unit, method. Kinds that no step leaves have no estimate.
    """
    if order not in ("name", "seriousness"):
        raise InputError(f"order={order!r} is unknown; choose 'name' or 'seriousness'")
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    if order == "seriousness":
        found = ordered_by_seriousness(made, classification)
    else:
        found = kinds_of(made, classification, kinds)
    return of_histories(made, found, groups, check_level(level))


def of_histories(made: Histories, kinds: Kinds, groups: Grouping, level: float) -> pd.DataFrame:
    """Return the transition tables of groups."""
    n_kinds = len(kinds.names)
    if not n_kinds:
        raise InputError("no offences of the persons chosen: nothing to make a table of")
    steps = steps_of(made).by_person(kinds.code, n_kinds, made.n_persons)
    dense = steps.toarray().reshape(-1, n_kinds, n_kinds)
    leaving = dense.sum(axis=2)
    table = np.einsum("ng,nij->gij", groups.weights, dense)
    expected, residual = expected_counts(table), adjusted_residuals(table)
    tables = []
    for i, start in enumerate(kinds.names):
        for j, end in enumerate(kinds.names):
            found = ratios(dense[:, i, j], leaving[:, i], groups.weights)
            row = share_rows(
                groups.names, "transition", found, level, "wilson", **{"from": start, "to": end}
            )
            row["persons"] = (dense[:, i, j] > 0.0) @ groups.weights
            row = beside_persons(
                row,
                steps=table[:, i, j],
                expected=expected[:, i, j],
                residual=residual[:, i, j],
            )
            # a share of steps: the persons behind it are counted as they are
            tables.append(row.assign(unit="share of steps"))
    joined = pd.concat(tables, ignore_index=True)
    place = pd.Categorical(joined["group"], categories=list(groups.names)).codes
    return joined.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
