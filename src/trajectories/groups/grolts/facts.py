"""What the checklist may draw on, and the small texts that its items share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trajectories.numerics.types import BoolArray

if TYPE_CHECKING:
    from trajectories.groups.choosing.selection import Selection
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel

FILLED, PARTLY, ANALYST = "filled", "partly filled", "for the analyst"

Item = tuple[str, str, str, str]
"""Item number, title, status, content."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The final model, and the panel and the candidates where they are given."""

    results: GroupTrajectoriesResults
    panel: Panel | None
    selection: Selection | None
    minimum_cell: int


def withheld_groups(facts: Facts, results: GroupTrajectoriesResults) -> BoolArray:
    """Return which groups' sizes are withheld, shape (K,).

    Where one group is small, the next smallest is withheld too, or it could be worked out.
    """
    persons = results.group_probabilities.to_numpy() * results.nobs
    small = (np.round(persons) >= 1) & (persons < facts.minimum_cell)
    if small.sum() == 1 and len(persons) > 1:
        small[int(np.argmin(np.where(small, np.inf, persons)))] = True
    return np.asarray(small)


def sizes(facts: Facts, results: GroupTrajectoriesResults) -> str:
    """Return expected number and share of persons of every group, small ones withheld."""
    shares = results.group_probabilities.to_numpy()
    withheld = withheld_groups(facts, results)
    words = []
    for group, (share, hidden) in enumerate(zip(shares, withheld, strict=True), start=1):
        count = share * results.nobs
        shown = f"{count:,.0f} persons ({100 * share:.1f} %)"
        if hidden:
            few = count < facts.minimum_cell
            shown = f"<{facts.minimum_cell} persons" if few else "not shown"
        words.append(f"group {group} {shown}")
    return ", ".join(words)


def model_name(results: GroupTrajectoriesResults) -> str:
    """Return groups, family and degree in words."""
    groups = "1 group" if results.n_groups == 1 else f"{results.n_groups} groups"
    return f"{groups}, {results.family}, degree {results.degree}"
