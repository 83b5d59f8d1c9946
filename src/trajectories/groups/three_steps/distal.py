"""Later outcomes by group: corrected for classification error by weights or by the likelihood.

The outcome has a constant a group, and effects of covariates that the groups share. By the
likelihood (ML) the outcome's distribution and, where there are covariates, a multinomial logit of
the group on them are estimated together; by weights (BCH) only how the mean of the outcome depends
on the group. Sources: Bakk, Tekle and Vermunt (2013), Sociological Methodology 43(1), 272-311;
Bakk and Vermunt (2016), Structural Equation Modeling 23(1), 20-31, who find ML sensitive to the
distribution assumed and BCH robust.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError, SeparationWarning
from trajectories.groups.three_steps.distal_data import (
    KINDS,
    Lifetimes,
    Outcome,
    read_lifetimes,
    read_outcome,
)
from trajectories.groups.three_steps.distal_outcome import DistalOutcome
from trajectories.groups.three_steps.few_persons import cells_of_lifetimes, cells_of_outcome
from trajectories.groups.three_steps.first_step import METHODS, FirstStep, first_step
from trajectories.groups.three_steps.influence import covariance_of, influence, run_off
from trajectories.groups.three_steps.outcome_model import OutcomeModel, of_lifetimes, of_outcome
from trajectories.numerics.corrected_survival import corrected_survival
from trajectories.numerics.group_terms import GroupTerm, MembershipTerm
from trajectories.numerics.third_step import Maximum, ThirdStep, maximise
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.covariates import CovariateDesign, read_covariates

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

DISTRIBUTIONS = ("kaplan_meier", "exponential", "weibull")


def distal(
    results: GroupTrajectoriesResults,
    outcome: Any,
    kind: str = "normal",
    formula: str | None = None,
    covariates: pd.DataFrame | None = None,
    *,
    method: str = "bch",
    reference: int = 1,
    exposure: Any = None,
    distribution: str | None = None,
    times: Any = None,
    cause: str | None = None,
    assignment: str = "proportional",
    panel: Panel | None = None,
    clusters: Any = None,
    missing: str = "refuse",
) -> DistalOutcome:
    """Return a later outcome by group; see ``Results.distal``."""
    of_lives = {"distribution": distribution, "times": times, "cause": cause}
    chosen = _check(results, kind, method, reference, formula, covariates, distribution)
    _refuse_unused(kind, exposure, of_lives)
    first = first_step(results, panel, assignment, clusters)
    data: Outcome | Lifetimes
    if kind == "survival":
        data = read_lifetimes(outcome, cause, first.units, missing)
        points = _times(times, data)
        if chosen == "kaplan_meier":
            return _product_limit(first, data, points, method, reference)
    else:
        data = read_outcome(outcome, kind, exposure, covariates, first.units, missing)
    design, keep = _design(formula, covariates, first, data.rows, missing)
    matrix = np.zeros((len(keep), 0)) if design is None else design.matrix
    rows = data.rows[keep]
    posterior, weights = first.errors.posterior[rows], first.errors.weights[rows]
    if isinstance(data, Lifetimes):
        lives = data.subset(keep)
        model = of_lifetimes(lives, points, matrix, chosen == "weibull", first.n_groups)
        cells = cells_of_lifetimes(lives.end, lives.event, points, posterior, weights)
    else:
        own_spread = method == "ml"
        model = of_outcome(data, keep, kind, matrix, own_spread, first.n_groups)
        n_labels = len(data.categories)
        cells = cells_of_outcome(kind, data.values[keep], n_labels, posterior, weights)
    return _estimated(first, model, rows, cells, design, kind, method, reference)


def _refuse_unused(kind: str, exposure: Any, of_lives: dict[str, Any]) -> None:
    """Refuse what another kind of outcome would have used: nothing given is passed over."""
    given = [name for name, value in of_lives.items() if value is not None]
    if given and kind != "survival":
        raise InputError(
            f"{given[0]}= is for kind='survival', the time to an event, and kind is {kind!r}: "
            "leave it out, or give a follow-up and kind='survival'"
        )
    if exposure is not None and kind == "survival":
        raise InputError(
            "exposure= is for kind='poisson', a number of events in some time, and kind is "
            "'survival', where the follow-up has the time: leave it out"
        )


def _check(
    results: GroupTrajectoriesResults,
    kind: str,
    method: str,
    reference: int,
    formula: str | None,
    covariates: pd.DataFrame | None,
    distribution: str | None,
) -> str:
    """Return the distribution of lifetimes to use, after refusing what does not go together."""
    if kind not in KINDS:
        raise InputError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if reference not in range(1, results.n_groups + 1):
        raise InputError(
            f"reference must be a group from 1 to {results.n_groups}, not {reference!r}"
        )
    if formula is not None and covariates is None:
        raise InputError("a formula needs covariates=, a DataFrame indexed by unit id")
    if kind != "survival":
        return ""
    plain = "kaplan_meier" if method != "ml" and formula is None else "weibull"
    chosen = plain if distribution is None else distribution
    if chosen not in DISTRIBUTIONS:
        raise InputError(f"distribution must be one of {', '.join(DISTRIBUTIONS)}, not {chosen!r}")
    if chosen == "kaplan_meier" and (method == "ml" or formula is not None):
        raise InputError(
            "kaplan_meier has no likelihood and no covariates: use method='bch' without a formula, "
            "or distribution='weibull' or 'exponential'"
        )
    return chosen


def _design(
    formula: str | None,
    covariates: pd.DataFrame | None,
    first: FirstStep,
    rows: IntArray,
    missing: str,
) -> tuple[CovariateDesign | None, IntArray]:
    """Return the covariates, and which of the units with an outcome have them."""
    if formula is None or covariates is None:
        return None, np.arange(len(rows))
    design = read_covariates(formula, covariates, first.units[rows], missing)
    return design, design.rows


def _times(times: Any, lives: Lifetimes) -> FloatArray:
    """Return the times at which survival is reported: quartiles of the event times unless told."""
    if times is None:
        return np.unique(np.quantile(lives.end[lives.event > 0], [0.25, 0.5, 0.75]))
    found = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if found.ndim != 1 or not len(found) or not (np.isfinite(found) & (found > 0)).all():
        raise InputError("times must be numbers above 0, in the time unit of the follow-up")
    if found.max() > lives.end.max():
        raise InputError(
            f"times reach {found.max():g}, follow-up ends at {lives.end.max():g}: give earlier ones"
        )
    return np.unique(found)


def _estimated(
    first: FirstStep,
    model: OutcomeModel,
    rows: IntArray,
    cells: FloatArray,
    design: CovariateDesign | None,
    kind: str,
    method: str,
    reference: int,
) -> DistalOutcome:
    terms: list[GroupTerm] = [model.term]
    if method == "ml":
        columns = np.concatenate([np.ones((len(rows), 1)), model.term.design], axis=1)
        terms.append(MembershipTerm(columns, first.n_groups))
    step = ThirdStep(terms, first.errors, rows, method)
    naive = maximise(ThirdStep([model.term], first.errors, rows, "modal"))
    start = step.start()
    if not naive.ran_off:
        start[: len(naive.parameters)] = naive.parameters
    best = maximise(step, start)
    n_own = model.term.n_parameters
    total = float(step.weights.sum())
    scale = 0.0 if model.density_scale is None else float(step.weights @ model.density_scale)
    off = run_off(-best.sums.hessian, total, np.eye(len(best.parameters)))
    _complain(best, bool(off[:n_own].any()), method)
    moves = influence(step, first, best.parameters, -best.sums.hessian)
    own = best.parameters[:n_own]
    means, slope = model.means(own, step.weights)
    change = np.concatenate([slope.reshape(-1, n_own), model.to_reported()])
    covariance = covariance_of(moves[:, :n_own] @ change.T, first)
    unknown = np.abs(change[means.size :]) @ off[:n_own].astype(float) > 0
    by_group = off[: first.n_groups * model.term.family.n_channels].reshape(first.n_groups, -1)
    hidden = np.concatenate([np.repeat(by_group.any(axis=1), means.shape[1]), unknown])
    covariance[hidden], covariance[:, hidden] = np.nan, np.nan
    return DistalOutcome(
        kind=kind,
        method=method,
        assignment=first.assignment,
        reference=int(reference),
        design=design,
        first_step="not corrected for" if method == "modal" else first.certainty,
        n_clusters=first.n_clusters or None,
        n_missing=len(first.units) - len(rows),
        llf=best.sums.value + scale if method == "ml" else None,
        scale=model.scale,
        link=model.link,
        labels=model.labels,
        persons=step.weights @ first.errors.posterior[rows],
        _means=means,
        _covariance=covariance,
        _reported=model.reported(own),
        _names=model.names(design),
        _cells=cells,
        _lacking=first.left_out(rows),
    )


def _complain(best: Maximum, off: bool, method: str) -> None:
    """Refuse or warn where there is no finite maximum."""
    if not best.ran_off and not off:
        return
    if method == "bch":
        raise InputError(
            "weights that correct for classification error have no solution here: some are "
            "negative, and in some group a share or rate would leave its range, or lifetimes have "
            "no shape; use method='ml', or what needs no model: profile(), and survival without a "
            "distribution"
        )
    warnings.warn(
        "the outcome, or a covariate of it, tells groups apart completely, or nearly so: estimates "
        "run off to infinity, and intervals mean nothing there; merge categories, or leave the "
        "covariate out",
        SeparationWarning,
        stacklevel=6,
    )


def _product_limit(
    first: FirstStep, lives: Lifetimes, times: FloatArray, method: str, reference: int
) -> DistalOutcome:
    found = corrected_survival(
        first.errors,
        lives.rows,
        lives.first,
        lives.start,
        lives.stop,
        lives.event,
        times,
        method == "bch",
    )
    n_groups, n_times = found.means.shape
    moves = np.zeros((len(first.units), n_groups * n_times))
    moves[lives.rows] = found.scores.reshape(len(lives.rows), -1)
    if method == "bch":
        moves += first.spread(found.slope)
    return DistalOutcome(
        kind="survival",
        method=method,
        assignment=first.assignment,
        reference=int(reference),
        design=None,
        first_step="not corrected for" if method == "modal" else first.certainty,
        n_clusters=first.n_clusters or None,
        n_missing=len(first.units) - len(lives.rows),
        llf=None,
        scale="survival",
        link="identity",
        labels=tuple(f"{time:g}" for time in times),
        persons=first.errors.weights[lives.rows] @ first.errors.posterior[lives.rows],
        _means=found.means,
        _covariance=covariance_of(moves, first),
        _reported=np.zeros(0),
        _names=(),
        _cells=cells_of_lifetimes(
            lives.end,
            lives.event,
            times,
            first.errors.posterior[lives.rows],
            first.errors.weights[lives.rows],
        ),
        _lacking=first.left_out(lives.rows),
    )
