"""Results of a parametric model of the time to the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr

from trajectories.errors import InputError
from trajectories.numerics.lifetime_distributions import DISTRIBUTIONS
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.recidivism.coefficients import Coefficients
from trajectories.recidivism.design import Design
from trajectories.recidivism.few_persons import RestsOn, shown_table
from trajectories.recidivism.follow_up_input import asked_times


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ParametricResults(Coefficients):
    """Hold a fitted parametric model.

    Attributes
    ----------
    distribution : str
    of_time, of_share : Design
        How covariates became terms; ``of_share`` is None where everybody has the event.
    params : Series
        By part (``time, scale, shape, share``) and term.
    covariance : DataFrame
        Inverse observed information.
    llf, llf_log_time : float
        Log-likelihood of densities of t, and of log t: they differ by the sum of log t over the
        events, and software prints either.
    n_persons, n_events : float
        Weighted.
    mean_share : tuple or None
        Mean over persons of the share that has the event in the end, and the standard error of
        its logit.
    converged : bool
    n_iter : int
    time_unit : str
    """

    distribution: str
    of_time: Design
    of_share: Design | None
    params: pd.Series[float]
    covariance: pd.DataFrame
    llf: float
    llf_log_time: float
    n_persons: float
    n_events: float
    mean_share: tuple[float, float] | None
    converged: bool
    n_iter: int
    time_unit: str
    _time_persons: RestsOn
    _share_persons: RestsOn | None

    @property
    def n_params(self) -> int:
        """Number of parameters."""
        return len(self.params)

    @property
    def aic(self) -> float:
        """-2 llf + 2 n_params; compare models of the same follow-up only."""
        return -2.0 * self.llf + 2.0 * self.n_params

    @property
    def bic(self) -> float:
        """-2 llf + n_params · log(persons)."""
        return -2.0 * self.llf + self.n_params * float(np.log(self.n_persons))

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of the parameters."""
        return self.covariance.copy()

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return a row a parameter: coef, se, z, p, lower, upper.

        Under disclosure control no number that rests on few persons with a value of a covariate and
        the event, or without it.
        """
        z = self.params / self.bse
        table = pd.DataFrame(
            {
                "coef": self.params,
                "se": self.bse,
                "z": z,
                "p": 2.0 * ndtr(-np.abs(z.to_numpy())),
            }
        ).join(self.conf_int(level))
        persons, few = self._rests()
        return shown_table(table, persons, few, f"{self.distribution} model")

    def _rests(self) -> tuple[FloatArray, BoolArray]:
        """Return the persons behind each parameter, and which are withheld."""
        parts = self.params.index.get_level_values("part")
        persons = np.full(len(parts), self._time_persons.persons().max())
        few = np.full(len(parts), self._time_persons.too_few)
        for part, own in (("time", self._time_persons), ("share", self._share_persons)):
            if own is not None:
                persons[parts == part] = own.persons()
                few[parts == part] = own.withheld_terms()
        return persons, few

    def eventual_share(self, level: float = 0.95) -> tuple[float, float, float]:
        """Return the mean share that has the event in the end, with its interval.

        It is what the chosen distribution makes of times beyond the end of follow-up: never quote
        it for one distribution alone; see ``split_population``.
        """
        if self.mean_share is None:
            raise InputError("this model has no share: everybody has the event in the end")
        share, error = self.mean_share
        half = normal_quantile(level) * error
        centre = float(logit(min(max(share, 1e-300), 1 - 1e-16)))
        return share, float(expit(centre - half)), float(expit(centre + half))

    def survival(
        self, profiles: pd.DataFrame | None = None, times: Any = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Predict survival for rows of covariates.

        Parameters
        ----------
        profiles : DataFrame, optional
            A row a profile, with the covariates of the fit; not needed without covariates.
        times : sequence of float

        Returns
        -------
        DataFrame
            ``profile, time, survival, lower, upper``; intervals by the delta method, on the scale
            of log -log survival. Under disclosure control no curve at a value of a covariate that
            few persons had.
        """
        z = normal_quantile(level)
        at = asked_times(times)
        if at is None or (at <= 0).any():
            raise InputError("survival: give times above 0 with times=")
        rows = pd.DataFrame(index=[0]) if profiles is None else profiles
        X = np.column_stack([np.ones(len(rows)), self.of_time.matrix(rows, "profiles")])
        W = None
        if self.of_share is not None:
            W = np.column_stack([np.ones(len(rows)), self.of_share.matrix(rows, "profiles")])
        theta = np.asarray(self.params, dtype=np.float64)
        covariance = self.covariance.to_numpy()
        value = self._log_minus_log(theta, X, W, at)
        gradient = np.empty((*value.shape, len(theta)))
        for d in range(len(theta)):
            h = 1e-5 * max(1.0, abs(theta[d]))
            step = np.zeros(len(theta))
            step[d] = h
            up, down = (self._log_minus_log(theta + s * step, X, W, at) for s in (1, -1))
            gradient[..., d] = (up - down) / (2 * h)
        error = np.sqrt(np.einsum("ntd,de,nte->nt", gradient, covariance, gradient))
        curves = [np.exp(-np.exp(value + s * z * error)) for s in (0, 1, -1)]
        few = self._time_persons.withheld_profiles(X[:, 1:])
        if self._share_persons is not None and W is not None:
            few = few | self._share_persons.withheld_profiles(W[:, 1:])
        curves_at = pd.DataFrame(
            {
                "profile": np.repeat(np.asarray(rows.index), len(at)),
                "time": np.tile(at, len(rows)),
                "survival": curves[0].ravel(),
                "lower": curves[1].ravel(),
                "upper": curves[2].ravel(),
            }
        )
        everybody = np.full(len(curves_at), self._time_persons.persons().max())
        few = np.repeat(few, len(at))
        return shown_table(curves_at, everybody, few, f"{self.distribution} survival")

    def _log_minus_log(
        self, theta: FloatArray, X: FloatArray, W: FloatArray | None, at: FloatArray
    ) -> FloatArray:
        parts = self.params.index.get_level_values("part")
        sigma = float(np.exp(theta[parts == "scale"][0])) if "scale" in parts else 1.0
        q = float(theta[parts == "shape"][0]) if "shape" in parts else 1.0
        mu = X @ theta[parts == "time"]
        z = (np.log(at) - mu[:, None]) / sigma
        survival = np.exp(DISTRIBUTIONS[self.distribution](z, q)[2])
        if W is not None:
            share = expit(W @ theta[parts == "share"])[:, None]
            survival = 1.0 - share + share * survival
        return np.asarray(np.log(-np.log(np.clip(survival, 1e-300, 1 - 1e-16))))

    def summary(self) -> str:
        """Return the model in a page of text."""
        head = (
            f"{self.distribution} model: "
            f"{self._time_persons.in_words(self.n_persons, self.n_events)}; "
            f"log-likelihood {self.llf:.4f} of t ({self.llf_log_time:.4f} of log t), "
            f"AIC {self.aic:.2f}, BIC {self.bic:.2f}\n"
        )
        if self.mean_share is not None and not self._time_persons.too_few:
            share, lower, upper = self.eventual_share()
            head += (
                f"eventual share {share:.3f} ({lower:.3f} to {upper:.3f}) under this distribution; "
                "other distributions give others\n"
            )
        return head + "\n" + self.table().to_string(float_format=lambda v: f"{v:.4g}")

    def __repr__(self) -> str:
        """Name the model and its size."""
        kind = "split-population " if self.of_share is not None else ""
        return f"<{kind}{self.distribution}: {self.n_params} parameters, llf {self.llf:.3f}>"
