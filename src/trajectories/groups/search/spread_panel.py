"""What a panel that does not lie in this process must offer to be fitted like one that does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


def refuse_options(
    weights: Any, membership: Any, covariates: Any, time_varying: Sequence[str], covariance: str
) -> None:
    """Refuse what a fit to a panel on a cluster cannot do.

    Raises
    ------
    InputError
        For weights beside the panel's own, covariates, and robust standard errors.
    """
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
