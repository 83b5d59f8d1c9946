"""Counts far above those of everybody else: an error of entry, or a group of one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trajectories.panel.arrays import BoolArray, FloatArray, these_rows

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel

FAR = 5.0
"""Times the highest count of all other rows."""
FEW = 5
"""More rows than these are a tail and no outliers."""
LEAST = 2.0
"""Highest count of the others that is reckoned with at least, so that one among zeros is none."""


def outlying_cells(panel: Panel) -> tuple[BoolArray, float] | None:
    """Return which cells are far above every other row, and how many times; None without any.

    The rows are put in order of their highest count. Where one of the first five drops is to less
    than a fifth, the rows above it are outlying.
    """
    if panel.n_units < 2 or not panel.is_count:
        return None
    highest: FloatArray = panel.outcomes.max(axis=1).astype(np.float64)
    n_top = min(FEW + 1, panel.n_units)
    top = np.sort(np.partition(highest, -n_top)[-n_top:])[::-1]
    below = np.maximum(top[1:], LEAST)
    drops = np.flatnonzero(top[:-1] > FAR * below)
    if not len(drops):
        return None
    limit = float(below[drops[0]])
    return np.asarray(panel.outcomes > FAR * limit), float(top[drops[0]] / limit)


def said_of_outlying(panel: Any, family: str) -> str | None:
    """Return what to do about outlying counts in a fit that went wrong, None without any.

    Names rows by their position and never by id; the counts themselves are not shown. A panel on
    a cluster is not looked at.
    """
    if not hasattr(panel, "outcomes"):
        return None
    found = outlying_cells(panel)
    if found is None:
        return None
    rows = np.flatnonzero(found[0].any(axis=1))
    one = len(rows) == 1
    overdispersed = "" if family in ("negbin", "zinb") else ", or take family 'negbin'"
    return (
        f"{these_rows(rows).capitalize()} of the panel (counted from 0) {'has' if one else 'have'} "
        f"counts more than {FAR:g} times those of anybody else, and a group may be running after "
        f"{'it' if one else 'them'}: look for an error of entry (a total, or a code such as 999), "
        f"fit without {'that row' if one else 'those rows'} and say so{overdispersed}"
    )
