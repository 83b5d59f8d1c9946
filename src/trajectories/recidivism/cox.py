"""Cox's proportional hazards model, for first and for repeated events."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.numerics.cox_fit import CoxFit, fit_cox
from trajectories.numerics.cox_residuals import (
    clustered_covariance,
    proportional_hazards_tests,
)
from trajectories.numerics.cox_risk_sets import CoxRiskSets, cox_risk_sets
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.cox_results import CoxResults, baseline
from trajectories.recidivism.design import Design, make_design
from trajectories.recidivism.few_persons import RestsOn, rests_on
from trajectories.recidivism.follow_up_input import copies, event_codes, need_follow_up, no_events
from trajectories.recidivism.time_scales import TRANSFORMS, transformed_time
from trajectories.suggestions import did_you_mean

MOST_TERMS = 1e8
"""Tied copies that Efron's method can go through."""

VANISHING = 1e-8
"""Part of the model's standard error that rounding can leave of a sum of scores that is 0."""


def cox(
    follow_up: FollowUp,
    covariates: Sequence[str] | None = None,
    cause: str | None = None,
    ties: str = "efron",
    robust: bool | None = None,
    cluster: str | None = None,
    weights_are: str | None = None,
    time_transform: str = "km",
) -> CoxResults:
    """Fit a Cox model: hazard = baseline(t) · exp(x β), a baseline a stratum.

    Rows of a person may carry different covariates (time-varying), begin late (left truncation),
    and end with events more than once (Andersen and Gill's model of repeated events).

    Parameters
    ----------
    follow_up : FollowUp
        Its strata have baselines of their own.
    covariates : sequence of str, optional
        All of the follow-up's unless given. Text and categories become contrasts with their first
        level.
    cause : str, optional
        Other causes censor: coefficients are of the cause-specific hazard.
    ties : {"efron", "breslow"}
    robust : bool, optional
        Sandwich standard errors, clustered by person (Lin and Wei 1989). True for repeated events
        and where ``cluster`` is given, False otherwise, unless given.
    cluster : str, optional
        Covariate that names larger clusters, families say, for the robust standard errors.
    weights_are : {"copies", "sampling"}, optional
        A weight w is w equal persons, or one person that counts w times in the sums (with robust
        standard errors). Copies where all weights are whole numbers, sampling otherwise, unless
        given; the results say which.
    time_transform : {"km", "identity", "log", "rank"}
        Time scale of the check of proportional hazards.

    Returns
    -------
    CoxResults

    Raises
    ------
    InputError
        If there are no events, or none that others at risk were spared; if a covariate is constant
        in all risk sets or a linear function of others there; if one cluster is all there is.

    Warns
    -----
    DegenerateSolutionWarning
        Where the likelihood rises for ever in some coefficient (nobody, or everybody, with that
        value has the event first): its estimate is only where the search stopped.

    Notes
    -----
    Cox (1972); Efron (1977) and Breslow (1974) for ties. A person is at risk at u where start < u
    <= stop.
    """
    follow_up = need_follow_up(follow_up)
    check_options(ties, time_transform)
    if weights_are not in (None, "copies", "sampling"):
        raise InputError('weights_are= must be "copies" or "sampling"')
    as_copies = _as_copies(follow_up, weights_are)
    event = event_codes(follow_up, cause) > 0
    if not event.any():
        raise no_events("cox", follow_up, cause)
    design = make_design(
        follow_up.covariates.drop(columns=[cluster] if cluster in follow_up.covariates else []),
        covariates,
    )
    if covariates is None and not design.terms:
        raise InputError(
            "cox: the follow-up has no covariates: name them with covariates= when making it"
        )
    X = design.matrix(follow_up.covariates)
    sets = cox_risk_sets(
        follow_up.start,
        follow_up.stop,
        event,
        follow_up.stratum,
        follow_up.weight,
        ties=ties,
        copies=as_copies,
    )
    _refuse_everybody(sets)
    refuse_many_terms(sets)
    fit = fit_cox(sets, X)
    refuse_no_answer(fit, design)
    sandwich = (follow_up.repeated or cluster is not None) if robust is None else robust
    covariance = None
    if sandwich and len(design.terms):
        groups, by_person = _clusters(follow_up, cluster, sets)
        covariance = clustered_covariance(sets, fit, groups, persons_copied=as_copies and by_person)
    return assemble(
        follow_up,
        design,
        sets,
        fit,
        covariance,
        rests_on(follow_up, design, X, event),
        ties=ties,
        weights="copies" if as_copies else "sampling",
        model="Cox" if not follow_up.repeated else "Andersen–Gill",
        time_transform=time_transform,
    )


