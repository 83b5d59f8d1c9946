"""The risk sets of a Cox model as intervals of event numbers, made once before any iteration.

All distinct (stratum, event time) pairs are numbered 0 … M - 1, strata one after another. A row
(start, stop] is at risk at the events lo … hi - 1 of its stratum, and nothing else of its times
matters: rows that see no event drop out, and rows cut in two add up to the uncut one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class RiskPart:
    """Hold rows with the events they are at risk at.

    A row's part in the risk set of event m, lo <= m < hi, is share · level[m] times its relative
    risk. In a Cox model both are 1; Fine and Gray's model has a second part, of those who had
    another event, whose part shrinks with the probability of still being observed.

    Sums over risk sets are sums over entries from the end: a row enters with its value at event
    hi - 1, and is taken out again at lo - 1.

    Attributes
    ----------
    row, lo, hi : ndarray of int, shape (R',)
    share : ndarray, shape (R',), or None
    level : ndarray, shape (M,), or None
    entry_row : ndarray of int, shape (entries,), or None
        Row of each entry, by event; None: all rows in their order.
    entry_amount : ndarray, shape (entries,), or None
        Plus or minus the share; None: 1 everywhere.
    entry_event : ndarray of int, shape (entries,)
    first_entry : ndarray of int, shape (M,)
        First entry at or after each event.
    """

    row: IntArray
    lo: IntArray
    hi: IntArray
    share: FloatArray | None
    level: FloatArray | None
    entry_row: IntArray | None
    entry_amount: FloatArray | None
    entry_event: IntArray
    first_entry: IntArray


@dataclass(frozen=True, slots=True)
class CoxRiskSets:
    """Hold the risk sets and the tied events of a Cox model; R rows, M events, N_e event rows.

    Attributes
    ----------
    kept : ndarray of int, shape (R,)
        Rows of the user's data that are at risk at some event, in the order used here.
    parts : tuple of RiskPart
    time : ndarray, shape (M,)
    stratum : ndarray of int, shape (M,)
    event_row, event_number : ndarray of int, shape (N_e,)
        Rows with an event, and its number.
    event_weight : ndarray, shape (N_e,)
    weight : ndarray, shape (R,)
    terms : ndarray of int, shape (M,)
        Number of terms of each event in the log-likelihood: 1 (Breslow), number tied (Efron).
    term_weight : ndarray, shape (M,)
        Weight of each of these terms.
    efron : bool
        Whether any event has more than one term.
    """

    kept: IntArray
    parts: tuple[RiskPart, ...]
    time: FloatArray
    stratum: IntArray
    event_row: IntArray
    event_number: IntArray
    event_weight: FloatArray
    weight: FloatArray
    terms: IntArray
    term_weight: FloatArray
    efron: bool


def cox_risk_sets(
    start: FloatArray,
    stop: FloatArray,
    event: BoolArray,
    stratum: IntArray | None,
    weight: FloatArray | None,
    *,
    ties: str = "efron",
    copies: bool = True,
    kept_on: tuple[BoolArray, FloatArray, FloatArray] | None = None,
) -> CoxRiskSets:
    """Return the events, numbered, and which of them each row is at risk at.

    Parameters
    ----------
    start, stop : ndarray, shape (rows,)
    event : ndarray of bool, shape (rows,)
    stratum : ndarray of int, shape (rows,), optional
    weight : ndarray, shape (rows,), optional
    ties : {"efron", "breslow"}
    copies : bool
        A weight of w stands for w equal rows, tied with each other where they have an event.
        Otherwise for one row that counts w times (sampling weights): then the terms of tied
        events get the mean of their weights.
    kept_on : tuple, optional
        Rows that stay in the risk sets after ``stop``, their shares (shape (rows,)), and the level
        at each of the distinct event times, shape (M,): see :class:`RiskPart`.
    """
    order = np.argsort(stop) if stratum is None else np.lexsort((stop, stratum))
    start, stop, event = start[order], stop[order], event[order]
    group = np.zeros(len(stop), dtype=np.int64) if stratum is None else stratum[order]
    times = np.unique(stop[event])
    width = len(times) + 1
    after = group * width + np.searchsorted(times, stop, "right")
    key = np.unique(after[event] - 1)
    lo, hi = np.searchsorted(key, group * width + _rank(times, start)), np.searchsorted(key, after)
    last = np.searchsorted(key, (group + 1) * width)
    use = lo < hi
    if kept_on is not None:
        use |= kept_on[0][order] & (hi < last)
    some = np.flatnonzero(use)
    kept, lo, hi, last, event = order[some], lo[some], hi[some], last[some], event[some]
    n_events = len(key)
    parts = [_part(np.flatnonzero(lo < hi), lo, hi, None, None, n_events)]
    if kept_on is not None:
        stays = np.flatnonzero(kept_on[0][kept] & (hi < last))
        parts.append(_part(stays, hi, last, kept_on[1][kept], kept_on[2], n_events))
    w = np.ones(len(kept)) if weight is None else weight[kept]
    event_row = np.flatnonzero(event)
    number = hi[event_row] - 1
    terms, term_weight = _terms(number, w[event_row], n_events, ties, copies)
    return CoxRiskSets(
        kept=kept,
        parts=tuple(parts),
        time=times[key % width],
        stratum=key // width,
        event_row=event_row,
        event_number=number,
        event_weight=w[event_row],
        weight=w,
        terms=terms,
        term_weight=term_weight,
        efron=bool((terms > 1).any()),
    )


def _terms(
    number: IntArray, weight: FloatArray, n_events: int, ties: str, copies: bool
) -> tuple[IntArray, FloatArray]:
    total = np.bincount(number, weight, n_events).astype(np.float64)
    if ties == "breslow":
        return np.ones(n_events, dtype=np.int64), total
    if copies:
        return np.rint(total).astype(np.int64), np.ones(n_events)
    count = np.bincount(number, minlength=n_events)
    return count, total / count


def _rank(times: FloatArray, start: FloatArray) -> IntArray:
    """Return how many event times lie at or before each start."""
    rank = np.zeros(len(start), dtype=np.int64)
    later = np.flatnonzero(start >= times[0])
    rank[later] = np.searchsorted(times, start[later], "right")
    return rank


def _part(
    row: IntArray,
    lo: IntArray,
    hi: IntArray,
    share: FloatArray | None,
    level: FloatArray | None,
    n_events: int,
) -> RiskPart:
    n_rows = len(lo)
    lo, hi = lo[row], hi[row]
    own = None if share is None else share[row]
    event, entry_row, amount = hi - 1, row, own
    later = np.flatnonzero(lo > 0)
    if len(later):
        event = np.concatenate([event, lo[later] - 1])
        entry_row = np.concatenate([row, row[later]])
        plus = np.ones(len(row)) if own is None else own
        amount = np.concatenate([plus, -plus[later]])
    if (event[1:] < event[:-1]).any():
        order = np.argsort(event, kind="stable")
        event, entry_row = event[order], entry_row[order]
        amount = None if amount is None else amount[order]
    in_order = len(entry_row) == n_rows and not len(later)
    in_order = in_order and bool((entry_row == np.arange(n_rows)).all())
    first = np.searchsorted(event, np.arange(n_events), "left")
    return RiskPart(row, lo, hi, own, level, None if in_order else entry_row, amount, event, first)
