"""Conditional (fixed-effects) Poisson likelihood, in its multinomial form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln

from trajectories.errors import InputError
from trajectories.numerics.conditional_fit import ConditionalFit, maximise
from trajectories.numerics.conditional_strata import Strata, column, prepare_strata, row_blocks
from trajectories.numerics.types import FloatArray


def conditional_poisson(
    outcome: Any,
    design: Any,
    stratum: Any,
    *,
    exposure: Any = None,
    weights: Any = None,
    offset: Any = None,
    cluster: Any = None,
    names: Sequence[str] | None = None,
) -> ConditionalFit:
    """Fit the Poisson model in which every stratum has an intercept of its own.

    Given its total n, the counts of a stratum are multinomial (Hausman, Hall & Griliches 1984):

        P(y | n) = n!/Π y_t! · Π p_t^y_t,    p_t = e_t exp(eta_t) / Σ_s e_s exp(eta_s).

    Coefficients are log ratios of rates. They are consistent whatever the distribution of the
    counts is, as long as the mean is right (Wooldridge 1999); then the robust covariance holds,
    the other does not.

    Parameters
    ----------
    outcome : array of counts, shape (R,)
    exposure : array, shape (R,), optional
        Time at risk, above 0; its logarithm is added to the offset.
    design, stratum, weights, offset, cluster, names
        As for ``conditional_logit``.

    Returns
    -------
    ConditionalFit
        The log-likelihood has the multinomial coefficients.

    Raises
    ------
    InputError
        As ``conditional_logit``; and for an exposure that is not above 0.
    """
    shift = offset
    if exposure is not None:
        time = column(exposure, "exposure", len(np.atleast_1d(outcome)))
        bad = ~((time > 0) & np.isfinite(time))
        if bad.any():
            raise InputError(
                f"exposure must be above 0: {int(bad.sum()):,} rows have none (the first is row "
                f"{int(np.flatnonzero(bad)[0])}): leave them out, nothing can be counted in them"
            )
        shift = np.log(time)
        if offset is not None:
            shift = shift + column(offset, "offset", len(time))
    strata = prepare_strata(
        outcome,
        design,
        stratum,
        weights=weights,
        offset=shift,
        cluster=cluster,
        names=names,
        binary=False,
    )
    return maximise(PoissonLikelihood(strata))


class PoissonLikelihood:
    """The multinomial log-likelihood of the counts of strata, and its derivatives."""

    def __init__(self, strata: Strata) -> None:
        self.strata = strata
        self._total = strata.total(strata.outcome)
        ways = gammaln(self._total + 1.0) - strata.total(gammaln(strata.outcome + 1.0))
        self._constant = float(strata.weight @ ways)
        self._by_row = strata.spread(strata.weight)
        self._blocks = row_blocks(strata.first, len(strata.outcome))

    def value(self, params: FloatArray) -> float:
        """Return the weighted log-likelihood."""
        return self._value(self._log_chances(params))

    def derivatives(self, params: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return value, scores by stratum (S, P), and information (P, P)."""
        strata = self.strata
        logs = self._log_chances(params)
        expected = np.exp(logs) * strata.spread(self._total)
        scores = np.empty((len(strata.first), len(params)))
        information = np.zeros((len(params), len(params)))
        for begin, stop, low, high in self._blocks:
            rows = slice(low, high)
            x, mu = strata.design[rows], expected[rows, None]
            first = strata.first[begin:stop] - low
            scores[begin:stop] = np.add.reduceat((strata.outcome[rows, None] - mu) * x, first)
            mean = np.add.reduceat(mu * x, first) / self._total[begin:stop, None]
            centred = x - np.repeat(mean, strata.size[begin:stop], axis=0)
            information += (centred * (mu * self._by_row[rows, None])).T @ centred
        return self._value(logs), scores, information

    def _value(self, logs: FloatArray) -> float:
        # y log p with p = 0 is 0 where y is, and −inf where it is not
        terms = np.where(self.strata.outcome > 0, self.strata.outcome * logs, 0.0)
        return float(self._by_row @ terms) + self._constant

    def _log_chances(self, params: FloatArray) -> FloatArray:
        strata = self.strata
        eta = strata.offset + strata.design @ params
        highest = np.maximum.reduceat(eta, strata.first)
        eta = eta - strata.spread(highest)
        return np.asarray(eta - strata.spread(np.log(strata.total(np.exp(eta)))))
