"""Conditional (fixed-effects) logistic likelihood with any number of events a stratum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.conditional_fit import ConditionalFit, maximise
from trajectories.numerics.conditional_recursion import (
    arrange,
    chances,
    moments,
    separate_parts,
)
from trajectories.numerics.conditional_strata import Strata, prepare_strata
from trajectories.numerics.types import FloatArray

WIDEST = 600.0
"""Largest distance of a linear predictor from its stratum's mean; exp of more overflows."""


def conditional_logit(
    outcome: Any,
    design: Any,
    stratum: Any,
    *,
    weights: Any = None,
    offset: Any = None,
    cluster: Any = None,
    names: Sequence[str] | None = None,
) -> ConditionalFit:
    """Fit the logistic model in which every stratum has an intercept of its own.

    Given how many events m each stratum has, the intercepts drop out (Chamberlain 1980):

        P(events | m) = exp(Σ_events eta) / Σ_{sets of m rows} exp(Σ_set eta),   eta = X b + offset.

    The likelihood is exact: all sets are summed, ties or not (R's ``clogit(method = "exact")``).

    Parameters
    ----------
    outcome : array of 0 and 1, shape (R,)
    design : array, shape (R, P)
        Covariates, without a constant.
    stratum : array of labels, shape (R,)
        Person, or matched set; rows of a stratum need not lie together.
    weights : array, shape (R,), optional
        The same in all rows of a stratum: so many strata alike (frequencies). With ``cluster``
        they may as well be probabilities: weighted scores are summed within clusters.
    offset : array, shape (R,), optional
        Added to the linear predictor.
    cluster : array of labels, shape (R,), optional
        Sets of strata that may depend on each other; the strata themselves when left out.
    names : sequence of str, optional
        Of the columns, for messages.

    Returns
    -------
    ConditionalFit
        Strata without information are left out and counted in ``counts``.

    Raises
    ------
    InputError
        For bad input; where no stratum is informative; where a column never varies within
        strata, is a combination of others, or separates events from other rows.
    """
    strata = prepare_strata(
        outcome,
        design,
        stratum,
        weights=weights,
        offset=offset,
        cluster=cluster,
        names=names,
        binary=True,
    )
    return maximise(LogitLikelihood(strata))


class LogitLikelihood:
    """The conditional logistic log-likelihood of strata, and its derivatives.

    Choosing the m events is choosing the n − m other rows with the signs of all linear predictors
    turned; each stratum takes the smaller of the two.
    """

    def __init__(self, strata: Strata) -> None:
        self.strata = strata
        events = strata.total(strata.outcome).astype(np.int64)
        turned = 2 * events > strata.size
        chosen = np.where(turned, strata.size - events, events)
        varies = strata.total(np.abs(strata.design)) > 0
        part, columns = separate_parts(varies)
        self._blocks = arrange(strata.first, strata.size, chosen, part, columns)
        sign = strata.spread(np.where(turned, -1.0, 1.0))
        signed = strata.design * sign[:, None]
        mean = strata.total(strata.offset) / strata.size
        offset = (strata.offset - strata.spread(mean)) * sign
        if np.abs(offset).max(initial=0.0) > WIDEST:
            raise InputError(f"offset differs by more than {WIDEST:g} within a stratum")
        taken = (strata.outcome == 1) != strata.spread(turned)
        self._observed = strata.total(signed * taken[:, None])
        # by block, the columns one after another: a step of the recursion reads what lies together
        self._x = [np.ascontiguousarray(signed[np.ix_(b.rows, b.columns)].T) for b in self._blocks]
        self._offset = [offset[block.rows] for block in self._blocks]
        self._taken = [taken[block.rows].astype(np.float64) for block in self._blocks]

    def value(self, params: FloatArray) -> float:
        """Return the weighted log-likelihood; −inf where a predictor is out of range."""
        total = 0.0
        for number, block in enumerate(self._blocks):
            eta = self._predictor(number, params)
            if eta is None:
                return -np.inf
            logs = chances(block, np.exp(eta))[1]
            weight = self.strata.weight[block.strata]
            total += float(weight @ (self._numerator(number, eta) - logs))
        return total

    def derivatives(self, params: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return value, scores by stratum (S, P), and information (P, P)."""
        scores = self._observed.copy()
        information = np.zeros((len(params), len(params)))
        total = 0.0
        for number, block in enumerate(self._blocks):
            eta = self._predictor(number, params)
            if eta is None:
                return -np.inf, scores, information
            weight = self.strata.weight[block.strata]
            q, logs = chances(block, np.exp(eta))
            total += float(weight @ (self._numerator(number, eta) - logs))
            mean, spread = moments(block, q, self._x[number], weight)
            scores[np.ix_(block.strata, block.columns)] -= mean.T
            information[np.ix_(block.columns, block.columns)] += spread
        return total, scores, information

    def _predictor(self, number: int, params: FloatArray) -> FloatArray | None:
        """Return the linear predictors of a block's rows, None where they are out of range."""
        eta = self._offset[number] + params[self._blocks[number].columns] @ self._x[number]
        return eta if np.abs(eta).max() <= WIDEST else None

    def _numerator(self, number: int, eta: FloatArray) -> FloatArray:
        """Return the sum of the linear predictors of the rows chosen, by stratum."""
        block = self._blocks[number]
        total = np.zeros(len(block.strata))
        chosen = eta * self._taken[number]
        for t, k in enumerate(block.active):
            total[:k] += chosen[block.start[t] : block.start[t] + k]
        return total