def assemble(
    follow_up: FollowUp,
    design: Design,
    sets: CoxRiskSets,
    fit: CoxFit,
    robust_covariance: FloatArray | None,
    persons: RestsOn,
    *,
    ties: str,
    weights: str,
    model: str,
    time_transform: str,
) -> CoxResults:
    """Gather the results of a fitted Cox model."""
    terms = pd.Index(design.terms, name="term")
    naive = np.zeros((0, 0))
    if len(terms):
        naive = np.asarray(np.linalg.inv(fit.information), dtype=np.float64)
    if robust_covariance is not None and fit.converged:
        _refuse_vanishing(naive, robust_covariance, design)
    check = None
    if len(terms) and len(np.unique(sets.time)) > 1:
        g = transformed_time(follow_up, sets, time_transform)
        each, together = proportional_hazards_tests(sets, fit, g)
        check = (each, together, time_transform)
    return CoxResults(
        design=design,
        params=pd.Series(fit.beta, index=terms, name="coef"),
        naive_covariance=pd.DataFrame(naive, index=terms, columns=terms),
        robust_covariance=None
        if robust_covariance is None
        else pd.DataFrame(robust_covariance, index=terms, columns=terms),
        llf=fit.log_likelihood,
        llf_null=fit.log_likelihood_null,
        score_test=fit.null_score_test,
        n_persons=follow_up.n_persons,
        n_events=float(sets.event_weight.sum()),
        ties=ties,
        weights=weights,
        model=model,
        converged=fit.converged,
        n_iter=fit.n_iterations,
        time_unit=follow_up.time_unit,
        strata=follow_up.strata or ("all",),
        curves=baseline(sets, fit, weights == "copies", _ends(follow_up)),
        check=check,
        _persons=persons,
    )


def _ends(follow_up: FollowUp) -> FloatArray:
    """Return the longest follow-up in every stratum."""
    if follow_up.stratum is None:
        return np.array([follow_up.stop.max()])
    ends = np.zeros(len(follow_up.strata))
    np.maximum.at(ends, follow_up.stratum, follow_up.stop)
    return ends


def refuse_no_answer(fit: CoxFit, design: Design) -> None:
    """Raise, or warn, where there is no maximum; name the covariates."""

    def named(which: IntArray) -> str:
        return names([design.terms[p] for p in which])

    if len(fit.constant):
        raise InputError(
            f"cox: {named(fit.constant)} constant in all risk sets: its coefficient cannot be "
            "estimated; leave it out (or out of the strata)"
        )
    if len(fit.collinear):
        raise InputError(
            f"cox: {named(fit.collinear)} in a linear relation in all risk sets: leave one out"
        )
    if len(fit.runaway):
        warnings.warn(
            f"cox: monotone likelihood in {named(fit.runaway)}: the likelihood rises for ever, so "
            "the coefficient has no finite estimate, and its standard error means nothing; merge "
            "levels, leave the covariate out, or report the direction only",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    elif not fit.converged:
        warnings.warn(
            "cox: Newton's method stopped before the maximum; rescale covariates of very "
            "different size, or leave some out",
            DegenerateSolutionWarning,
            stacklevel=3,
        )


def refuse_many_terms(sets: CoxRiskSets) -> None:
    """Refuse weights so large that Efron's sums over tied copies, one by one, fit no memory."""
    number = float(sets.terms.sum())
    if number > MOST_TERMS:
        raise InputError(
            f"cox: weights that are copies make {number:,.0f} tied events, and Efron's method goes "
            'through them one by one: take ties="breslow", or smaller weights'
        )


def _refuse_everybody(sets: CoxRiskSets) -> None:
    """Refuse data in which every event takes all who are at risk: they compare nobody."""
    part, n = sets.parts[0], len(sets.time)
    change = np.bincount(part.lo, minlength=n + 1) - np.bincount(part.hi, minlength=n + 1)
    at_risk = np.cumsum(change)[:n]
    if (at_risk == np.bincount(sets.event_number, minlength=n)).all():
        raise InputError(
            "cox: at every time of an event all who are at risk have it, so nothing says whose "
            "hazard is higher; record times more finely, or follow more persons"
        )


def _refuse_vanishing(naive: FloatArray, robust: FloatArray, design: Design) -> None:
    """Refuse clustered standard errors of 0: scores of one cluster always sum to 0."""
    error = np.sqrt(np.maximum(np.diag(robust), 0.0))
    none = np.flatnonzero(error <= VANISHING * np.sqrt(np.diag(naive)))
    if len(none):
        found = names([design.terms[p] for p in none])
        raise InputError(
            f"cox: only one cluster informs {found}: its scores sum to 0, so clustered standard "
            "errors would be 0 whatever the data are; give finer clusters, or robust=False"
        )


def check_options(ties: str, time_transform: str) -> None:
    """Refuse a way of breaking ties, or a time scale, that does not exist."""
    if ties not in ("efron", "breslow"):
        raise InputError('ties= must be "efron" or "breslow"')
    if time_transform not in TRANSFORMS:
        raise InputError(f"time_transform= must be one of {names(TRANSFORMS)}")


def _as_copies(follow_up: FollowUp, weights_are: str | None) -> bool:
    whole = copies(follow_up)
    if weights_are == "copies" and not whole:
        raise InputError('weights_are="copies" needs whole numbers as weights')
    return whole if weights_are is None else weights_are == "copies"


def _clusters(follow_up: FollowUp, cluster: str | None, sets: CoxRiskSets) -> tuple[IntArray, bool]:
    if cluster is None:
        return follow_up.person[sets.kept], True
    if cluster not in follow_up.covariates.columns:
        raise InputError(
            f"cluster={cluster!r} is no covariate of this follow-up; it has "
            f"{names(follow_up.covariates.columns)}{did_you_mean(cluster, follow_up.covariates)}: "
            "give it with covariates= when making the follow-up"
        )
    codes: Any = pd.factorize(follow_up.covariates[cluster])[0]
    if (codes < 0).any():
        raise InputError(f"cluster={cluster!r} is missing in some rows: fill it in")
    return codes.astype(np.int64)[sets.kept], False
