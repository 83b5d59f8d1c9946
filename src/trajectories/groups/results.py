"""The results of a fit: likelihood, parameters, groups, persons; frozen, without the panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.adequacy.methods import AdequacyMethods
from trajectories.groups.covariate_cells import CovariateCells
from trajectories.groups.covariate_methods import CovariateMethods
from trajectories.groups.inference.covariance import share_intervals
from trajectories.groups.inference.methods import InferenceMethods
from trajectories.groups.information_criteria import InformationCriteria
from trajectories.groups.membership.terms import with_membership_covariates
from trajectories.groups.model import Model
from trajectories.groups.posterior import Posterior
from trajectories.groups.search.panel_problem import prepared_mixture
from trajectories.groups.stop_reason import StopReason
from trajectories.groups.three_steps.methods import ThreeStepMethods
from trajectories.numerics.membership import ShareAverages
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.families import Family
    from trajectories.groups.membership.results import MembershipResults


@dataclass(frozen=True, eq=False, repr=False)
class GroupTrajectoriesResults(
    InformationCriteria, InferenceMethods, AdequacyMethods, CovariateMethods, ThreeStepMethods
):
    """A fitted trajectory model.

    Groups are numbered 1 to K by expected offences over the observed ages, lowest first. Groups
    summarise careers; they are not a label that a person is.

    Attributes
    ----------
    model : Model
        Family, bases and degrees.
    ages : ndarray, shape (T,)
        The ages of the panel; of individual ages, as many evenly spaced ones.
    parameters : Parameters
        Estimates in the orthonormal basis; ``params`` has them in powers of age.
    covariance : ndarray, shape (D, D)
        Of the packed parameters; zero where withheld.
    withheld : ndarray of bool, shape (D,)
        Parameters without a standard error: held at zero, or run off (``notes`` says which).
    llf : float
        Log-likelihood, factorials included.
    nobs, n_cells : float
        Persons (sum of weights) and observed cells.
    stop_reason : StopReason
    notes : tuple of str
        What was found wrong, in words; empty for a proper solution.
    n_iter : int
        EM and Newton steps of the chosen start.
    n_starts, n_finished, n_replicated : int
        Random starts, those run to the end, and those that reached the best value.
    entropy : float
        Classification entropy, sum_i w_i sum_k -r_ik log r_ik.
    classification : DataFrame
        See :func:`trajectories.groups.adequacy.classification.classification_table`.
    seed : int
    gradient : float
        Largest score per person at the solution.
    version : str
        Version of the package that fitted the model.
    has_exposure : bool
        Whether the panel had exposure: then curves are per year free.
    individual_ages : bool
        Whether units were observed at ages of their own.
    covariance_kind : {"observed", "robust", "cluster"}
        Inverse observed information, or a sandwich; see ``with_covariance``.
    n_clusters : int or None
        Clusters that a cluster-robust covariance rests on.
    averages : ShareAverages or None
        Mean group probabilities of the persons fitted, where they depend on covariates.
    """

    model: Model
    ages: FloatArray
    parameters: Parameters
    covariance: FloatArray
    withheld: BoolArray
    llf: float
    nobs: float
    n_cells: float
    stop_reason: StopReason
    notes: tuple[str, ...]
    n_iter: int
    n_starts: int
    n_finished: int
    n_replicated: int
    entropy: float
    classification: pd.DataFrame
    seed: int
    gradient: float
    version: str
    has_exposure: bool
    individual_ages: bool = False
    covariance_kind: str = "observed"
    n_clusters: int | None = None
    averages: ShareAverages | None = None
    _posterior: Posterior | None = field(default=None)
    _units: pd.Index[Any] | None = field(default=None)
    _weights: FloatArray | None = field(default=None)
    _cells: CovariateCells | None = field(default=None)
    _varying: CovariateCells | None = field(default=None)

    @property
    def n_groups(self) -> int:
        """Number of groups, K."""
        return self.model.n_groups

    @property
    def family(self) -> Family:
        """The distribution."""
        return self.model.family

    @property
    def degree(self) -> int | tuple[int, ...]:
        """Degree of the curves: one number, or one per group where they differ."""
        degrees = self.model.degree
        return degrees[0] if len(set(degrees)) == 1 else degrees

    @property
    def unit(self) -> str:
        """What the curves count, in words."""
        if not self.family.is_count:
            return "share" if self.family.link == "logit" else "mean outcome"
        return "offences per year free" if self.has_exposure else "offences per age step"

    @property
    def n_cells_missing(self) -> float:
        """Cells of the grid of persons and ages that are not observed; NaN without such a grid."""
        if self.individual_ages:
            return float("nan")
        return float(self.nobs) * len(self.ages) - float(self.n_cells)

    @property
    def n_params(self) -> int:
        """Number of estimated parameters."""
        return self.model.n_parameters

    @property
    def relative_entropy(self) -> float:
        """1 - entropy / (persons log K); 1 is certainty, and one group gives 1.

        Source: Ramaswamy, DeSarbo, Reibstein and Robinson (1993), Marketing Science 12(1), 103-124.
        """
        if self.n_groups == 1:
            return 1.0
        return 1.0 - self.entropy / (self.nobs * float(np.log(self.n_groups)))

    @property
    def params(self) -> pd.Series:
        """Estimates by (part, group, term): logits against a reference group, then powers of age.

        The reference is group 1, or that asked for with membership covariates, whose slopes stand
        with the logits; the intercepts are then those at covariates of zero. Group 0 stands for
        all groups, where they share a parameter.
        """
        order = self.model.reporting_order()
        values = self.model.to_reported() @ self.parameters.pack()
        return pd.Series(values[order], index=self.model.index()[order], name="estimate")

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of ``params``, of the kind that ``covariance_kind`` says.

        NaN where it is withheld; ``notes`` says why.
        """
        order = self.model.reporting_order()
        change = self.model.to_reported()
        covariance = change @ self.covariance @ change.T
        unknown = self.withheld & self.model.free()
        hidden = (np.abs(change) @ unknown.astype(float)) > 0
        covariance[hidden] = np.nan
        covariance[:, hidden] = np.nan
        index = self.model.index()[order]
        return pd.DataFrame(covariance[np.ix_(order, order)], index=index, columns=index)

    @property
    def bse(self) -> pd.Series:
        """Standard errors of ``params``; NaN where withheld, and ``notes`` says why."""
        covariance = self.cov_params()
        values = np.sqrt(np.diag(covariance.to_numpy()))
        return pd.Series(values, index=covariance.index, name="standard_error")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal intervals of ``params``, columns lower and upper."""
        half = normal_quantile(level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    @property
    def group_probabilities(self) -> pd.Series:
        """Estimated share of each group in the population.

        With membership covariates the mean of the persons' own probabilities.
        """
        if self.averages is not None:
            shares = self.averages.share
        else:
            shares = np.exp(self.parameters.log_probability)
        return pd.Series(shares, index=self._groups(), name="group_probability")

    @property
    def posterior(self) -> pd.DataFrame:
        """Posterior group probabilities of the persons fitted, by unit and group.

        Raises
        ------
        InputError
            For a loaded model, which holds no persons; use ``predict_proba``.
        """
        if self._posterior is None or self._units is None:
            raise InputError(
                "a model that was loaded, or fitted on a cluster, holds no person-level data: use "
                "predict_proba(panel) for the "
                "persons you want"
            )
        return pd.DataFrame(self._posterior.by_unit(), index=self._units, columns=self._groups())

    @property
    def assignments(self) -> pd.DataFrame:
        """Group of highest posterior probability with that probability, by unit."""
        posterior = self.posterior
        values = posterior.to_numpy()
        return pd.DataFrame(
            {"group": values.argmax(axis=1) + 1, "probability": values.max(axis=1)},
            index=posterior.index,
        )

    def predict_proba(self, panel: Panel, covariates: Any = None) -> pd.DataFrame:
        """Return posterior group probabilities of other persons, by unit and group.

        Parameters
        ----------
        panel : Panel
            Observed at any ages within the fitted range; what is not observed is not used.
        covariates : DataFrame, optional
            Indexed by unit id: the membership covariates, where the model has them and the panel
            does not carry them.

        Raises
        ------
        InputError
            For ages outside the range that the model was fitted to, for a panel without exposure
            if the model was fitted with one, and without covariates if the model has them.
        """
        if not isinstance(panel, Panel):
            raise InputError(
                f"predict_proba needs a Panel, not a {type(panel).__name__}: make one with "
                "Panel.from_wide, Panel.from_long or Panel.from_register"
            )
        ages = np.asarray(panel.grid, dtype=float)
        low, high = float(self.ages[0]), float(self.ages[-1])
        outside = int(((ages < low) | (ages > high)).sum())
        if outside:
            raise InputError(
                f"{outside} of {len(ages)} ages of the panel lie outside {low:g} to {high:g}, the "
                "range the model was fitted to: leave them out"
            )
        if self.has_exposure and panel.exposure is None:
            raise InputError(
                "the model was fitted with exposure (years free) and this panel has none: give "
                "the years free of every observed cell, 1 where a whole year was free"
            )
        if covariates is not None:
            panel = with_membership_covariates(self.model, panel, covariates)
        prepared, mixture = prepared_mixture(self.model, panel)
        posterior = prepared.spread(mixture.posterior(self.parameters))
        return pd.DataFrame(posterior, index=panel.units, columns=self._groups())

    def share_limits(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Return limits of the group probabilities by the delta method on the logit, (K,) each."""
        return share_intervals(
            self.parameters, self.covariance, self.withheld, level, self.averages
        )

    @property
    def membership(self) -> MembershipResults:
        """What the membership covariates do: odds ratios, marginal effects, tests.

        Raises
        ------
        InputError
            For a model without membership covariates.
        """
        from trajectories.groups.membership.results import membership_of

        return membership_of(self)

    def prior(self, covariates: Any, level: float = 0.95) -> pd.DataFrame:
        """Return the group probabilities at given covariates, before any outcome is seen.

        See :meth:`MembershipResults.prior`.
        """
        return self.membership.prior(covariates, level)

    def summary(self) -> str:
        """Return the fit, its criteria, groups and parameters as text."""
        from trajectories.groups.summary import summarise

        return summarise(self)

    def plot(self, ax: Any = None, at: Mapping[str, Any] | None = None) -> Any:
        """Draw the curves with their intervals; returns a matplotlib Figure.

        With time-varying covariates the title says at which values; see ``results.at``.
        """
        from trajectories.plot import trajectories

        fit = self if at is None else self.at(at)
        return trajectories(
            fit.trajectories(),
            shares=fit.group_probabilities,
            names=fit.typology()["label"],
            ax=ax,
            title=fit.curves_at or None,
            unit=fit.unit,
        )

    def plot_at(self, paths: Mapping[str, Mapping[str, Any]], level: float = 0.95) -> Any:
        """Draw the curves at several paths of the time-varying covariates, on one scale.

        Parameters
        ----------
        paths : mapping of title to path
            Each path as for ``results.at``: ``{"no job": {"job": 0}, "a job": {"job": 1}}``.
        level : float
            Of the bands.
        """
        from trajectories.plot import curves_at

        tables = {title: self.trajectories(level, at=path) for title, path in paths.items()}
        return curves_at(tables, shares=self.group_probabilities, unit=self.unit)

    def plot_effects(self, level: float = 0.95) -> Any:
        """Draw the effects of the time-varying covariates by group; a matplotlib Figure."""
        from trajectories.plot import effects_by_group

        return effects_by_group(self.covariate_effects(level))

    def plot_adequacy(self, panel: Panel) -> Any:
        """Draw classification, posteriors, residuals and dispersion; the panel is that fitted."""
        from trajectories.plot import adequacy

        return adequacy(*self.adequacy_frames(panel))

    def save(self, path: str | Path) -> None:
        """Write the model as versioned text without any person-level data; see ``tr.load``."""
        from trajectories.groups.saving.storage import save

        save(self, path)

    def __repr__(self) -> str:
        """Return one line without data."""
        return (
            f"<GroupTrajectoriesResults: {self.n_groups} groups, {self.family}, degree "
            f"{self.degree}, llf {self.llf:.3f}, {self.stop_reason}>"
        )

    def _groups(self) -> pd.RangeIndex:
        return pd.RangeIndex(1, self.n_groups + 1, name="group")
