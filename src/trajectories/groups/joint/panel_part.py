"""One outcome's panel as a part of a joint problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.families.links import INVERSE
from trajectories.groups.model import Model
from trajectories.groups.search.collinear import refuse_collinear
from trajectories.groups.search.diagnosis import Finding, duplicates, findings
from trajectories.groups.search.features import smoothed_histories
from trajectories.groups.search.panel_problem import highest_rate
from trajectories.groups.search.prepare import Prepared, prepare
from trajectories.groups.time_varying import ages_of
from trajectories.numerics.density import CellDensity
from trajectories.numerics.em import Fitted
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel


@dataclass(frozen=True, slots=True)
class PanelPart:
    """An outcome's panel, cells laid out for its family.

    Attributes
    ----------
    name : str
        Of the outcome.
    panel : Panel
        Of the rows that have this outcome.
    prepared : Prepared
        Its cells; row i is row i of the panel.
    present : ndarray of bool, shape (N,), or None
        Which rows of the problem have this outcome; None if all.
    """

    name: str
    panel: Panel
    prepared: Prepared
    present: BoolArray | None

    @classmethod
    def make(cls, name: str, panel: Panel, model: Model, present: BoolArray | None) -> PanelPart:
        """Lay out the cells of a panel; what is wrong with them is told with the outcome's name."""
        if model.family.is_count and not panel.outcomes.any():
            raise InputError(
                f"every observed count of outcome {name!r} is zero, so there is no rate to model; "
                "check the count columns, or leave the outcome out"
            )
        try:
            prepared = prepare(panel, model.family, merge=False, covariates=model.time_varying)
        except InputError as error:
            raise InputError(f"outcome {name!r}: {error}") from None
        refuse_collinear(model, prepared.grid)
        return cls(name, panel, prepared, present)

    @property
    def statistics(self) -> Statistics:
        """What EM runs on."""
        return self.prepared.statistics

    @property
    def coarse(self) -> Statistics:
        """The same, rounded where that makes starts cheaper."""
        return self.prepared.coarse

    def density(self, model: Model, coarse: bool = False) -> CellDensity:
        """Return the log densities of the cells."""
        grid = self.prepared.coarse_grid if coarse else self.prepared.grid
        statistics = self.coarse if coarse else self.statistics
        return CellDensity(model.family, model.designs(grid), statistics.cells)

    def features(self, model: Model, rows: IntArray) -> FloatArray:
        """Return coordinates of some rows of the panel's, for starting partitions."""
        return smoothed_histories(self.panel, model.family, rows, max(model.degree))

    def size(self, model: Model, theta: FloatArray) -> FloatArray:
        """Return expected outcomes, summed over the ages, by group, shape (K,)."""
        centre, _ = model.link_mean(theta, np.unique(ages_of(self.prepared.grid)))
        return np.asarray(INVERSE[model.family.link](np.minimum(centre, 300)).sum(axis=0))

    def alike(self, model: Model, theta: FloatArray, held: FloatArray) -> list[Finding]:
        """Return pairs of groups with the same curve."""
        return duplicates(model.family, model.channels(theta, self.prepared.grid), held)

    def findings(self, model: Model, fitted: Fitted) -> tuple[list[Finding], BoolArray]:
        """Return what is wrong with this part of a solution, but for groups that are alike."""
        grid, weight = self.prepared.grid, self.panel.total_weight
        rate = highest_rate(self.panel)
        return findings(model, fitted, grid, weight, rate, alike=False)
