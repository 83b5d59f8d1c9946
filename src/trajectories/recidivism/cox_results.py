"""Results of a Cox model: coefficients, tests, predicted curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from trajectories.errors import InputError
from trajectories.numerics.cox_fit import CoxFit
from trajectories.numerics.cox_residuals import mean_hazards
from trajectories.numerics.cox_risk_sets import CoxRiskSets
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.recidivism.coefficients import Coefficients, standard_errors
from trajectories.recidivism.curves_of_events import times_shown, without_few
from trajectories.recidivism.design import Design
from trajectories.recidivism.few_persons import RestsOn, shown_table
from trajectories.recidivism.follow_up_input import asked_times, label_column, not_beyond


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Hold the cumulative baseline hazard, for covariates at 0, by stratum.

    Attributes
    ----------
    time, stratum, hazard, variance : ndarray, shape (M,)
        Sorted by stratum and time; the hazard and Σ dN/S0² run up within the stratum.
    drift : ndarray, shape (M, P)
        ∫ x̄ dΛ0, for the standard error of predicted curves.
    at_risk, events : ndarray, shape (M,)
        Numbers behind each step: copies where weights are copies, else rows.
    ends : ndarray, shape (S,)
        Longest follow-up by stratum.
    """

    time: FloatArray
    stratum: IntArray
    hazard: FloatArray
    variance: FloatArray
    drift: FloatArray
    at_risk: FloatArray
    events: FloatArray
    ends: FloatArray


def baseline(sets: CoxRiskSets, fit: CoxFit, copies: bool, ends: FloatArray) -> Baseline:
    """Return the baseline of a fitted model (Breslow's, or Efron's with Efron's ties)."""
    hazard, centre = fit.hazard, fit.centre
    # relative risks were computed for centred covariates and scaled by exp(hazard.centre)
    shift = float(np.exp(-hazard.centre - centre @ fit.beta))
    jumps = hazard.a * shift
    means = mean_hazards(sets, fit) * shift + centre * jumps[:, None]
    return Baseline(
        sets.time,
        sets.stratum,
        _running(jumps, sets.stratum),
        _running(hazard.aa * shift**2, sets.stratum),
        _running(means, sets.stratum),
        *_numbers(sets, copies),
        ends,
    )


def _numbers(sets: CoxRiskSets, copies: bool) -> tuple[FloatArray, FloatArray]:
    """Return how many are at risk at each time of an event, and how many have it."""
    n, part = len(sets.time), sets.parts[0]
    mass = sets.weight if copies else np.ones(len(sets.weight))
    own = mass[part.row]
    change = np.bincount(part.lo, own, n + 1) - np.bincount(part.hi, own, n + 1)
    events = np.bincount(sets.event_number, mass[sets.event_row], n)
    return np.cumsum(change)[:n], events.astype(np.float64)


