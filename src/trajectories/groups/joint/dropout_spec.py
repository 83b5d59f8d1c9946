"""The specification of a trajectory model jointly with leaving the study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.adequacy.classification import classification_table
from trajectories.groups.control import Control
from trajectories.groups.joint.assemble import common_fields, nobody_in
from trajectories.groups.joint.dropout import Dropout
from trajectories.groups.joint.dropout_results import DropoutTrajectoriesResults
from trajectories.groups.joint.fit_options import (
    checked_control,
    for_search,
    warn_if_improper,
)
from trajectories.groups.joint.leaving_periods import leaving_periods
from trajectories.groups.joint.problems import LeavingProblem, leaving_problem, one_panel
from trajectories.groups.search.fitting import Solution, search
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.arguments import whole_number
from trajectories.panel import Panel


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
        seed, settings = whole_number("seed", seed), checked_control(control, n_starts)
        panel = one_panel(panel)
        curves = self.curves.model(panel)
        laid_out = leaving_problem(panel, curves, self.dropout, left, followed_until, covariates)
        problem, model = laid_out.problem, laid_out.model
        solution = search(problem, for_search(model), seed, settings, progress)
        return self._results(laid_out, solution, seed, settings)

    def _results(
        self, laid_out: LeavingProblem, solution: Solution, seed: int, control: Control
    ) -> DropoutTrajectoriesResults:
        aligned, gone = laid_out.aligned, laid_out.gone
        fields = common_fields(aligned, solution, seed, control)
        share = np.exp(solution.fitted.parameters.log_probability)
        table = classification_table(solution.posterior.by_unit(), aligned.weights, share)
        fields["notes"] += nobody_in(table)
        mass = np.ones(len(aligned.units)) if aligned.weights is None else aligned.weights
        results = DropoutTrajectoriesResults(
            classification=table,
            dropout=self.dropout,
            n_left=float(mass[gone.has_left].sum()),
            leaving_periods=leaving_periods(laid_out, solution),
            **fields,
        )
        warn_if_improper(results.stop_reason, results.notes)
        return results
