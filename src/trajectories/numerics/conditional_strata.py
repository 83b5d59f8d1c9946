"""Rows in strata, made ready for a conditional likelihood: sorted, checked, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.conditional_counts import StrataCounts, count_strata
from trajectories.numerics.types import AnyArray, FloatArray, IntArray

ROWS = 8192
"""Rows handled at a time."""

WHOLE = "outcome must be whole numbers, 0 or more"


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Informative strata, their rows one after another.

    Attributes
    ----------
    first, size : ndarray of int, shape (S,)
        First row and number of rows of each stratum.
    outcome, offset : ndarray, shape (R,)
    design : ndarray, shape (R, P)
        Centred within strata, each column divided by ``scale``.
    scale : ndarray, shape (P,)
        Standard deviation within strata.
    weight : ndarray, shape (S,)
    cluster : ndarray of int, shape (S,), or None
        Codes 0, 1, …; None: every stratum on its own, a weight of w for w strata alike.
    names : tuple of str
        Of the columns.
    counts : StrataCounts
    binary : bool
        Whether the outcome is 0 or 1, and not a count.
    """

    first: IntArray
    size: IntArray
    outcome: FloatArray
    offset: FloatArray
    design: FloatArray
    scale: FloatArray
    weight: FloatArray
    cluster: IntArray | None
    names: tuple[str, ...]
    counts: StrataCounts
    binary: bool

    def total(self, values: FloatArray) -> FloatArray:
        """Return sums over the rows of each stratum, shape (S, …), of values by row."""
        return np.asarray(np.add.reduceat(values, self.first, axis=0))

    def spread(self, values: AnyArray) -> AnyArray:
        """Return values by stratum as values by row."""
        return np.asarray(np.repeat(values, self.size, axis=0))


def prepare_strata(
    outcome: Any,
    design: Any,
    stratum: Any,
    *,
    weights: Any,
    offset: Any,
    cluster: Any,
    names: Sequence[str] | None,
    binary: bool,
) -> Strata:
    """Check, sort and count rows in strata; see ``conditional_logit`` for the arguments.

    Raises
    ------
    InputError
        For arrays of other lengths, values that are not finite, an outcome that is not 0 or 1
        (no whole number of 0 or more where ``binary`` is False), weights that differ within a
        stratum, strata that belong to two clusters, or where no stratum is informative.
    """
    y = column(outcome, "outcome", None)
    _check_outcome(y, binary)
    X = _matrix(design, len(y))
    labels = _names(names, X.shape[1])
    shift = np.zeros(len(y)) if offset is None else column(offset, "offset", len(y))
    order, first = _sorted(stratum, len(y))
    if order is not None:
        y, X, shift = y[order], X[order], shift[order]
    size = np.diff(np.append(first, len(y)))
    weight = _constant(weights, "weights", order, first, size, np.ones(len(first)))
    if (weight < 0).any():
        raise InputError("weights must be 0 or more")
    events = np.add.reduceat(y, first)
    counts, informative = count_strata(size, events, weight, binary)
    clusters = None if cluster is None else _clusters(cluster, order, first, size)
    kept = np.repeat(informative, size)
    if not informative.all():
        y, X, shift = y[kept], X[kept], shift[kept]
    size = size[informative]
    first = np.cumsum(size) - size
    design_, scale = _within(X, first, size, weight[informative])
    return Strata(
        first=first,
        size=size,
        outcome=y,
        offset=shift,
        design=design_,
        scale=scale,
        weight=weight[informative],
        cluster=None
        if clusters is None
        else np.unique(clusters[informative], return_inverse=True)[1],
        names=labels,
        counts=counts,
        binary=binary,
    )


def column(values: Any, what: str, length: int | None) -> FloatArray:
    """Return values as finite numbers, one a row."""
    array = _floats(values, what)
    if array.ndim != 1 or (length is not None and len(array) != length):
        wanted = "one value a row" if length is None else f"one value for each of {length:,} rows"
        raise InputError(f"{what} must be {wanted}; its shape is {array.shape}")
    _finite(array, what)
    return array


def _floats(values: Any, what: str) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{what} cannot be read as numbers: turn text into columns of 0 and 1"
        ) from None


def _finite(array: FloatArray, what: str) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):
            return
    bad = ~np.isfinite(array)
    if bad.any():
        rows = np.flatnonzero(bad.reshape(len(array), -1).any(axis=1))
        raise InputError(
            f"{what} missing or infinite in {len(rows):,} rows (the first is row {rows[0]}): "
            "fill them in or leave the rows out"
        )


def _matrix(design: Any, length: int) -> FloatArray:
    X = _floats(design, "design")
    X = X[:, None] if X.ndim == 1 else X
    if X.ndim != 2 or len(X) != length:
        raise InputError(
            f"design must have one row for each of the {length:,} outcomes; its shape is {X.shape}"
        )
    if X.shape[1] == 0:
        raise InputError("design has no column: name at least one covariate")
    _finite(X, "design")
    return X


