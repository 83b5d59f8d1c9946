"""Conditional (fixed-effects) logistic likelihood with any number of events a stratum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.conditional_fit import ConditionalFit, maximise
from trajectories.numerics.conditional_recursion import arrange, chances, moments
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
        self._chosen = np.where(turned, strata.size - events, events)
        self._blocks, self._rows = arrange(
            strata.first, strata.size, self._chosen, len(strata.names)
        )
        sign = strata.spread(np.where(turned, -1.0, 1.0))
        # the columns lie one after another, each row's place given by its block
        self._x = np.ascontiguousarray((strata.design * sign[:, None])[self._rows].T)
        mean = strata.total(strata.offset) / strata.size
        self._offset = ((strata.offset - strata.spread(mean)) * sign)[self._rows]
        if np.abs(self._offset).max(initial=0.0) > WIDEST:
            raise InputError(f"offset differs by more than {WIDEST:g} within a stratum")
        taken = (strata.outcome == 1) != strata.spread(turned)
        self._taken = taken[self._rows].astype(np.float64)
        observed = strata.design * (sign * taken)[:, None]
        self._observed = strata.total(observed)

    def value(self, params: FloatArray) -> float:
        """Return the weighted log-likelihood; −inf where a predictor is out of range."""
        eta = self._offset + params @ self._x
        if not np.abs(eta).max() <= WIDEST:
            return -np.inf
        e = np.exp(eta)
        weight = self.strata.weight
        total = 0.0
        for block in self._blocks:
            logs = chances(block, e)[1]
            total += float(weight[block.strata] @ (self._numerator(block, eta) - logs))
        return total

    def derivatives(self, params: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return value, scores by stratum (S, P), and information (P, P)."""
        eta = self._offset + params @ self._x
        scores = self._observed.copy()
        information = np.zeros((len(params), len(params)))
        if not np.abs(eta).max() <= WIDEST:
            return -np.inf, scores, information
        e = np.exp(eta)
        total = 0.0
        for block in self._blocks:
            weight = self.strata.weight[block.strata]
            q, logs = chances(block, e)
            total += float(weight @ (self._numerator(block, eta) - logs))
            mean, part = moments(block, q, self._x, weight)
            scores[block.strata] -= mean.T
            information += part
        return total, scores, information

    def _numerator(self, block: Any, eta: FloatArray) -> FloatArray:
        """Return the sum of the linear predictors of the rows chosen, by stratum."""
        total = np.zeros(len(block.strata))
        for t, k in enumerate(block.active):
            place = slice(block.start[t], block.start[t] + k)
            total[:k] += eta[place] * self._taken[place]
        return total
