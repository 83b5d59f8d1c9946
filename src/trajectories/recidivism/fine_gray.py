"""Fine and Gray's model of a cumulative incidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.cox_fit import fit_cox
from trajectories.numerics.cox_residuals import clustered_covariance
from trajectories.numerics.cox_risk_sets import cox_risk_sets
from trajectories.numerics.observation import observation_weights
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.cox import assemble, check_options, refuse_many_terms, refuse_no_answer
from trajectories.recidivism.cox_results import CoxResults
from trajectories.recidivism.design import make_design
from trajectories.recidivism.few_persons import rests_on
from trajectories.recidivism.follow_up_input import cause_number, copies, need_single, no_events


def fine_gray(
    follow_up: FollowUp,
    covariates: Sequence[str] | None = None,
    cause: str | None = None,
    ties: str = "efron",
    time_transform: str = "km",
) -> CoxResults:
    """Fit a proportional model of the hazard behind the cumulative incidence of a cause.

    Who met another cause stays in the risk sets, with the probability of still being under
    observation, so that exp(coefficient) is a ratio of subdistribution hazards: its sign says
    whether the incidence is higher, its size has no meaning for a person.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events, with at least two causes and without strata. Covariates of who met
        another cause stay as they were then.
    covariates, cause, ties, time_transform
        As for ``cox``.

    Returns
    -------
    CoxResults
        With errors clustered by person. ``survival(profiles)`` gives one minus the cumulative
        incidence.

    Raises
    ------
    InputError
        As for ``cox``, and where no cause competes.

    Notes
    -----
    Fine and Gray (1999), with weights G(t-)/G(T-) after another event at T, G the Kaplan–Meier
    estimate of remaining uncensored, events before censorings at the same time; with late entry
    times H(t-)/H(T-), H the product-limit estimate of having entered (Geskus 2011). That is the
    convention of ``finegray`` in R's survival package. The standard errors take the weights for
    known; R's cmprsk adds the small part that comes from estimating G.
    """
    follow_up = need_single(follow_up, "fine_gray")
    if follow_up.stratum is not None:
        raise InputError("fine_gray: strata are not supported; make the stratum a covariate")
    check_options(ties, time_transform)
    number = cause_number(follow_up, cause)
    event = follow_up.cause == number
    other = (follow_up.cause > 0) & ~event
    if not event.any():
        raise no_events("fine_gray", follow_up, cause)
    if not other.any():
        raise InputError("fine_gray: no competing events: use cox, which is the same model then")
    design = make_design(follow_up.covariates, covariates)
    times = np.unique(follow_up.stop[event])
    observed = observation_weights(
        follow_up.start,
        follow_up.stop,
        follow_up.cause > 0,
        follow_up.person,
        follow_up.weight,
    )
    share = np.zeros(follow_up.n_rows)
    share[other] = 1.0 / observed(follow_up.stop[other])
    as_copies = copies(follow_up)
    sets = cox_risk_sets(
        follow_up.start,
        follow_up.stop,
        event,
        None,
        follow_up.weight,
        ties=ties,
        copies=as_copies,
        kept_on=(other, share, observed(times)),
    )
    X = design.matrix(follow_up.covariates)
    refuse_many_terms(sets)
    fit = fit_cox(sets, X)
    refuse_no_answer(fit, design)
    covariance = None
    if len(design.terms):
        person = follow_up.person[sets.kept]
        covariance = clustered_covariance(sets, fit, person, persons_copied=as_copies)
    return assemble(
        follow_up,
        design,
        sets,
        fit,
        covariance,
        rests_on(follow_up, design, X, event),
        ties=ties,
        weights="copies" if as_copies else "sampling",
        model="Fine–Gray",
        time_transform=time_transform,
    )
