"""The third step of three: models of groups that are only known with error.

Units are assigned to groups with error; a is the assignment, D the table of its errors, w the
weights of the units and l_it(b) the log density of unit i in group t (see ``group_terms``).

    weighted (BCH; a itself: naive)   sum_i w_i sum_t c_it l_it(b),     c = a D^-1, or a
    corrected likelihood (ML)         sum_i w_i sum_s a_is log sum_t D[t, s] exp l_it(b)

Both are maximised by Newton with exact derivatives. Sources: Bolck, Croon and Hagenaars (2004),
Political Analysis 12(1), 3-27; Vermunt (2010), Political Analysis 18(4), 450-469; Bakk, Tekle and
Vermunt (2013), Sociological Methodology 43(1), 272-311.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from trajectories.numerics.classification_error import ROWS, ClassificationError
from trajectories.numerics.group_terms import GroupTerm
from trajectories.numerics.newton import ascent_direction
from trajectories.numerics.types import FloatArray, IntArray

MOST_STEPS = 200
LONGEST = 2.0
"""Longest change of a standardised parameter in one step."""
FAR = 40.0
"""A standardised parameter beyond this has run off: exp(40) is no odds."""
TOLERANCE = 1e-11
"""Steps end when the gain that the slope promises is below this per person."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Value, gradient and Hessian of an objective at some parameters."""

    value: float
    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ThirdStep:
    """A third step: terms, rows kept, and how classification error is treated.

    Attributes
    ----------
    terms : sequence of GroupTerm
        Over the units kept.
    errors : ClassificationError
        Over all units.
    rows : ndarray of int
        The units kept.
    method : {"ml", "bch", "modal"}
    """

    terms: Sequence[GroupTerm]
    errors: ClassificationError
    rows: IntArray
    method: str

    @property
    def weights(self) -> FloatArray:
        """Weights of the units kept, shape (n,)."""
        return np.asarray(self.errors.weights[self.rows])

    @property
    def assigned(self) -> FloatArray:
        """Assignments of the units kept, shape (n, K)."""
        return np.asarray(self.errors.assigned[self.rows])

    def group_weights(self) -> FloatArray:
        """Return c, shape (n, K): BCH weights, or the assignment itself."""
        if self.method == "bch":
            return np.asarray(self.assigned @ self.errors.inverse())
        return self.assigned

    def start(self) -> FloatArray:
        """Return the parameters to start from."""
        mass = self.weights[:, None] * self.assigned
        return np.concatenate([term.start(mass) for term in self.terms])

    def parts(self) -> list[slice]:
        """Return where each term's parameters are."""
        stops = np.cumsum([0, *(term.n_parameters for term in self.terms)])
        return [slice(int(a), int(b)) for a, b in pairwise(stops)]

    def evaluate(self, b: FloatArray, rows: slice) -> tuple[FloatArray, FloatArray]:
        """Return log densities (n, K) and gradients (n, K, P) of some rows, terms added up."""
        found = [t.evaluate(b[at], rows) for t, at in zip(self.terms, self.parts(), strict=True)]
        log_density = sum((part for part, _ in found[1:]), start=found[0][0])
        return log_density, np.concatenate([gradient for _, gradient in found], axis=2)

    def sums(self, b: FloatArray) -> Sums:
        """Return value, gradient and Hessian of the objective."""
        value, gradient = 0.0, np.zeros_like(b)
        hessian = np.zeros((len(b), len(b)))
        for rows, w, a, c in self._blocks():
            log_density, slope = self.evaluate(b, rows)
            if self.method != "ml":
                share = w[:, None] * c
                value += float((share * log_density).sum())
                gradient += np.einsum("it,itp->p", share, slope)
            else:
                share = np.zeros_like(a)
                for s in range(a.shape[1]):
                    norm, given = self._given(log_density, s)
                    mass = w * a[:, s]
                    value += float(mass[mass > 0] @ norm[mass > 0])
                    own = np.einsum("it,itp->ip", given, slope)
                    gradient += mass @ own
                    hessian -= (own * mass[:, None]).T @ own
                    share += mass[:, None] * given
                flat = slope.reshape(-1, slope.shape[2])
                hessian += (flat * share.reshape(-1, 1)).T @ flat
            for term, at in zip(self.terms, self.parts(), strict=True):
                hessian[at, at] += term.hessian(b[at], rows, share)
        return Sums(value, gradient, hessian)

    def value(self, b: FloatArray) -> float:
        """Return the objective."""
        total = 0.0
        for rows, w, a, c in self._blocks():
            log_density, _ = self.evaluate(b, rows)
            if self.method != "ml":
                total += float((w[:, None] * c * log_density).sum())
                continue
            for s in range(a.shape[1]):
                mass = w * a[:, s]
                norm, _ = self._given(log_density, s)
                total += float(mass[mass > 0] @ norm[mass > 0])
        return total

    def unit_scores(self, b: FloatArray) -> FloatArray:
        """Return each unit's estimating function, shape (n, P), not weighted."""
        found = np.empty((len(self.rows), len(b)))
        for rows, _, a, c in self._blocks():
            log_density, slope = self.evaluate(b, rows)
            if self.method != "ml":
                share = c
            else:
                share = np.zeros_like(a)
                for s in range(a.shape[1]):
                    share += a[:, s, None] * self._given(log_density, s)[1]
            found[rows] = np.einsum("it,itp->ip", share, slope)
        return found

    def table_slope(self, b: FloatArray) -> FloatArray:
        """Return the derivative of the summed estimating functions in D, shape (P, K, K).

        ML: sum_i w_i a_is exp(l_it) / q_is (g_it - mean of g over groups given s), g the gradient
        and q_is = sum_t D[t, s] exp l_it. BCH: dc = - c dD D^-1.
        """
        n_groups = len(self.errors.table)
        found = np.zeros((len(b), n_groups, n_groups))
        if self.method == "modal":
            return found
        cross = np.zeros((n_groups, n_groups, len(b)))
        for rows, w, a, c in self._blocks():
            log_density, slope = self.evaluate(b, rows)
            if self.method == "bch":
                cross += np.einsum("it,iup->tup", w[:, None] * c, slope)
                continue
            for s in range(n_groups):
                norm, given = self._given(log_density, s)
                mean = np.einsum("it,itp->ip", given, slope)
                mass = (w * a[:, s])[:, None] * np.exp(log_density - norm[:, None])
                found[:, :, s] += np.einsum("it,itp->pt", mass, slope)
                found[:, :, s] -= np.einsum("it,ip->pt", mass, mean)
        if self.method == "bch":
            found = -np.einsum("su,tup->pts", self.errors.inverse(), cross)
        return found

    def _given(self, log_density: FloatArray, s: int) -> tuple[FloatArray, FloatArray]:
        """Return log q_is and P(t | assigned to s), shapes (n,) and (n, K)."""
        with np.errstate(divide="ignore"):
            joint = log_density + np.log(self.errors.table[:, s])
        norm = logsumexp(joint, axis=1)
        with np.errstate(invalid="ignore"):
            given = np.exp(joint - norm[:, None])
        return np.asarray(norm), np.nan_to_num(given, nan=0.0)

    def _blocks(self) -> Iterator[tuple[slice, FloatArray, FloatArray, FloatArray]]:
        weights, assigned, correction = self.weights, self.assigned, self.group_weights()
        for first in range(0, len(weights), ROWS):
            rows = slice(first, first + ROWS)
            yield rows, weights[rows], assigned[rows], correction[rows]


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where Newton ended.

    Attributes
    ----------
    parameters : ndarray, shape (P,)
    sums : Sums
    ran_off : bool
        Whether a parameter left every range, or steps ran out: there is no finite maximum.
    n_steps : int
    """

    parameters: FloatArray
    sums: Sums
    ran_off: bool
    n_steps: int


def maximise(step: ThirdStep, start: FloatArray | None = None) -> Maximum:
    """Climb to a maximum of the objective by Newton with step-halving.

    Designs are to be standardised: a step changes no parameter by more than ``LONGEST``.
    """
    b = step.start() if start is None else start.copy()
    total = float(step.weights.sum())
    sums = step.sums(b)
    last = np.inf
    for number in range(MOST_STEPS):
        direction = ascent_direction(sums.gradient, sums.hessian)
        promised = float(sums.gradient @ direction)
        if promised <= TOLERANCE**2 * total:
            return Maximum(b, sums, False, number)
        settled = promised < 1e-9 * abs(sums.value)
        if settled and np.abs(direction).max() < 1e-6 and promised > 0.25 * last:
            return Maximum(b, sums, False, number)  # what is left is rounding
        last = promised
        direction *= min(1.0, LONGEST / float(np.abs(direction).max()))
        moved = _shortened(step, b, direction, sums.value, settled)
        if moved is None:
            return Maximum(b, sums, False, number)
        b = moved
        sums = step.sums(b)
        if np.abs(b).max() > FAR:
            return Maximum(b, sums, True, number)
    return Maximum(b, sums, True, MOST_STEPS)


def _shortened(
    step: ThirdStep, b: FloatArray, direction: FloatArray, value: float, settled: bool
) -> FloatArray | None:
    """Return the first of ever shorter steps that climbs; None where none does.

    Where the promised gain drowns in the rounding of the value, the full step is taken.
    """
    if settled:
        return b + direction
    scale = 1.0
    for _ in range(40):
        candidate = b + scale * direction
        if step.value(candidate) > value:
            return candidate
        scale /= 2
    return None
