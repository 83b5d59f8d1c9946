"""What a panel that does not lie in this process must offer to be fitted like one that does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.posterior import Posterior
from trajectories.numerics.membership import ShareAverages
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.model import Model
    from trajectories.groups.search.problem import Problem
    from trajectories.numerics.mixture import Parameters


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What results say of the panel that was fitted.

    Attributes
    ----------
    ages : ndarray
        At which curves are reported.
    nobs, n_cells : float
        Weights of persons and of observed cells.
    has_exposure, individual_ages : bool
    entropy : float
        Classification entropy.
    classification : DataFrame
    posterior : Posterior or None
        None where it is not gathered.
    units : Index or None
    averages : ShareAverages or None
        Of group probabilities that depend on covariates.
    """

    ages: FloatArray
    nobs: float
    n_cells: float
    has_exposure: bool
    individual_ages: bool
    entropy: float
    classification: pd.DataFrame
    posterior: Posterior | None
    units: pd.Index[Any] | None
    averages: ShareAverages | None = None


class SpreadPanel(ABC):
    """A panel of which only totals are ever in this process."""

    @property
    @abstractmethod
    def grid(self) -> FloatArray:
        """The ages at which anything was observed, increasing."""

    @property
    @abstractmethod
    def total_weight(self) -> float:
        """Sum of the weights; the number of units where there are none."""

    @abstractmethod
    def without_empty_ages(self) -> SpreadPanel:
        """Return the panel without the ages at which nobody is observed."""

    @abstractmethod
    def problem(self, family: Family) -> Problem:
        """Return the panel as the search sees it."""

    @abstractmethod
    def facts(self, model: Model, parameters: Parameters) -> PanelFacts:
        """Return what results say of the panel, classification by the posterior included."""

    @abstractmethod
    def draws(self, family: Family) -> SpreadDraws:
        """Return the panel as one that persons can be drawn from with replacement."""


class SpreadDraws(ABC):
    """A panel of which persons are drawn, with replacement, where they lie.

    Attributes
    ----------
    sample_size : int
        Histories on which starts can be compared.
    """

    sample_size: int

    @abstractmethod
    def log_likelihood(self, model: Model, parameters: Parameters) -> float:
        """Return the log-likelihood of the panel itself."""

    @abstractmethod
    def problem(self, seed: np.random.SeedSequence) -> Problem:
        """Return as many persons as the panel has, drawn by a seed."""

    @abstractmethod
    def agreement(
        self, one: tuple[Model, Parameters], other: tuple[Model, Parameters]
    ) -> tuple[FloatArray, FloatArray]:
        """Return overlap of posteriors and table of assignments by two models, (K, K) each.

        The sums are over the persons of the panel itself.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a digest of the data, by which a checkpoint knows them."""


def refuse_options(
    weights: Any,
    membership: Any,
    covariates: Any,
    time_varying: Sequence[str],
    covariance: str,
    n_jobs: int = 1,
) -> None:
    """Refuse what a fit to a panel on a cluster cannot do.

    Raises
    ------
    InputError
        For weights beside the panel's own, covariates, robust standard errors, and ``n_jobs``.
    """
    refuse_jobs(n_jobs)
    given = {
        "weights (give them to the DaskPanel)": weights is not None,
        "membership": membership is not None,
        "covariates": covariates is not None,
        "time_varying": len(time_varying) > 0,
        f"covariance={covariance!r}": covariance != "observed",
    }
    found = [name for name, there in given.items() if there]
    if found:
        raise InputError(
            f"a fit to a panel on a cluster does without {', '.join(found)}: leave it out, or fit "
            "on one machine"
        )


def refuse_jobs(n_jobs: int) -> None:
    """Refuse processes or threads of this machine for work that workers do."""
    if n_jobs != 1:
        raise InputError(
            f"n_jobs={n_jobs!r} says how this machine shares work, and a panel on a cluster is "
            "worked on by all workers at once: leave n_jobs out, and start more workers instead"
        )


def refuse_validation(cross_validation: Any) -> None:
    """Refuse cross-validation, which wants the rows."""
    if cross_validation is not None:
        raise InputError(
            "cross-validation of a panel on a cluster is not possible: leave cross_validation out, "
            "or use a Panel of a sample"
        )


def refuse_for_draws(model: Model, n_jobs: int, clusters: Any) -> None:
    """Refuse what a bootstrap of a panel on a cluster cannot do.

    Raises
    ------
    InputError
        For models with covariates, clusters of persons, and ``n_jobs``.
    """
    refuse_jobs(n_jobs)
    given = {
        "clusters": clusters is not None,
        "a model with membership": model.membership is not None,
        "a model with time_varying": len(model.time_varying) > 0,
    }
    found = [name for name, there in given.items() if there]
    if found:
        raise InputError(
            f"a bootstrap of a panel on a cluster does without {', '.join(found)}: do it on one "
            "machine"
        )
