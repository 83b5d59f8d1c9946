"""Parametric models of the time to the event, with or without a share that never has it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.numerics.lifetime_distributions import DISTRIBUTIONS
from trajectories.numerics.parametric_fit import RUNAWAY_LOGIT, ParametricFit, fit_parametric
from trajectories.numerics.parametric_likelihood import ParametricProblem
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.design import Design, make_design
from trajectories.recidivism.few_persons import rests_on
from trajectories.recidivism.follow_up_input import event_codes, first_rows, need_single, no_events
from trajectories.recidivism.parametric_results import ParametricResults


def parametric(
    follow_up: FollowUp,
    distribution: str = "weibull",
    time: Sequence[str] = (),
    share: Sequence[str] | None = None,
    cause: str | None = None,
) -> ParametricResults:
    """Fit an accelerated failure time model: log t = x β + σ · error.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events, without strata. Late entry is allowed for.
    distribution : str
        ``exponential``, ``weibull``, ``lognormal``, ``log_logistic`` or ``generalised_gamma``
        (Prentice's form with a shape q: 1 Weibull, 0 lognormal).
    time : sequence of str
        Covariates of the location of log time.
    share : sequence of str, optional
        Covariates of the share that has the event in the end, on the logit scale; an empty
        sequence for a share without covariates. None: everybody has it in the end.
    cause : str, optional
        Other causes censor.

    Returns
    -------
    ParametricResults

    Raises
    ------
    InputError
        If there are no events, all events are at one time, or covariates are collinear.

    Warns
    -----
    DegenerateSolutionWarning
        Where the share runs off to 1 or nothing distinguishes it from a long time to the event.

    Notes
    -----
    Rows cut in two add up to the uncut row. A covariate that changes over time acts here on the
    hazard as if it had always had its present value. Split populations: Schmidt and Witte (1988);
    Maltz (1984).
    """
    follow_up = need_single(follow_up, "parametric")
    if distribution not in DISTRIBUTIONS:
        raise InputError(f"distribution={distribution!r}: choose among {names(DISTRIBUTIONS)}")
    if follow_up.stratum is not None:
        raise InputError("parametric: strata are not supported; make the stratum a covariate")
    event = event_codes(follow_up, cause) > 0
    _check_events(follow_up, event, cause)
    of_time, X = _with_constant(follow_up, time, event)
    of_share, W = None, None
    if share is not None:
        of_share, W = _with_constant(follow_up, share, event)
    weight = np.ones(len(event)) if follow_up.weight is None else follow_up.weight
    problem = ParametricProblem(distribution, follow_up.start, follow_up.stop, event, weight, X, W)
    fit = fit_parametric(problem)
    index = _names(problem, of_time, of_share)
    _warn(problem, fit, index, distribution)
    persons = first_rows(follow_up)
    return ParametricResults(
        distribution=distribution,
        of_time=of_time,
        of_share=of_share,
        params=pd.Series(fit.theta, index=index, name="coef"),
        covariance=pd.DataFrame(fit.covariance, index=index, columns=index),
        llf=fit.log_likelihood,
        llf_log_time=fit.log_likelihood + float(weight[event] @ np.log(follow_up.stop[event])),
        n_persons=float(weight[persons].sum()),
        n_events=float(weight[event].sum()),
        mean_share=_mean_share(problem, fit, persons),
        converged=fit.converged,
        n_iter=fit.n_iterations,
        time_unit=follow_up.time_unit,
        _time_persons=rests_on(follow_up, of_time, X[:, 1:], event),
        _share_persons=None
        if of_share is None or W is None
        else rests_on(follow_up, of_share, W[:, 1:], event),
    )


def _check_events(follow_up: FollowUp, event: BoolArray, cause: str | None) -> None:
    if not event.any():
        raise no_events("parametric", follow_up, cause)
    times = follow_up.stop[event]
    if (times <= 0).any():
        raise InputError("parametric: an event at time 0 has no logarithm; give it a later time")
    if (times == times[0]).all():
        raise InputError(
            f"parametric: all events are at one time ({times[0]:g}): they say nothing "
            "about how times are distributed"
        )


def _with_constant(
    follow_up: FollowUp, covariates: Sequence[str], event: BoolArray
) -> tuple[Design, FloatArray]:
    design = make_design(follow_up.covariates, covariates)
    X = np.column_stack([np.ones(follow_up.n_rows), design.matrix(follow_up.covariates)])
    scaled = X / np.maximum(np.abs(X).max(axis=0), 1e-300)
    _, triangle = np.linalg.qr(scaled)
    flat = np.abs(np.diag(triangle)) < 1e-9 * np.sqrt(len(X))
    if flat.any():
        terms = ["const", *design.terms]
        raise InputError(
            f"parametric: {names([terms[p] for p in np.flatnonzero(flat)])} constant, or a linear "
            "function of the covariates before it: leave it out"
        )
    return design, X


def _names(problem: ParametricProblem, of_time: Design, of_share: Design | None) -> pd.MultiIndex:
    labels = [("time", term) for term in ("const", *of_time.terms)]
    if problem.has_scale:
        labels.append(("scale", "log_sigma"))
    if problem.has_shape:
        labels.append(("shape", "q"))
    if of_share is not None:
        labels.extend(("share", term) for term in ("const", *of_share.terms))
    return pd.MultiIndex.from_tuples(labels, names=["part", "term"])


def _mean_share(
    problem: ParametricProblem, fit: ParametricFit, persons: IntArray
) -> tuple[float, float] | None:
    """Return the mean share over persons, and the standard error of its logit."""
    if problem.W is None:
        return None
    W, w = problem.W[persons], problem.weight[persons]
    n = W.shape[1]
    share = 1.0 / (1.0 + np.exp(-W @ fit.theta[-n:]))
    mean = float(w @ share / w.sum())
    gradient = (w * share * (1.0 - share)) @ W / w.sum()
    variance = float(gradient @ fit.covariance[-n:, -n:] @ gradient)
    return mean, float(np.sqrt(max(variance, 0.0)) / max(mean * (1.0 - mean), 1e-300))


def _warn(
    problem: ParametricProblem, fit: ParametricFit, index: pd.MultiIndex, distribution: str
) -> None:
    runaway = problem.W is not None and abs(float(fit.theta[-problem.W.shape[1]])) > RUNAWAY_LOGIT
    if runaway or (fit.singular and problem.W is not None):
        warnings.warn(
            f"parametric, {distribution}: the share that has the event in the end runs off to an "
            "edge, or cannot be told from a long time to it: follow-up is too short for this "
            "distribution, or everybody has the event; its share is no estimate",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    elif fit.singular or not fit.converged:
        warnings.warn(
            f"parametric, {distribution}: the search stopped where the likelihood is not curved in "
            "all directions: some coefficient has no finite estimate; leave covariates out",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
