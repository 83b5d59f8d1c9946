"""What each cell of a panel is expected to show in each group, with the covariates of the cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.families.links import INVERSE
from trajectories.groups.model import Model
from trajectories.groups.search.design_points import DesignPoints, design_points
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel


@dataclass(frozen=True, slots=True)
class CellCurves:
    """Channels and means at the design points of a panel, looked up by cell.

    Attributes
    ----------
    points : DesignPoints
    channels : ndarray, shape (q, R, K)
    means : ndarray, shape (R, K)
        Per unit of exposure.
    """

    points: DesignPoints
    channels: FloatArray
    means: FloatArray

    def of_group(self, rows: slice, group: int) -> tuple[FloatArray, FloatArray]:
        """Return channels (q, n, T) and means (n, T) of some units in one group (from 0).

        Where no covariate enters the curve, n is 1: the same for all.
        """
        where = self.points.rows(rows)
        return self.channels[:, where, group], self.means[where, group]

    def expected(self, rows: slice, posterior: FloatArray, keep: BoolArray) -> FloatArray:
        """Return sum_k r_ik m_ikt of some units at some ages, shape (n, kept ages)."""
        where = self.points.rows(rows)[:, keep]
        if len(where) == 1:
            return np.asarray(posterior @ self.means[where[0]].T)
        return np.asarray(np.einsum("nk,ntk->nt", posterior, self.means[where]))


def cell_curves(model: Model, parameters: Parameters, panel: Panel) -> CellCurves:
    """Evaluate a model at the design points of a panel."""
    points = design_points(panel, model.time_varying)
    channels = model.channels(parameters.theta, points.grid)
    means = INVERSE[model.family.link](model.family.link_mean(channels)[0])
    return CellCurves(points, channels, np.asarray(means))
