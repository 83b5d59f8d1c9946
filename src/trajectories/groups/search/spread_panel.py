"""What a panel that does not lie in this process must offer to be fitted like one that does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from trajectories.families import Family
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
    posterior : ndarray, shape (N, K), or None
        None where it is not gathered.
    units : Index or None
    """

    ages: FloatArray
    nobs: float
    n_cells: float
    has_exposure: bool
    individual_ages: bool
    entropy: float
    classification: pd.DataFrame
    posterior: FloatArray | None
    units: pd.Index[Any] | None


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
