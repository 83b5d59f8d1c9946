"""Split-population models side by side, so that no eventual share is quoted alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.lifetime_distributions import DISTRIBUTIONS
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.few_persons import shown_table
from trajectories.recidivism.follow_up_input import listed, need_single
from trajectories.recidivism.kaplan_meier import kaplan_meier
from trajectories.recidivism.parametric import parametric
from trajectories.recidivism.parametric_results import ParametricResults


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SplitPopulation:
    """Hold split-population models of one follow-up, a distribution each.

    Attributes
    ----------
    fits : dict
        Distribution → ParametricResults.
    """

    _table: pd.DataFrame
    fits: dict[str, ParametricResults]

    @property
    def table(self) -> pd.DataFrame:
        """Shares by distribution.

        Columns ``distribution, eventual_share, lower, upper, seen, llf, llf_log_time, n_params,
        aic, bic, converged``. ``seen`` is what had happened by the end of follow-up, one minus the
        Kaplan–Meier estimate there: what a model adds to it is extrapolation. Under disclosure
        control no number where few met the event, or all but few.
        """
        rests = next(iter(self.fits.values()))._time_persons
        persons = np.full(len(self._table), rests.persons().max())
        few = np.full(len(self._table), rests.too_few)
        return shown_table(self._table, persons, few, "split population")

    @property
    def range_of_shares(self) -> tuple[float, float]:
        """Smallest and largest eventual share among the distributions that converged.

        Among all of them where none did: then no share is an estimate.
        """
        use = self._table["converged"] if self._table["converged"].any() else slice(None)
        shares = self._table.loc[use, "eventual_share"]
        return float(shares.min()), float(shares.max())

    @property
    def _ran_off(self) -> list[str]:
        """The distributions whose share is no estimate."""
        return self._table.loc[~self._table["converged"], "distribution"].tolist()

    @property
    def _too_few(self) -> bool:
        return next(iter(self.fits.values()))._time_persons.too_few

    def summary(self) -> str:
        """Return the table, with what to make of it."""
        low, high = self.range_of_shares
        text = self.table.to_string(index=False, float_format=lambda v: f"{v:.4g}")
        if self._too_few:
            return text
        ran_off = self._ran_off
        if len(ran_off) == len(self.fits):
            return f"{text}\n\nThe eventual share runs off under every distribution: quote none."
        said = (
            f"The eventual share is {low:.3f} to {high:.3f}, depending on the distribution assumed "
            "beyond follow-up: quote the range."
        )
        if ran_off:
            said += (
                f" Under {' and '.join(ran_off)} it runs off to an edge, and is no estimate: say "
                "so beside the range."
            )
        return f"{text}\n\n{said}"

    def __repr__(self) -> str:
        """Say the range of shares."""
        if self._too_few:
            return f"<SplitPopulation: {len(self.fits)} distributions, few events>"
        low, high = self.range_of_shares
        return (
            f"<SplitPopulation: {len(self.fits)} distributions, eventual share {low:.3f} to "
            f"{high:.3f}>"
        )


def split_population(
    follow_up: FollowUp,
    share: Sequence[str] = (),
    time: Sequence[str] = (),
    distributions: Sequence[str] = tuple(DISTRIBUTIONS),
    cause: str | None = None,
    level: float = 0.95,
) -> SplitPopulation:
    """Fit models in which a share of persons has the event in the end, and the others never.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events, without strata.
    share, time : sequence of str
        Covariates of the share (logit scale) and of the location of log time; the same ones may
        be in both.
    distributions : sequence of str
        At least two of ``exponential, weibull, lognormal, log_logistic, generalised_gamma``: on
        one data set the eventual share can be 0.40 under one and 0.46 under another, with no way
        to tell which is right.
    cause : str, optional
        Other causes censor.
    level : float
        Of the intervals of the eventual share.

    Returns
    -------
    SplitPopulation

    Raises
    ------
    InputError
        For fewer than two distributions, or one twice, and as ``parametric``.
    """
    follow_up = need_single(follow_up, "split_population")
    if len(set(listed(distributions))) < 2 or len(set(distributions)) < len(distributions):
        raise InputError(
            "split_population: give at least two distributions, each once, to see how much the "
            f"eventual share depends on them; there are {names(DISTRIBUTIONS)}"
        )
    curve = kaplan_meier(follow_up, cause)
    seen = 1.0 - float(curve["survival"].iloc[-1])
    fits, rows = {}, []
    for distribution in distributions:
        fit = parametric(follow_up, distribution, time, listed(share), cause)
        fits[distribution] = fit
        ever, lower, upper = fit.eventual_share(level)
        rows.append(
            {
                "distribution": distribution,
                "eventual_share": ever,
                "lower": lower,
                "upper": upper,
                "seen": seen,
                "llf": fit.llf,
                "llf_log_time": fit.llf_log_time,
                "n_params": fit.n_params,
                "aic": fit.aic,
                "bic": fit.bic,
                "converged": fit.converged,
            }
        )
    return SplitPopulation(pd.DataFrame(rows), fits)
