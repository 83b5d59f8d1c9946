"""Equal rows are one row: group identical histories and add up their weights, when that pays."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray
from trajectories.panel.distinct import distinct_rows

PAYS_BELOW = 0.7
"""Rows are merged when the share of distinct rows is below this."""

COUNTED_AT_ONCE = 4_000_000

PROBE = 20_000
"""Larger panels are probed on this many rows before all rows are compared."""


def merge_rows(
    outcome: AnyArray, *more: FloatArray | BoolArray | None
) -> tuple[IntArray, AnyArray] | None:
    """Return first row of each distinct history and every row's history, or None if not worth it.

    The probe is of random rows; rows of a large panel that share no history in the probe may still
    do so in all, but then seldom enough not to matter. Rows are equal if they are in ``more`` too:
    exposure, observed, own ages, covariates; None where there is none.
    """
    n_rows = len(outcome)
    if n_rows > PROBE:
        chosen = np.sort(np.random.default_rng(0).choice(n_rows, PROBE, replace=False))
        sample = [None if a is None else a[chosen] for a in more]
        if len(distinct_rows(outcome[chosen], *sample)[0]) > 0.95 * PROBE:
            return None
    first, inverse = distinct_rows(outcome, *more)
    return (first, inverse) if len(first) < PAYS_BELOW * n_rows else None


def history_weights(inverse: AnyArray, weights: FloatArray | None, n_distinct: int) -> FloatArray:
    """Return the summed weight of the units of every distinct history, shape (D,).

    Block by block: counting wants wide integers, and all of them at once need as much memory as
    the panel.
    """
    total = np.zeros(n_distinct)
    for low in range(0, len(inverse), COUNTED_AT_ONCE):
        rows = slice(low, low + COUNTED_AT_ONCE)
        own = None if weights is None else weights[rows]
        total += np.bincount(inverse[rows], weights=own, minlength=n_distinct)
    return total
