"""Why an interval is missing: the reason that travels with every NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trajectories.numerics.types import BoolArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def group_columns(results: GroupTrajectoriesResults, group: int) -> slice:
    """Return the places of a group's parameters (group counted from 0) among the packed ones."""
    start = results.n_groups - 1 + group * results.model.n_group_parameters
    return slice(start, start + results.model.n_group_parameters)


def withheld_curves(results: GroupTrajectoriesResults) -> BoolArray:
    """Return for which groups no interval of the curve can be had, shape (K,).

    Those with a free parameter of the first channel, which carries the curve, withheld. Withheld
    parameters of later channels count as known.
    """
    unknown = results.withheld & results.model.free()
    first = results.model.columns(results.family.channels[:1])
    return np.array(
        [unknown[group_columns(results, k)][first].any() for k in range(results.n_groups)]
    )


def withheld_shares(results: GroupTrajectoriesResults) -> bool:
    """Return whether the standard errors of the group probabilities are withheld."""
    return bool(results.withheld[: results.n_groups - 1].any())


def why(results: GroupTrajectoriesResults, group: int | None = None) -> str:
    """Return why standard errors (of a group, counted from 1) are withheld, in one sentence."""
    own = [note for note in results.notes if group is None or _speaks_of(note, group)]
    what = "standard errors" if group is None else f"standard errors of group {group}"
    because = "; ".join(own or results.notes) or str(results.stop_reason)
    return f"{what} are withheld: {because}"


def _speaks_of(note: str, group: int) -> bool:
    words = note.replace(":", " ").replace(",", " ").split()
    return any(
        one in ("group", "groups") and str(group) in words[place + 1 : place + 4]
        for place, one in enumerate(words)
    )
