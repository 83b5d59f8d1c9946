"""Panels laid out as the problem of a joint model, to fit it or to look at a fit again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.joint.alignment import Aligned, align
from trajectories.groups.joint.dropout import Departures, Dropout, departures
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.joint_problem import JointProblem, Rows
from trajectories.groups.joint.leaving_model import LeavingModel
from trajectories.groups.joint.leaving_part import NAME, LeavingPart, leaving_part
from trajectories.groups.joint.outcome import checked_panels
from trajectories.groups.joint.panel_part import PanelPart
from trajectories.groups.joint.stacking import stack
from trajectories.groups.model import Model
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.panel.covariates import read_covariates

OUTCOME = "outcome"
"""Name of the one outcome of a model with leaving."""

Covariates = tuple[tuple[str, ...], FloatArray]
"""Names and values, shape (N, M), of covariates of units."""


@dataclass(frozen=True, slots=True)
class LeavingProblem:
    """A model with leaving over its panel.

    Attributes
    ----------
    problem : JointProblem
    model : JointModel
    aligned : Aligned
    gone : Departures
        Of the panel's units.
    part : LeavingPart
    extra : names and values, shape (N, M), of covariates of units, or None
    """

    problem: JointProblem
    model: JointModel
    aligned: Aligned
    gone: Departures
    part: LeavingPart
    extra: Covariates | None


def outcomes_problem(
    aligned: Aligned, names: Sequence[str], models: Sequence[Model], *, merge: bool = True
) -> JointProblem:
    """Lay out the panels of several outcomes; without ``merge`` rows are the units."""
    stacked = stack(aligned, merge=merge)
    parts = [
        PanelPart.make(name, panel, own, present)
        for name, panel, own, present in zip(
            names, stacked.panels, models, stacked.present, strict=True
        )
    ]
    return JointProblem(parts, Rows.of(stacked))


def leaving_problem(
    panel: Panel,
    curves: Model,
    dropout: Dropout,
    left: Any = None,
    followed_until: Any = None,
    covariates: pd.DataFrame | None = None,
    *,
    fitted: LeavingModel | None = None,
    merge: bool = True,
) -> LeavingProblem:
    """Lay out a panel and who left it when; ``fitted`` is the model of leaving of an earlier fit.

    Raises
    ------
    InputError
        As :meth:`trajectories.DropoutTrajectories.fit`.
    """
    gone = departures(panel, left, followed_until)
    extra = _covariates(dropout.covariates, panel, covariates)
    return lay_out_leaving(align({OUTCOME: panel}), gone, extra, curves, dropout, fitted, merge)


def lay_out_leaving(
    aligned: Aligned,
    gone: Departures,
    extra: Covariates | None,
    curves: Model,
    dropout: Dropout,
    fitted: LeavingModel | None = None,
    merge: bool = True,
) -> LeavingProblem:
    """Lay out a panel whose units left as ``gone`` says, with covariates of leaving, if any."""
    further = gone.stacked() if extra is None else np.hstack([gone.stacked(), extra[1]])
    stacked = stack(aligned, further, merge=merge)
    rows = stacked.first
    at_rows = Departures(gone.first[rows], gone.leaves[rows], gone.last[rows], gone.by_last_wave)
    of_rows = None if extra is None else (extra[0], extra[1][rows])
    own = PanelPart.make(OUTCOME, stacked.panels[0], curves, None)
    part, of_leaving = leaving_part(
        stacked.panels[0], at_rows, dropout, curves.n_groups, of_rows, fitted
    )
    groups = tuple(range(curves.n_groups))
    model = JointModel((OUTCOME, NAME), (curves, of_leaving), (groups, groups))
    problem = JointProblem([own, part], Rows.of(stacked))
    return LeavingProblem(problem, model, aligned, gone, part, extra)


def one_panel(panel: Any) -> Panel:
    """Return the panel of a model with leaving, without ages at which nobody was observed."""
    return checked_panels({OUTCOME: panel}, [OUTCOME])[OUTCOME]


def _covariates(formula: str | None, panel: Panel, frame: pd.DataFrame | None) -> Covariates | None:
    if (formula is None) != (frame is None):
        raise InputError(
            "covariates of leaving need both a formula, Dropout(covariates='~ ...'), and the "
            "frame, fit(covariates=...)"
        )
    if formula is None or frame is None:
        return None
    design = read_covariates(formula, frame, panel.units)
    return design.columns, np.asarray(design.matrix)
