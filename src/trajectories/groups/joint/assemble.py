"""Results of joint models made from the solution that a search returned."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from trajectories.groups.adequacy.classification import classification_entropy, classification_table
from trajectories.groups.control import Control
from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.joint.alignment import Aligned
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.multi_results import MultiTrajectoriesResults
from trajectories.groups.joint.views import view
from trajectories.groups.search.assemble import weighted_cells, whole
from trajectories.groups.search.fitting import Solution
from trajectories.version import __version__


def shared_results(
    aligned: Aligned, solution: Solution, seed: int, control: Control
) -> MultiTrajectoriesResults:
    """Return the results of a model whose groups all outcomes share."""
    fields = common_fields(aligned, solution, seed, control)
    share = np.exp(solution.fitted.parameters.log_probability)
    table = classification_table(solution.posterior.by_unit(), aligned.weights, share)
    fields["notes"] += nobody_in(table)
    return MultiTrajectoriesResults(classification=table, **fields)


def common_fields(
    aligned: Aligned, solution: Solution, seed: int, control: Control
) -> dict[str, Any]:
    """Return what all joint results hold; the first parts are those of the panels."""
    model = cast(JointModel, solution.model)
    fitted, diagnosis = solution.fitted, solution.diagnosis
    covariance = observed_covariance(fitted.information, diagnosis.withheld, model.expansion())
    weight = float(len(aligned.units) if aligned.weights is None else aligned.weights.sum())
    return {
        "model": model,
        "parameters": fitted.parameters,
        "covariance": covariance,
        "withheld": diagnosis.withheld,
        "llf": fitted.llf,
        "nobs": whole(weight),
        "n_cells": whole(sum(weighted_cells(panel) for panel in aligned.panels)),
        "stop_reason": diagnosis.reason,
        "notes": diagnosis.notes,
        "n_iter": fitted.n_iter,
        "n_starts": 1 if model.n_groups == 1 else control.n_starts,
        "n_finished": solution.n_finished,
        "n_replicated": solution.n_replicated,
        "entropy": classification_entropy(solution.posterior.by_unit(), aligned.weights),
        "seed": seed,
        "gradient": float(np.abs(fitted.score).max() / weight),
        "version": __version__,
        "n_absent": aligned.n_absent,
        "n_left_out": aligned.n_left_out,
        "_views": tuple(
            view(model, a, solution, covariance, aligned, seed, control)
            for a in range(len(aligned.panels))
        ),
        "_posterior": solution.posterior.by_unit(),
        "_units": aligned.units,
        "_weights": aligned.weights,
    }


def nobody_in(classification: pd.DataFrame) -> tuple[str, ...]:
    """Return a note for every group that nobody is assigned to."""
    nobody = classification.index[classification["assigned_share"] == 0]
    return tuple(f"nobody is assigned to group {group}" for group in nobody)
