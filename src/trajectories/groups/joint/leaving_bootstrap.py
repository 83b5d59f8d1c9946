"""The bootstrap of a model with leaving: who left when, and covariates, are drawn with persons."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from trajectories.groups.joint.alignment import Aligned
from trajectories.groups.joint.dropout import Departures, Dropout
from trajectories.groups.joint.joint_bootstrap import joint_bootstrap
from trajectories.groups.joint.joint_bootstrap_results import JointBootstrap
from trajectories.groups.joint.joint_covariance import require_same_fit
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.joint_problem import JointProblem
from trajectories.groups.joint.leaving_model import LeavingModel
from trajectories.groups.joint.problems import Covariates, LeavingProblem, lay_out_leaving
from trajectories.groups.model import Model
from trajectories.numerics.types import IntArray

if TYPE_CHECKING:
    from trajectories.groups.joint.dropout_results import DropoutTrajectoriesResults


def bootstrap_leaving(
    results: DropoutTrajectoriesResults,
    laid_out: LeavingProblem,
    n_replicates: int,
    seed: int,
    n_jobs: int,
    n_starts: int,
    progress: bool,
) -> JointBootstrap:
    """Refit a model with leaving to resampled persons; see the ``bootstrap`` of its results."""
    require_same_fit(results, laid_out.problem)
    lay_out = partial(_some_units, laid_out.gone, laid_out.extra, results.model, results.dropout)
    return joint_bootstrap(
        results, laid_out.aligned, lay_out, n_replicates, seed, n_jobs, n_starts, progress
    )


def _some_units(
    gone: Departures,
    extra: Covariates | None,
    model: JointModel,
    dropout: Dropout,
    aligned: Aligned,
    rows: IntArray,
) -> JointProblem:
    """Return the problem of some units."""
    curves, fitted = model.parts
    assert isinstance(curves, Model)
    assert isinstance(fitted, LeavingModel)
    own = Departures(gone.first[rows], gone.leaves[rows], gone.last[rows], gone.by_last_wave)
    values = None if extra is None else (extra[0], extra[1][rows])
    return lay_out_leaving(aligned, own, values, curves, dropout, fitted).problem
