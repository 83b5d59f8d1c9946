"""One row of the selection table: what a candidate's fit says for and against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.families import Family
from trajectories.groups.bases import NAMES, CurveBasis
from trajectories.groups.choosing.criteria import CRITERIA, criteria
from trajectories.groups.group_sizes import TOO_FEW
from trajectories.groups.stop_reason import StopReason

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

USABLE = (StopReason.CONVERGED, StopReason.BOUNDARY)
"""Solutions that can be compared by their likelihood."""

Candidate = tuple[Family, int | tuple[int, ...], int, CurveBasis]
"""Family, degree (one for all groups, or one per group), number of groups, basis."""


def head(candidate: Candidate) -> dict[str, object]:
    """Return the columns that say which candidate a row is of."""
    family, degree, n_groups, basis = candidate
    settings = ", ".join(
        f"{name} {value}" for name, value in family.settings().items() if value is not None
    )
    return {
        "family": family.name,
        "settings": settings,
        "basis": basis_name(basis),
        "degree": degree,
        "n_groups": n_groups,
    }


def basis_name(basis: CurveBasis) -> str:
    """Return a basis by its name, with its knots where these were given."""
    name = next(name for name, kind in NAMES.items() if isinstance(basis, kind))
    values = {one.name: getattr(basis, one.name) for one in fields(basis)}  # type: ignore[arg-type]
    said = [f"{one} {value}" for one, value in values.items() if value is not None]
    return f"{name} ({', '.join(said)})" if said else name


def without_smallest(table: pd.DataFrame, hidden: Sequence[bool]) -> pd.DataFrame:
    """Return a selection table without what it says of the smallest group of some candidates."""
    rows = pd.Series(hidden, index=table.index, dtype=bool)
    words = table["notes"].where(table["notes"] == "", table["notes"] + "; ")
    return table.assign(
        smallest_share=table["smallest_share"].mask(rows),
        lowest_avepp=table["lowest_avepp"].mask(rows),
        notes=table["notes"].mask(rows, words + "smallest group: " + TOO_FEW),
    )


def without_cells(table: pd.DataFrame, few: Sequence[bool]) -> pd.DataFrame:
    """Return a selection table without criteria that tell how few cells lack."""
    rows = pd.Series(few, index=table.index, dtype=bool)
    names = [name for name in ("bic_cells", "bic_cells_nagin") if name in table]
    return table.assign(**{name: table[name].mask(rows) for name in names})


def row(
    candidate: Candidate, results: GroupTrajectoriesResults | None, reason: str, start: str
) -> dict[str, object]:
    """Return a candidate's row; NaN where it could not be fitted.

    Parameters
    ----------
    candidate : tuple
    results : GroupTrajectoriesResults, optional
        None if there is no fit.
    reason : str
        Why the fit stopped, or why there is none.
    start : str
        Where the solution was found from.
    """
    nan = float("nan")
    values = dict.fromkeys(CRITERIA, nan) if results is None else criteria(results)
    table = None if results is None else results.classification
    notes = () if results is None else results.notes
    return {
        **head(candidate),
        "llf": nan if results is None else results.llf,
        "n_params": nan if results is None else results.n_params,
        **values,
        "relative_entropy": nan if results is None else results.relative_entropy,
        "smallest_share": nan if table is None else table["share"].min(),
        "lowest_avepp": nan if table is None else table["avepp"].min(),
        "n_replicated": 0 if results is None else results.n_replicated,
        "n_finished": 0 if results is None else results.n_finished,
        "start": start,
        "stop_reason": reason,
        "usable": results is not None and results.stop_reason in USABLE,
        "notes": "; ".join(notes),
    }