def _names(names: Sequence[str] | None, n_columns: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"column {p}" for p in range(n_columns))
    if len(names) != n_columns:
        raise InputError(f"{len(names)} names for a design of {n_columns} columns")
    return tuple(str(name) for name in names)


def _check_outcome(y: FloatArray, binary: bool) -> None:
    if not len(y):
        raise InputError("outcome is empty: no rows to estimate from")
    bad = (y != 0) & (y != 1) if binary else (y < 0) | (y != np.floor(y))
    if bad.any():
        wanted = "outcome must be 0 or 1" if binary else WHOLE
        raise InputError(
            f"{wanted}; {int(bad.sum()):,} rows hold something else "
            f"(the first is row {int(np.flatnonzero(bad)[0])})"
        )


def _sorted(stratum: Any, length: int) -> tuple[IntArray | None, IntArray]:
    """Return the order that brings strata together (None: they are), and first rows."""
    labels = np.asarray(stratum)
    if labels.ndim != 1 or len(labels) != length:
        raise InputError(
            f"stratum must be one label for each of {length:,} rows; its shape is {labels.shape}"
        )
    _none_missing(labels, "stratum")
    labels = labels if labels.dtype.kind in "iuf" else _codes(labels, "stratum")
    step = labels[1:] != labels[:-1]
    if labels.dtype.kind in "iuf" and (labels[1:] >= labels[:-1]).all():
        return None, np.flatnonzero(np.r_[True, step])
    order = np.argsort(labels, kind="stable")
    labels = labels[order]
    return order, np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]])


def _none_missing(labels: AnyArray, what: str) -> None:
    """Refuse missing labels: NaN, of numbers or among objects, is not equal to itself."""
    if labels.dtype.kind not in "fcmMO":
        return
    missing = np.asarray(labels != labels) | np.array([label is None for label in labels])
    if missing.any():
        raise InputError(
            f"{what} missing in {int(missing.sum()):,} rows (the first is row "
            f"{int(np.flatnonzero(missing)[0])}): fill it in or leave the rows out"
        )


def _codes(labels: AnyArray, what: str) -> IntArray:
    try:
        return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)
    except TypeError:
        raise InputError(
            f"{what} labels cannot be put in order: give numbers or text, not both, none missing"
        ) from None


def _constant(
    values: Any,
    what: str,
    order: IntArray | None,
    first: IntArray,
    size: IntArray,
    otherwise: FloatArray,
) -> FloatArray:
    """Return a value by stratum from values by row, refusing what differs within a stratum."""
    if values is None:
        return otherwise
    length = int(size.sum())
    by_row = column(values, what, length)
    by_row = by_row if order is None else by_row[order]
    one = by_row[first]
    differs = np.repeat(one, size) != by_row
    if differs.any():
        n = len(np.unique(np.repeat(np.arange(len(first)), size)[differs]))
        raise InputError(f"{what} differ within {n:,} strata: give every row of a stratum the same")
    return one


def _clusters(cluster: Any, order: IntArray | None, first: IntArray, size: IntArray) -> IntArray:
    labels = np.asarray(cluster)
    length = int(size.sum())
    if labels.ndim != 1 or len(labels) != length:
        raise InputError(
            f"cluster must be one label for each of {length:,} rows; its shape is {labels.shape}"
        )
    _none_missing(labels, "cluster")
    codes = _codes(labels, "cluster")
    return _constant(codes.astype(np.float64), "clusters", order, first, size, np.zeros(0)).astype(
        np.int64
    )


def _within(
    X: FloatArray, first: IntArray, size: IntArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the design centred within strata and scaled, and the scale (0: no variation)."""
    largest = np.maximum(X.max(axis=0), -X.min(axis=0))
    centred = np.empty_like(X)
    total = np.zeros(X.shape[1])
    for begin, stop, low, high in row_blocks(first, len(X)):
        part, own = X[low:high], size[begin:stop]
        mean = np.add.reduceat(part, first[begin:stop] - low, axis=0) / own[:, None]
        rest = np.subtract(part, np.repeat(mean, own, axis=0), out=centred[low:high])
        total += np.repeat(weight[begin:stop], own) @ rest**2
    scale = np.sqrt(total / (weight @ size))
    # what centring leaves of a constant is rounding
    scale[scale <= 1e-11 * largest] = 0.0
    centred /= np.where(scale > 0, scale, 1.0)
    return centred, scale


def row_blocks(first: IntArray, n_rows: int) -> list[tuple[int, int, int, int]]:
    """Return stretches of whole strata: first and last stratum, first and last of some ROWS rows.

    What is computed of a stretch stays in cache.
    """
    edges = np.searchsorted(first, np.arange(0, n_rows, ROWS))
    edges = np.unique(np.append(edges, len(first)))
    ends = np.append(first, n_rows)
    return [(a, b, int(ends[a]), int(ends[b])) for a, b in pairwise(edges.tolist())]
