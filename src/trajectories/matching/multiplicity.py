"""P-values adjusted for how many there are."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, names

Adjustment = Literal["holm", "bonferroni", "benjamini_hochberg", "none"]


def adjusted(p_values: FloatArray, method: Adjustment) -> FloatArray:
    """Return adjusted p-values; NaN stays NaN and counts as no test.

    "holm" and "bonferroni" bound the chance of any false finding (Holm 1979, Scandinavian Journal
    of Statistics 6(2), 65-70), "benjamini_hochberg" the expected share of false ones among the
    findings (1995, Journal of the Royal Statistical Society B 57(1), 289-300).
    """
    if method not in get_args(Adjustment):
        raise InputError(
            f"adjustment {method!r} is unknown: choose from {names(get_args(Adjustment))}"
        )
    p = np.asarray(p_values, dtype=np.float64)
    result = p.copy()
    known = np.flatnonzero(~np.isnan(p))
    m = len(known)
    if m == 0 or method == "none":
        return result
    if method == "bonferroni":
        result[known] = np.minimum(p[known] * m, 1.0)
        return result
    order = known[np.argsort(p[known], kind="stable")]
    rank = np.arange(1, m + 1)
    if method == "holm":
        result[order] = np.minimum(np.maximum.accumulate(p[order] * (m - rank + 1)), 1.0)
    else:
        raised = np.minimum.accumulate((p[order] * m / rank)[::-1])[::-1]
        result[order] = np.minimum(raised, 1.0)
    return result
