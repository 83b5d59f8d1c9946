"""How many persons stand behind each group, for disclosure control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosure, protect_by_group
from trajectories.errors import InputError
from trajectories.groups.model import ALL_GROUPS

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

KEYS = ("measure", "variable", "contrast", "covariate", "group", "age", "part", "term", "replicate")
"""What a row of a table by group may be about; ``level`` is a number here."""
TOO_FEW = "too few persons to say"


def persons_by_group(results: GroupTrajectoriesResults) -> pd.Series[Any]:
    """Return the smaller of the persons expected in each group and those assigned to it, if any.

    A loaded model holds no persons: then those expected.
    """
    expected = results.group_probabilities * float(results.nobs)
    try:
        assigned = results.assignments["group"].value_counts().reindex(expected.index).fillna(0.0)
    except InputError:
        return expected
    fewer = np.minimum(expected, assigned)
    return expected.where(assigned == 0, fewer)


def shown_by_group(
    results: GroupTrajectoriesResults, table: pd.DataFrame, name: str, adds_up: bool = False
) -> pd.DataFrame:
    """Return a table by group as it may be shown, reasons of hidden groups left out too.

    A row of the group ``all`` counts everybody.
    """

    def sizes() -> pd.Series[Any]:
        counts = persons_by_group(results).astype(object)
        counts["all"] = counts[ALL_GROUPS] = float(results.nobs)
        return counts

    shown = protect_by_group(table, sizes, adds_up=adds_up, name=name, keys=KEYS)
    if MARK in shown.columns and "reason" in shown.columns:
        shown["reason"] = shown["reason"].mask(shown[MARK], TOO_FEW)
    return shown


def hidden_groups(results: GroupTrajectoriesResults, adds_up: bool = True) -> list[int]:
    """Return the groups that are hidden under the switch; none where it is off.

    With ``adds_up`` those whose size must not be told, which may be more than the small ones.
    """
    if not disclosure.is_on:
        return []
    sizes = results.group_probabilities.rename("share").reset_index()
    shown = shown_by_group(results, sizes, "groups", adds_up=adds_up)
    return [] if MARK not in shown else [int(group) for group in shown["group"][shown[MARK]]]