def _running(values: FloatArray, stratum: IntArray) -> FloatArray:
    total = np.cumsum(values, axis=0)
    first = np.searchsorted(stratum, stratum, "left")
    before = np.concatenate([np.zeros((1, *values.shape[1:])), total])[first]
    return np.asarray(total - before)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxResults(Coefficients):
    """Hold a fitted Cox model, or one built on it.

    Attributes
    ----------
    params : Series
        Log hazard ratios by term.
    naive_covariance, robust_covariance : DataFrame
        Inverse information; the sandwich, None where it was not asked for.
    llf, llf_null : float
        Log partial likelihood at the estimates, and with all coefficients 0.
    score_test : float
        Chi-squared of the score test of all coefficients.
    n_persons : int
    n_events : float
        Weighted.
    ties, weights, model : str
        How ties were broken, what weights stand for, name of the model.
    converged : bool
    n_iter : int
    time_unit : str
    strata : tuple
    design : Design
        How covariates became terms.
    curves : Baseline
    check : tuple or None
        Score statistics of the check of proportional hazards.
    """

    design: Design
    params: pd.Series[float]
    naive_covariance: pd.DataFrame
    robust_covariance: pd.DataFrame | None
    llf: float
    llf_null: float
    score_test: float
    n_persons: int
    n_events: float
    ties: str
    weights: str
    model: str
    converged: bool
    n_iter: int
    time_unit: str
    strata: tuple[Any, ...]
    curves: Baseline
    check: tuple[FloatArray, float, str] | None
    _persons: RestsOn

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of the coefficients: robust where there is one."""
        robust = self.robust_covariance
        return (self.naive_covariance if robust is None else robust).copy()

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors: robust where there are any."""
        return standard_errors(self.cov_params(), "bse")

    @property
    def naive_bse(self) -> pd.Series[float]:
        """Standard errors from the information."""
        return standard_errors(self.naive_covariance, "naive_bse")

    @property
    def likelihood_ratio(self) -> float:
        """Chi-squared of all coefficients: 2 (llf - llf_null)."""
        return 2.0 * (self.llf - self.llf_null)

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return a row a term: coef, se, z, p, hazard_ratio, lower, upper (of the ratio).

        Under disclosure control no number that rests on few persons with a value of the covariate
        and the event, or without it.
        """
        limits = self.conf_int(level)
        z = self.params / self.bse
        table = pd.DataFrame(
            {
                "coef": self.params,
                "se": self.bse,
                "z": z,
                "p": 2.0 * ndtr(-np.abs(z.to_numpy())),
                "hazard_ratio": ratio(self.params),
                "lower": ratio(limits["lower"]),
                "upper": ratio(limits["upper"]),
            }
        )
        rests = self._persons
        few = rests.withheld_terms()[1:]
        return shown_table(table, rests.persons()[1:], few, f"{self.model} model")

    def proportional_hazards(self) -> pd.DataFrame:
        """Return the check of proportional hazards: a row a term, and one for all together.

        Columns ``chi2, df, p``. Score tests of an interaction of the covariate with time, on the
        scale chosen in the fit (Grambsch and Therneau 1994).

        Raises
        ------
        InputError
            If the model has no covariates, or events at one time only.
        """
        if self.check is None:
            raise InputError("no check of proportional hazards: no covariates, or one event time")
        each, together, scale = self.check
        terms = [*self.params.index, "all"]
        chi2 = np.append(each, together)
        df = np.append(np.ones(len(each)), len(each)).astype(int)
        return pd.DataFrame(
            {"scale": scale, "chi2": chi2, "df": df, "p": chdtrc(df, chi2)},
            index=pd.Index(terms, name="term"),
        )

    def survival(
        self, profiles: pd.DataFrame, times: Any = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Predict survival curves for rows of covariates, in every stratum.

        Parameters
        ----------
        profiles : DataFrame
            A row a profile, with the covariates of the fit.
        times : sequence of float, optional
            All event times of the stratum unless given; none after the end of its follow-up.

        Returns
        -------
        DataFrame
            ``profile`` (index of ``profiles``), ``stratum, time, hazard, survival, lower, upper``.
            The interval is symmetric for log cumulative hazard, and allows for the error of
            coefficients and baseline. Under disclosure control fewer times (``merged`` says how
            many each stands for), and no curve at a value of a covariate that few persons had.

        Raises
        ------
        InputError
            For times after the end of follow-up of a stratum, profiles that do not fit the model.
        """
        z = normal_quantile(level)
        at = asked_times(times)
        X = self.design.matrix(profiles, "profiles")
        covariance = self.cov_params().to_numpy()
        few = self._persons.withheld_profiles(X)
        found: list[pd.DataFrame] = []
        for s, stratum in enumerate(self.strata):
            if at is not None:
                not_beyond(at, float(self.curves.ends[s]), stratum)
            rows = np.flatnonzero(self.curves.stratum == s)
            curves = self.curves
            steps = curves.time[rows], curves.at_risk[rows], curves.events[rows]
            times = times_shown(self.strata[s], steps, at)
            for label, x, gone in zip(profiles.index, X, few.tolist(), strict=True):
                curve = self._curve(x, rows, times.at, z, covariance)
                curve = without_few(curve, times, gone)
                curve.insert(0, "stratum", label_column(s, self.strata, len(curve)))
                curve.insert(0, "profile", label)
                found.append(curve)
        return pd.concat(found, ignore_index=True)

    def _curve(
        self, x: FloatArray, rows: IntArray, at: FloatArray | None, z: float, covariance: FloatArray
    ) -> pd.DataFrame:
        curves = self.curves
        with np.errstate(over="ignore"):  # where a coefficient has run away
            ratio = float(np.exp(x @ self.params.to_numpy()))
        hazard = ratio * curves.hazard[rows]
        drift = ratio * (x * curves.hazard[rows, None] - curves.drift[rows])
        variance = ratio**2 * curves.variance[rows]
        variance = variance + np.einsum("mp,pq,mq->m", drift, covariance, drift)
        time = curves.time[rows]
        if at is not None:
            place = np.searchsorted(time, at, "right")
            time = at
            hazard, variance = np.append(0.0, hazard)[place], np.append(0.0, variance)[place]
        some = hazard > 0
        error = np.divide(np.sqrt(variance), hazard, out=np.zeros_like(hazard), where=some)
        return pd.DataFrame(
            {
                "time": time,
                "hazard": hazard,
                "se": np.sqrt(variance),
                "survival": np.exp(-hazard),
                "lower": np.exp(-_times(hazard, z * error)),
                "upper": np.exp(-_times(hazard, -z * error)),
            }
        )

    def summary(self) -> str:
        """Return the model in a page of text."""
        errors = "robust" if self.robust_covariance is not None else "model-based"
        head = (
            f"{self.model} model: {self._persons.in_words(self.n_persons, self.n_events)}, "
            f"{self.ties} ties, {errors} standard errors, weights as {self.weights}\n"
            f"log partial likelihood {self.llf:.4f} (without covariates {self.llf_null:.4f}); "
            f"likelihood ratio {self.likelihood_ratio:.2f} on {len(self.params)} df\n"
        )
        state = "" if self.converged else "NOT CONVERGED: see the warning given with the fit\n"
        return head + state + "\n" + self.table().to_string(float_format=lambda v: f"{v:.4g}")

    def __repr__(self) -> str:
        """Name the model and its size."""
        terms = len(self.params)
        events = self._persons.in_words(self.n_persons, self.n_events)
        return f"<{self.model}: {terms} terms, {events}, llf {self.llf:.3f}>"


def _times(hazard: FloatArray, log: FloatArray) -> FloatArray:
    """Return a hazard times exp of a number, 0 where the hazard is."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(hazard > 0, hazard * np.exp(log), 0.0)


def ratio(values: pd.Series[float]) -> pd.Series[float]:
    """Return exp of coefficients; infinite where one has run away."""
    with np.errstate(over="ignore"):
        return pd.Series(np.exp(values.to_numpy()), index=values.index)
