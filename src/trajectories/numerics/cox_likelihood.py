"""Log partial likelihood of a Cox model with its score and information, in O(rows · P²).

Sums over risk sets are running sums over events, never over pairs. The first part of the
information, Σ_j S2(j)/S0(j), is one weighted product X' diag(relative risk · Λ) X, because
Σ_j 1{i at risk at j}/S0(j) is the increase of the cumulative hazard Λ over row i. One walk through
the rows, by blocks that stay in cache, gives score and information.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.cox_risk_sets import CoxRiskSets, RiskPart
from trajectories.numerics.types import FloatArray, IntArray

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class CoxHazard:
    """Hold the log-likelihood and the hazards at one value of the coefficients.

    The terms of event j (several where it is tied and Efron's approximation is used) have risk
    sums S_l = S - f_l D, with S over those at risk and D over those with the event,
    f_l = l / number of terms.

    Attributes
    ----------
    log_likelihood : float
    risk : ndarray, shape (R,)
        exp of the linear predictor, unweighted, divided by ``exp(centre)``.
    centre : float
    a, b, aa, ab, bb : ndarray, shape (M,)
        Σ_l c/S_l, c f/S_l, c/S_l², c f/S_l², c f²/S_l², c the weight of a term.
    """

    log_likelihood: float
    risk: FloatArray
    centre: float
    a: FloatArray
    b: FloatArray
    aa: FloatArray
    ab: FloatArray
    bb: FloatArray


def cox_hazard(
    sets: CoxRiskSets, X: FloatArray, beta: FloatArray, offset: FloatArray | None
) -> CoxHazard:
    """Return log-likelihood and hazards; X has shape (R, P) in the order of ``sets.kept``."""
    predictor = X @ beta
    if offset is not None:
        predictor += offset
    centre = float(predictor.max(initial=0.0))
    predictor -= centre
    risk = np.exp(predictor)
    weighted = sets.weight * risk
    s0 = np.zeros(len(sets.time))
    for part in sets.parts:
        own = _summed(part, _entries(part, weighted))
        s0 += own if part.level is None else own * part.level
    d0 = np.zeros(0)
    if sets.efron:
        d0 = np.bincount(sets.event_number, weighted[sets.event_row], len(s0)).astype(np.float64)
    logs, (a, b, aa, ab, bb) = _term_sums(sets, s0, d0)
    value = float(sets.event_weight @ predictor[sets.event_row]) - logs
    return CoxHazard(value, risk, centre, a, b, aa, ab, bb)


def _entries(part: RiskPart, values: FloatArray) -> FloatArray:
    own = values if part.entry_row is None else values[part.entry_row]
    return own if part.entry_amount is None else own * part.entry_amount


def _summed(part: RiskPart, values: FloatArray) -> FloatArray:
    tail = np.zeros(len(values) + 1)
    np.cumsum(values[::-1], out=tail[1:])
    return np.asarray(tail[len(values) - part.first_entry])


def _term_sums(
    sets: CoxRiskSets, s0: FloatArray, d0: FloatArray
) -> tuple[float, tuple[FloatArray, ...]]:
    """Return Σ_j Σ_l c log S_l, and the sums over the terms of each event."""
    c = sets.term_weight
    if not sets.efron:
        a = c / s0
        zero = np.zeros(0)
        return float(c @ np.log(s0)), (a, zero, a / s0, zero, zero)
    first = np.cumsum(sets.terms) - sets.terms
    number = np.repeat(np.arange(len(s0)), sets.terms)
    fraction = (np.arange(len(number)) - first[number]) / sets.terms[number]
    term = s0[number] - fraction * d0[number]
    once = c[number] / term
    twice = once / term
    wanted = (once, fraction * once, twice, fraction * twice, fraction**2 * twice)
    sums = tuple(np.add.reduceat(values, first) for values in wanted)
    return float(c[number] @ np.log(term)), sums


def cox_score_information(
    sets: CoxRiskSets, X: FloatArray, event_X: FloatArray, hazard: CoxHazard
) -> tuple[FloatArray, FloatArray]:
    """Return the score (P,) and the observed information (P, P).

    ``event_X`` is ``X[sets.event_row]``, which does not change between iterations.
    """
    n_terms = X.shape[1]
    weighted = sets.weight * hazard.risk
    second, means = np.zeros((n_terms, n_terms)), np.zeros(n_terms)
    tied = tied_sums(sets, event_X, hazard) if sets.efron else None
    if len(sets.parts) == 1 and sets.parts[0].level is None:
        part = sets.parts[0]
        first = np.zeros((n_terms, n_terms))
        felt = np.cumsum(hazard.a)[part.entry_event]
        spared = part.entry_row is None and sets.efron
        if spared:
            felt[sets.event_row] -= hazard.b[sets.event_number]
        for j, s1, x, y, at in _walk(part, X, weighted):
            y *= felt[at, None]
            first += y.T @ x
            means += hazard.a[j] @ s1
            second += _outer(s1, None if tied is None else tied[j], hazard, j)
    else:
        spared = False
        first = weighted_product(X, weighted * row_hazard(sets, hazard.a))
        s1 = risk_sums(sets, X, hazard)
        means += hazard.a @ s1
        second += _outer(s1, tied, hazard, slice(None))
    if tied is not None:
        means -= hazard.b @ tied
        if not spared:
            back = weighted[sets.event_row] * hazard.b[sets.event_number]
            first -= weighted_product(event_X, back)
    information = first - second
    return sets.event_weight @ event_X - means, (information + information.T) / 2


def _outer(s1: FloatArray, d1: FloatArray | None, hazard: CoxHazard, j: slice) -> FloatArray:
    """Return Σ_j Σ_l c S1_l S1_l'/S_l² over some events."""
    result = (s1 * hazard.aa[j, None]).T @ s1
    if d1 is not None:
        cross = (s1 * hazard.ab[j, None]).T @ d1
        result += (d1 * hazard.bb[j, None]).T @ d1 - cross - cross.T
    return np.asarray(result)


def _walk(
    part: RiskPart, X: FloatArray, weighted: FloatArray
) -> Iterator[tuple[slice, FloatArray, FloatArray, FloatArray, slice]]:
    """Go through the entries from the end, block by block.

    Yields the events whose sums are complete and these sums S1, the covariates x of the entries of
    the block, y = value · x, and which entries they are.
    """
    n = len(part.entry_event)
    values = _entries(part, weighted)
    carry = np.zeros(X.shape[1])
    edges = np.append(np.arange(0, n, _BLOCK), n)
    events = np.searchsorted(part.first_entry, edges, "left")
    for block in range(len(edges) - 2, -1, -1):
        at = slice(int(edges[block]), int(edges[block + 1]))
        x = X[at] if part.entry_row is None else X[part.entry_row[at]]
        y = x * values[at, None]
        j = slice(int(events[block]), int(events[block + 1]))
        tail, total = _tails(y, part.first_entry[j] - at.start)
        tail += carry
        carry = carry + total
        yield j, tail, x, y, at


def _tails(y: FloatArray, first: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the sums of the rows of y from each of ``first`` on, and of all rows."""
    if len(first) < len(y) // 8:
        ahead = not len(first) or first[0] > 0
        pieces = np.add.reduceat(y, np.append(0, first) if ahead else first, axis=0)
        tail = np.cumsum(pieces[::-1], axis=0)[::-1]
        return tail[int(ahead) :].copy(), tail[0].copy()
    n_terms = y.shape[1]
    if n_terms % 2:
        y = np.hstack([y, np.zeros((len(y), 1))])
    # two columns as one complex number: a running sum waits for its last addition, so adding two
    # at a time takes half as long
    head = np.cumsum(y.view(np.complex128)[::-1], axis=0).view(np.float64)[:, :n_terms]
    return head[len(y) - 1 - first], head[-1].copy()


def risk_sums(sets: CoxRiskSets, X: FloatArray, hazard: CoxHazard) -> FloatArray:
    """Return S1, the relative risks times the covariates over each risk set, shape (M, P)."""
    result = np.zeros((len(sets.time), X.shape[1]))
    weighted = sets.weight * hazard.risk
    for part in sets.parts:
        for j, s1, *_ in _walk(part, X, weighted):
            result[j] += s1 if part.level is None else s1 * part.level[j, None]
    return result


def tied_sums(sets: CoxRiskSets, event_X: FloatArray, hazard: CoxHazard) -> FloatArray:
    """Return D1, the same over those with the event, shape (M, P)."""
    rows = sets.event_row
    first = np.searchsorted(sets.event_number, np.arange(len(sets.time)))
    y = event_X * (sets.weight[rows] * hazard.risk[rows])[:, None]
    return np.asarray(np.add.reduceat(y, first, axis=0))


def row_hazard(sets: CoxRiskSets, jumps: FloatArray) -> FloatArray:
    """Return the sum of jumps over the events that each row is at risk at: (R,) or (R, P)."""
    result = np.zeros((len(sets.weight), *jumps.shape[1:]))
    for part in sets.parts:
        result[part.row] += part_hazard(part, jumps)
    return result


def part_hazard(part: RiskPart, jumps: FloatArray) -> FloatArray:
    """Return the sum of jumps over the events that the rows of one part are at risk at."""
    tail = (slice(None), None) if jumps.ndim == 2 else (slice(None),)
    levelled = jumps if part.level is None else jumps * part.level[tail]
    running = np.concatenate([np.zeros((1, *jumps.shape[1:])), np.cumsum(levelled, axis=0)])
    gained = running[part.hi] - running[part.lo]
    return gained if part.share is None else np.asarray(gained * part.share[tail])


def weighted_product(X: FloatArray, q: FloatArray) -> FloatArray:
    """Return X' diag(q) X by blocks of rows that stay in cache."""
    result = np.zeros((X.shape[1], X.shape[1]))
    for first in range(0, len(X), _BLOCK):
        block = X[first : first + _BLOCK]
        result += (block * q[first : first + _BLOCK, None]).T @ block
    return result
