"""Regression of rates: Poisson, and negative binomial for persons who differ."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.numerics.rate_models import RateFit, fit_rates
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.coefficients import Coefficients
from trajectories.recidivism.cox_results import ratio
from trajectories.recidivism.design import Design, make_design
from trajectories.recidivism.few_persons import RestsOn, rests_on, shown_table
from trajectories.recidivism.follow_up_input import (
    event_codes,
    need_follow_up,
    no_events,
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RateResults(Coefficients):
    """Hold a fitted regression of rates.

    Attributes
    ----------
    family : str
    design : Design
    params : Series
        Log rates: ``const`` and terms; for the negative binomial also ``log_dispersion``, the log
        variance of the persons' own multipliers (gamma, mean 1).
    covariance : DataFrame
    robust : bool
        Whether the covariance is the sandwich over persons.
    llf : float
        Of the times of the events (not of their number): Σ log rate - Σ rate · time for the
        Poisson.
    n_persons : int
    n_events, time : float
        Weighted.
    converged : bool
    time_unit : str
    """

    family: str
    design: Design
    params: pd.Series[float]
    covariance: pd.DataFrame
    robust: bool
    llf: float
    n_persons: int
    n_events: float
    time: float
    converged: bool
    time_unit: str
    _persons: RestsOn

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of the parameters."""
        return self.covariance.copy()

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return a row a parameter: coef, se, z, p, ratio (of rates), lower, upper (of it).

        Under disclosure control no number that rests on few persons with a value of a covariate and
        an event, or without one.
        """
        limits, z = self.conf_int(level), self.params / self.bse
        table = pd.DataFrame(
            {
                "coef": self.params,
                "se": self.bse,
                "z": z,
                "p": 2.0 * ndtr(-np.abs(z.to_numpy())),
                "ratio": ratio(self.params),
                "lower": ratio(limits["lower"]),
                "upper": ratio(limits["upper"]),
            }
        )
        more = len(self.params) - 1 - self._persons.n_terms
        persons, few = self._persons.persons(), self._persons.withheld_terms()
        return shown_table(
            table,
            np.append(persons, [persons.max()] * more),
            np.append(few, [self._persons.too_few] * more),
            f"{self.family} regression of rates",
        )

    def summary(self) -> str:
        """Return the model in a page of text."""
        size = self._persons.in_words(self.n_persons, self.n_events)
        errors = "robust" if self.robust else "model-based"
        head = (
            f"{self.family} regression of rates: {size} in {self.time:,.1f} {self.time_unit} at "
            f"risk; log-likelihood {self.llf:.4f}; {errors} standard errors\n\n"
        )
        return head + self.table().to_string(float_format=lambda v: f"{v:.4g}")

    def __repr__(self) -> str:
        """Name the model and its size."""
        return f"<{self.family} rates: {len(self.params)} parameters, llf {self.llf:.3f}>"


VANISHING = 1e-8
"""Part of the model's standard error that rounding can leave of a sum of residuals that is 0."""


def rate_regression(
    follow_up: FollowUp,
    covariates: Sequence[str] | None = None,
    family: str = "negative_binomial",
    cause: str | None = None,
    robust: bool | None = None,
) -> RateResults:
    """Fit rates of events: log rate = x β, per unit of time at risk.

    Parameters
    ----------
    follow_up : FollowUp
        Of repeated or first events; with detention removed, rates are per year free.
    covariates : sequence of str, optional
        All of the follow-up's unless given.
    family : {"negative_binomial", "poisson"}
        The negative binomial gives each person a multiplier of their own, gamma distributed with
        mean 1; rows of a person share it.
    cause : str, optional
        What is counted.
    robust : bool, optional
        Sandwich errors over persons: for the Poisson True, otherwise False, unless given.

    Returns
    -------
    RateResults

    Raises
    ------
    InputError
        If there are no events, or a covariate is constant or collinear; if robust errors are 0
        because there are no more persons than coefficients.

    Warns
    -----
    DegenerateSolutionWarning
        Where persons differ less than the Poisson allows, so that the dispersion runs off to 0, or
        a coefficient has no finite estimate.
    """
    follow_up = need_follow_up(follow_up)
    if family not in ("negative_binomial", "poisson"):
        raise InputError('family= must be "negative_binomial" or "poisson"')
    event = event_codes(follow_up, cause) > 0
    if not event.any():
        raise no_events("rate_regression", follow_up, cause)
    design = make_design(follow_up.covariates, covariates)
    X = np.column_stack([np.ones(follow_up.n_rows), design.matrix(follow_up.covariates)])
    weight = np.ones(follow_up.n_rows) if follow_up.weight is None else follow_up.weight
    time = follow_up.stop - follow_up.start
    mixed = family == "negative_binomial"
    fit = fit_rates(X, time, event, follow_up.person, weight, mixed=mixed)
    terms = ["const", *design.terms]
    if len(fit.collinear):
        raise InputError(
            f"rate_regression: {names([terms[p] for p in fit.collinear])} constant or in a linear "
            "relation: leave one out"
        )
    _warn(fit, terms, mixed)
    sandwich = (not mixed) if robust is None else robust
    index = pd.Index([*terms, *(["log_dispersion"] if mixed else [])], name="term")
    covariance = fit.sandwich if sandwich else fit.covariance
    if sandwich and fit.converged:
        _refuse_vanishing(fit, list(index))
    return RateResults(
        family=family,
        design=design,
        params=pd.Series(fit.theta, index=index, name="coef"),
        covariance=pd.DataFrame(covariance, index=index, columns=index),
        robust=sandwich,
        llf=fit.log_likelihood,
        n_persons=follow_up.n_persons,
        n_events=float(weight[event].sum()),
        time=float(weight @ time),
        converged=fit.converged,
        time_unit=follow_up.time_unit,
        _persons=rests_on(follow_up, design, X[:, 1:], event),
    )


def _refuse_vanishing(fit: RateFit, terms: list[str]) -> None:
    """Refuse robust errors of 0: what fits every person leaves no residual to make them of."""
    robust, model = np.diag(fit.sandwich), np.diag(fit.covariance)
    none = [terms[p] for p in np.flatnonzero(robust <= VANISHING**2 * model)]
    if none:
        raise InputError(
            f"rate_regression: too few persons for robust errors of {names(none)}: they would be 0 "
            "whatever the data are; leave covariates out, or take robust=False"
        )


def _warn(fit: RateFit, terms: list[str], mixed: bool) -> None:
    far = [terms[p] for p in fit.runaway]
    if far:
        warnings.warn(
            f"rate_regression: no events at some value of {names(far)}: its coefficient has no "
            "finite estimate; merge levels or leave it out",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    elif mixed and fit.theta[-1] < -10:
        warnings.warn(
            "rate_regression: persons differ no more than the Poisson allows: the dispersion runs "
            'off to 0; use family="poisson"',
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    elif not fit.converged:
        warnings.warn(
            "rate_regression: the search stopped before the maximum",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
