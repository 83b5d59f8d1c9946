"""The specification of a trajectory model jointly with leaving the study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.adequacy.classification import classification_table
from trajectories.groups.control import Control
from trajectories.groups.joint.alignment import Aligned, align
from trajectories.groups.joint.assemble import common_fields, nobody_in
from trajectories.groups.joint.dropout import Departures, Dropout, departures
from trajectories.groups.joint.dropout_results import DropoutTrajectoriesResults, Leaving
from trajectories.groups.joint.fit_options import (
    checked_control,
    checked_seed,
    for_search,
    warn_if_improper,
)
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.joint_problem import JointProblem, Rows
from trajectories.groups.joint.leaving_model import LeavingModel
from trajectories.groups.joint.leaving_part import NAME, LeavingPart, leaving_part
from trajectories.groups.joint.outcome import checked_panels
from trajectories.groups.joint.panel_part import PanelPart
from trajectories.groups.joint.stacking import stack
from trajectories.groups.search.fitting import Solution, search
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.at_risk_periods import average_hazard
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.panel.covariates import read_covariates

OUTCOME = "outcome"


@dataclass(frozen=True)
class DropoutTrajectories:
    """A trajectory model jointly with the probability of leaving the study, by group.

    Given the group, outcomes and leaving are independent, but for the effect of previous outcomes:
    log f(y_i, d_i | k) = sum_t log f(y_it | k) + sum over periods at risk of the log probability
    of leaving or staying. Where groups of high rates leave earlier (by death, detention or
    emigration), shares and posterior probabilities without this are those of who stays.

    Parameters
    ----------
    curves : GroupTrajectories
    dropout : Dropout

    Notes
    -----
    Source: Haviland, Jones and Nagin (2011), Sociological Methods & Research 40(2), 367-390.

    Examples
    --------
    >>> import trajectories as tr
    >>> spec = tr.DropoutTrajectories(
    ...     tr.GroupTrajectories(3, "poisson", 2), tr.Dropout(previous=1)
    ... )
    """

    curves: GroupTrajectories
    dropout: Dropout = field(default_factory=Dropout)

    def __post_init__(self) -> None:
        if not isinstance(self.curves, GroupTrajectories):
            raise InputError(
                f"curves must be a GroupTrajectories, not a {type(self.curves).__name__}"
            )
        if not isinstance(self.dropout, Dropout):
            raise InputError(
                f"dropout must be a Dropout, for instance tr.Dropout(previous=1), not a "
                f"{type(self.dropout).__name__}"
            )

    def fit(
        self,
        panel: Panel,
        seed: int = 0,
        n_starts: int | None = None,
        left: Any = None,
        followed_until: Any = None,
        covariates: pd.DataFrame | None = None,
        progress: bool = False,
        control: Control | None = None,
    ) -> DropoutTrajectoriesResults:
        """Fit the model by maximum likelihood.

        Parameters
        ----------
        panel : Panel
            Cells after a unit left are not observed. Gaps before its last observed age are missing
            outcomes, and no leaving.
        seed, n_starts, progress, control
            As in :meth:`trajectories.GroupTrajectories.fit`.
        left : Series by unit or array, optional
            Age from which the unit was gone, NaN if it did not leave: death and emigration in a
            register, or the first missing wave. Unless told, a unit left after its last observed
            age if that lies before ``followed_until``.
        followed_until : Series by unit, array or number, optional
            Last age at which the unit could have been observed: who reaches it did not leave, but
            follow-up ended. The panel's last age unless told; in a register the age at the
            reference date, by birth year.
        covariates : DataFrame, optional
            Indexed by unit id, for the formula of ``Dropout(covariates=...)``.

        Raises
        ------
        InputError
            If nobody leaves, ages contradict each other, or the panel cannot carry the model.

        Warns
        -----
        DegenerateSolutionWarning
            If the best solution is not a proper interior maximum, as where nobody of a group
            leaves; ``notes`` say why.
        """
        seed, settings = checked_seed(seed), checked_control(control, n_starts)
        panel = checked_panels({OUTCOME: panel}, [OUTCOME])[OUTCOME]
        aligned = align({OUTCOME: panel})
        gone = departures(panel, left, followed_until)
        extra = self._covariates(panel, covariates)
        further = gone.stacked()
        if extra is not None:
            further = np.hstack([further, extra[1]])
        stacked = stack(aligned, further)
        rows = stacked.first
        at_rows = Departures(gone.first[rows], gone.leaves[rows], gone.last[rows])
        of_rows = None if extra is None else (extra[0], extra[1][rows])
        curves = self.curves.model(panel)
        own = PanelPart.make(OUTCOME, stacked.panels[0], curves, None)
        leaving, of_leaving = leaving_part(
            stacked.panels[0], at_rows, self.dropout, curves.n_groups, of_rows
        )
        groups = tuple(range(curves.n_groups))
        model = JointModel((OUTCOME, NAME), (curves, of_leaving), (groups, groups))
        problem = JointProblem([own, leaving], Rows.of(stacked))
        solution = search(problem, for_search(model), seed, settings, progress)
        return self._results(aligned, gone, problem, leaving, solution, seed, settings)

    def _covariates(
        self, panel: Panel, frame: pd.DataFrame | None
    ) -> tuple[tuple[str, ...], FloatArray] | None:
        formula = self.dropout.covariates
        if (formula is None) != (frame is None):
            raise InputError(
                "covariates of leaving need both a formula, Dropout(covariates='~ ...'), and the "
                "frame, fit(covariates=...)"
            )
        if formula is None or frame is None:
            return None
        design = read_covariates(formula, frame, panel.units)
        return design.columns, np.asarray(design.matrix)

    def _results(
        self,
        aligned: Aligned,
        gone: Departures,
        problem: JointProblem,
        part: LeavingPart,
        solution: Solution,
        seed: int,
        control: Control,
    ) -> DropoutTrajectoriesResults:
        fields = common_fields(aligned, solution, seed, control)
        share = np.exp(solution.fitted.parameters.log_probability)
        table = classification_table(solution.posterior.by_unit(), aligned.weights, share)
        fields["notes"] += nobody_in(table)
        mass = np.ones(len(aligned.units)) if aligned.weights is None else aligned.weights
        results = DropoutTrajectoriesResults(
            classification=table,
            dropout=self.dropout,
            n_left=float(mass[gone.has_left].sum()),
            leaving_periods=_leaving(problem, part, solution, aligned.panels[0]),
            **fields,
        )
        warn_if_improper(results.stop_reason, results.notes)
        return results


def _leaving(problem: JointProblem, part: LeavingPart, solution: Solution, panel: Panel) -> Leaving:
    """Sum up who was at risk, who left and with what probability, by age and group."""
    model = cast(JointModel, solution.model)
    mixture = problem.mixture(model)
    totals = mixture.e_step(solution.fitted.parameters)
    cells = totals.cell_weight[mixture.composite.cuts[1]]
    staying, left = cells[0::2], cells[1::2]
    theta = model.part_parameters(1, solution.fitted.parameters).theta
    n_ages = panel.n_ages
    at_risk, hazard, gradient = average_hazard(
        staying + left, part.period, part.design, theta, n_ages
    )
    leavers = np.zeros((n_ages, model.n_groups))
    np.add.at(leavers, part.period, left)
    assert isinstance(model.parts[1], LeavingModel)
    ages = np.asarray(panel.ages, dtype=float)
    return Leaving(ages[1:], ages[0], at_risk[1:], leavers[1:], hazard[1:], gradient[1:])
