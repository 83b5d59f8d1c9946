"""The histories of units in all panels side by side: equal ones are one row with more weight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trajectories.groups.joint.alignment import Aligned
from trajectories.groups.search.merging import merge_rows
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.distinct import distinct_rows, row_keys


@dataclass(frozen=True, slots=True)
class Stacked:
    """Panels over the n rows of a joint problem, with what puts rows in order.

    Attributes
    ----------
    panels : tuple of Panel
        Each of the rows that it knows, with their weights.
    present : tuple of (ndarray of bool, shape (n,), or None)
        None where a panel knows every row.
    weights, keys, inverse, n_distinct
        See :class:`trajectories.groups.joint.joint_problem.Rows`.
    first : ndarray of int, shape (n,)
        The first unit of every row.
    """

    panels: tuple[Panel, ...]
    present: tuple[BoolArray | None, ...]
    weights: FloatArray | None
    keys: Any
    inverse: IntArray | None
    n_distinct: int
    first: IntArray


def stack(aligned: Aligned, further: FloatArray | None = None, *, merge: bool = True) -> Stacked:
    """Merge units of equal histories in all panels, where that pays.

    ``further``, shape (N, x), is what else units differ in; without ``merge`` rows are the units.
    """
    arrays = _side_by_side(aligned, _with_covariates(aligned, further))
    merged = merge_rows(*arrays) if merge else None
    n_units = len(aligned.units)
    first, inverse = (np.arange(n_units), None) if merged is None else merged
    weights = aligned.weights
    if inverse is not None:
        weights = np.bincount(inverse, weights=weights, minlength=len(first)).astype(float)
    n_distinct = len(first) if inverse is not None else len(distinct_rows(*arrays)[0])
    panels, present = [], []
    for panel, known in zip(aligned.panels, aligned.present, strict=True):
        rows = known[first]
        panels.append(
            _rows_of(panel, known, first[rows], None if weights is None else weights[rows])
        )
        present.append(None if rows.all() else rows)
    keys = row_keys(*[None if a is None else a[first] for a in arrays])  # type: ignore[arg-type]
    return Stacked(tuple(panels), tuple(present), weights, keys, inverse, n_distinct, first)


def _rows_of(panel: Panel, known: BoolArray, units: IntArray, weights: FloatArray | None) -> Panel:
    place = np.cumsum(known) - 1
    rows = place[units]
    if len(rows) < panel.n_units or (rows != np.arange(len(rows))).any():
        panel = panel.subset(rows)
    return panel if panel.weights is weights else replace(panel, weights=weights)


def _with_covariates(aligned: Aligned, further: FloatArray | None) -> FloatArray | None:
    """Return what units differ in, with the covariates of the panels that vary over time."""
    columns = [] if further is None else [further]
    for panel, known in zip(aligned.panels, aligned.present, strict=True):
        for values in (panel.covariates or {}).values():
            filled = np.zeros((len(known), values.shape[1]))
            filled[known] = np.nan_to_num(values)
            columns.append(filled)
    return np.hstack(columns) if columns else None


def _side_by_side(
    aligned: Aligned, further: FloatArray | None
) -> tuple[FloatArray, FloatArray | None, BoolArray | None, FloatArray | None]:
    """Return outcomes, exposure, observed and own ages of all panels, each shape (N, sum of T)."""
    panels, present = aligned.panels, aligned.present

    def every(values: list[Any]) -> Any:
        full = []
        for value, known in zip(values, present, strict=True):
            if known.all():
                full.append(value)
                continue
            filled = np.zeros((len(known), value.shape[1]), dtype=value.dtype)
            filled[known] = value
            full.append(filled)
        return np.hstack(full)

    seen = [
        np.ones(p.outcomes.shape, dtype=bool) if p.observed is None else p.observed for p in panels
    ]
    outcomes = every([p.outcomes for p in panels])
    if further is not None:
        outcomes = np.hstack([outcomes, further])
    all_there = all(p.observed is None for p in panels) and all(own.all() for own in present)
    exposure = own_ages = None
    if any(p.exposure is not None for p in panels):
        filled = [
            s.astype(float) if p.exposure is None else p.exposure
            for p, s in zip(panels, seen, strict=True)
        ]
        exposure = every(filled)
    if any(p.individual_ages is not None for p in panels):
        filled = [
            np.zeros(p.outcomes.shape) if p.individual_ages is None else p.individual_ages
            for p in panels
        ]
        own_ages = every(filled)
    return outcomes, exposure, None if all_there else every(seen), own_ages
