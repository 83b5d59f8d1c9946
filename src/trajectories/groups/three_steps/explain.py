"""Explain who belongs to which group: multinomial logit of the group on covariates.

log P(t | x) / P(reference | x) = alpha_t + beta_t' x, estimated from groups that are known with
error. Sources: see ``numerics/third_step.py``.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError, SeparationWarning
from trajectories.groups.covariate_cells import cells_of_design
from trajectories.groups.three_steps.design import Standardised
from trajectories.groups.three_steps.explained import Explained
from trajectories.groups.three_steps.first_step import METHODS, FirstStep, first_step
from trajectories.groups.three_steps.influence import covariance_of, influence, run_off
from trajectories.groups.three_steps.marginal import average_effect, moves
from trajectories.numerics.group_terms import MembershipTerm
from trajectories.numerics.third_step import Maximum, ThirdStep, maximise
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel
from trajectories.panel.arrays import names
from trajectories.panel.covariates import CovariateDesign, read_covariates

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def explain(
    results: GroupTrajectoriesResults,
    formula: str,
    covariates: pd.DataFrame,
    method: str = "ml",
    reference: int = 1,
    assignment: str = "proportional",
    panel: Panel | None = None,
    clusters: Any = None,
    missing: str = "refuse",
) -> Explained:
    """Regress the group on covariates, without moving the groups; see ``Results.explain``."""
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if reference not in range(1, results.n_groups + 1):
        raise InputError(
            f"reference must be a group from 1 to {results.n_groups}, not {reference!r}"
        )
    first = first_step(results, panel, assignment, clusters)
    design = read_covariates(formula, covariates, first.units, missing)
    scaled = Standardised.of(design.matrix)
    term = MembershipTerm(scaled.with_intercept(), first.n_groups)
    step = ThirdStep([term], first.errors, design.rows, method)
    best = maximise(step, _start(step))
    change = scaled.to_reported(first.n_groups - 1)
    total = float(step.weights.sum())
    withheld = run_off(-best.sums.hessian, total, change)
    _warn_of_separation(best, withheld, design, first.n_groups)
    moved = influence(step, first, best.parameters, -best.sums.hessian) @ change.T
    parameters = change @ best.parameters
    effects, slopes, labels = _effects(parameters, design, covariates, first, step.weights)
    return Explained(
        design=design,
        method=method,
        assignment=assignment,
        reference=int(reference),
        n_groups=first.n_groups,
        n=total,
        n_units=len(design.rows),
        llf=best.sums.value if method != "bch" else None,
        first_step="not corrected for" if method == "modal" else first.certainty,
        n_clusters=first.n_clusters or None,
        classification_error=pd.DataFrame(
            first.errors.table,
            index=pd.RangeIndex(1, first.n_groups + 1, name="group"),
            columns=pd.RangeIndex(1, first.n_groups + 1, name="assigned"),
        ),
        _parameters=parameters,
        _covariance=covariance_of(moved, first),
        _withheld=withheld,
        _effects=effects,
        _effect_slopes=slopes,
        _effect_labels=labels,
        _expected=step.weights @ first.errors.posterior[design.rows],
        _lacking=first.left_out(design.rows),
        _cells=cells_of_design(
            design.matrix,
            design.values_of(covariates, first.units[design.rows]),
            design.columns,
            design.terms,
            first.errors.posterior[design.rows],
            step.weights,
        ),
    )


def _start(step: ThirdStep) -> FloatArray | None:
    """Return the naive estimates, from which the corrected ones are not far; None if they run."""
    naive = maximise(ThirdStep(step.terms, step.errors, step.rows, "modal"))
    return None if naive.ran_off else naive.parameters


def _effects(
    parameters: FloatArray,
    design: CovariateDesign,
    covariates: pd.DataFrame,
    first: FirstStep,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray, list[tuple[str, str]]]:
    """Return average marginal effects (E, K), their gradients (E, K, P) and what they are of."""
    coefficients = parameters.reshape(first.n_groups - 1, -1)
    moved = moves(design, covariates, first.units[design.rows])
    found = [average_effect(coefficients, one, weights) for one in moved]
    effects = np.stack([effect for effect, _ in found])
    slopes = np.stack([slope for _, slope in found])
    return effects, slopes, [(one.variable, one.contrast) for one in moved]


def _warn_of_separation(
    best: Maximum, withheld: BoolArray, design: CovariateDesign, n_groups: int
) -> None:
    if not withheld.any() and not best.ran_off:
        return
    by_group = withheld.reshape(n_groups - 1, -1)
    found = np.flatnonzero(by_group[:, 1:].any(axis=0))
    which = [design.columns[int(j)] for j in found] or design.columns
    warnings.warn(
        f"{names(which)} {'tells' if len(which) == 1 else 'tell'} groups apart completely, or "
        "nearly so: the estimates run off to infinity, and their standard errors are withheld; "
        "merge categories, or leave the column out and say so",
        SeparationWarning,
        stacklevel=5,
    )
