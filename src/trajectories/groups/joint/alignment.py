"""Panels of the same units brought into one order; units that differ are counted, never dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel

INCOMPLETE = ("refuse", "keep", "leave_out")


@dataclass(frozen=True, slots=True)
class Aligned:
    """Panels of N units in one order.

    Attributes
    ----------
    units : Index, length N
    weights : ndarray, shape (N,), or None
    panels : tuple of Panel
        Each with those of the units that it knows, in the order of ``units``.
    present : tuple of ndarray of bool, shape (N,)
        Which units each panel knows.
    n_absent : dict of str to int
        Units, of those kept, that a panel does not know.
    n_left_out : int
        Units left out because a panel does not know them.
    """

    units: pd.Index[Any]
    weights: FloatArray | None
    panels: tuple[Panel, ...]
    present: tuple[BoolArray, ...]
    n_absent: dict[str, int]
    n_left_out: int


def align(panels: Mapping[str, Panel], incomplete: str = "refuse") -> Aligned:
    """Bring panels into the order of the first, units known to later ones only after it.

    Parameters
    ----------
    panels : mapping of name to Panel
    incomplete : {"refuse", "keep", "leave_out"}
        What to do where a panel does not know all units: an error that counts them; keep them with
        the outcomes that they have; or leave them out.

    Raises
    ------
    InputError
        For units that differ, unless told what to do, and for weights that differ.
    """
    if incomplete not in INCOMPLETE:
        raise InputError(
            f"incomplete must be {', '.join(map(repr, INCOMPLETE))}, not {incomplete!r}"
        )
    units = _union(panels)
    known = {name: np.asarray(units.isin(panel.units)) for name, panel in panels.items()}
    complete = np.all(list(known.values()), axis=0)
    if incomplete == "refuse" and not complete.all():
        raise InputError(_which_lack(panels, known, int(complete.sum())))
    if incomplete == "leave_out":
        if not complete.any():
            raise InputError("no unit is in every panel: are the units named alike in all of them?")
        units, known = units[complete], {name: own[complete] for name, own in known.items()}
    ordered = {name: _in_order(panel, units[known[name]]) for name, panel in panels.items()}
    return Aligned(
        units,
        _weights(ordered, known, len(units)),
        tuple(ordered.values()),
        tuple(known.values()),
        {name: int((~own).sum()) for name, own in known.items()},
        int((~complete).sum()) if incomplete == "leave_out" else 0,
    )


def _union(panels: Mapping[str, Panel]) -> pd.Index[Any]:
    first, *others = (panel.units for panel in panels.values())
    units = first
    for other in others:
        new = other[~other.isin(units)]
        if len(new):
            units = units.append(new)
    return units


def _which_lack(panels: Mapping[str, Panel], known: dict[str, BoolArray], n_complete: int) -> str:
    lacking = ", ".join(
        f"{int((~own).sum())} in {name!r}" for name, own in known.items() if not own.all()
    )
    n_units = len(next(iter(known.values())))
    by_number = [name for name, panel in panels.items() if _numbered(panel.units)]
    forgotten = ""
    if 0 < len(by_number) < len(panels):
        forgotten = (
            f"; the units of {by_number[0]!r} are numbered from 0: if its table has a column of "
            "ids, make that the index (set_index)"
        )
    return (
        f"the panels do not hold the same units: of {n_units} units there are missing {lacking}, "
        f"and {n_complete} are in every panel; say incomplete='keep' (a unit counts with the "
        "outcomes that it has, right if they are missing at random) or 'leave_out'"
        f"{forgotten}"
    )


def _numbered(units: pd.Index[Any]) -> bool:
    """Return whether units are 0, 1, 2, …, as rows are that nobody gave an id."""
    return bool(units.equals(pd.RangeIndex(len(units))))


def _in_order(panel: Panel, units: pd.Index[Any]) -> Panel:
    if len(units) == panel.n_units and units.equals(panel.units):
        return panel
    return panel.subset(panel.units.get_indexer(units))


def _weights(
    panels: Mapping[str, Panel], known: dict[str, BoolArray], n_units: int
) -> FloatArray | None:
    """Return the weights that the panels agree on."""
    if all(panel.weights is None for panel in panels.values()):
        return None
    weights = np.full(n_units, np.nan)
    differ = 0
    for name, panel in panels.items():
        own = np.ones(panel.n_units) if panel.weights is None else panel.weights
        before = weights[known[name]]
        differ += int((~np.isnan(before) & (before != own)).sum())
        weights[known[name]] = own
    if differ:
        raise InputError(
            f"the weights of {differ} units differ between panels: give each unit one weight, the "
            "same in every panel"
        )
    return weights


def subset(aligned: Aligned, rows: IntArray, weights: FloatArray) -> Aligned:
    """Return the panels of some units, as row numbers, with other weights, (len(rows),)."""
    panels, present = [], []
    for panel, known in zip(aligned.panels, aligned.present, strict=True):
        place, own = np.cumsum(known) - 1, known[rows]
        part = panel.subset(place[rows[own]])
        panels.append(replace(part, weights=weights[own]))
        present.append(own)
    return replace(
        aligned,
        units=aligned.units[rows],
        weights=weights,
        panels=tuple(panels),
        present=tuple(present),
    )
