"""Likelihood-ratio tests of one fit against a larger one that contains it.

Twice the difference of the log-likelihoods is chi-squared with as many degrees of freedom as
parameters were added, if the smaller model is a point inside the larger one. It is not for another
number of groups, where a probability is zero or parameters are not identified, and not where the
smaller model is an edge of the larger (a dispersion of zero), except for a single such parameter.

Sources: Wilks (1938), Annals of Mathematical Statistics 9(1), 60-62; at an edge Self and Liang
(1987), Journal of the American Statistical Association 82(398), 605-610; for the number of groups
McLachlan (1987), Journal of the Royal Statistical Society C 36(3), 318-324.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from trajectories.errors import InputError
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.hypotheses import (
    HypothesisTest,
    InapplicableTest,
    chi_squared,
    half_chi_squared,
)

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

METHOD = "likelihood-ratio test"

ON_THE_EDGE = {
    ("poisson", "negbin"): "no dispersion beyond the Poisson",
    ("zip", "zinb"): "no dispersion beyond the Poisson in the counts",
    ("poisson", "zip"): "no extra zeros",
    ("negbin", "zinb"): "no extra zeros",
}
"""Smaller and larger family → what the null says; the smaller is an edge of the larger."""

ROUNDING = 1e-6
"""Likelihoods may differ by this share because they were maximised by numbers."""

OF_GROUPS = frozenset({"inflation_degree", "dispersion", "sigma", "precision"})
"""Settings of a family that ``channel_degrees`` and ``common_channels`` already speak of."""


def likelihood_ratio_test(
    full: GroupTrajectoriesResults, restricted: GroupTrajectoriesResults
) -> HypothesisTest | InapplicableTest:
    """Test a smaller model against this one, both fitted to the same panel.

    Parameters
    ----------
    full, restricted : GroupTrajectoriesResults

    Raises
    ------
    InputError
        If the two were visibly not fitted to the same panel, or have the same number of
        parameters.
    """
    _check_same_panel(full, restricted)
    df = full.n_params - restricted.n_params
    if df < 1 and full.n_groups == restricted.n_groups:
        raise InputError(
            f"the restricted model has {restricted.n_params} parameters and this one "
            f"{full.n_params}: call the test on the larger of two nested models"
        )
    null = (
        f"the data follow {restricted.n_groups} groups of {restricted.family}, degree "
        f"{restricted.degree}{_effects_in_words(restricted)}, and not the larger {full.family}, "
        f"degree {full.degree}{_effects_in_words(full)}"
    )
    why_not = _not_nested(full, restricted)
    if why_not:
        return InapplicableTest(null, METHOD, why_not)
    statistic = 2 * (full.llf - restricted.llf)
    if statistic < -ROUNDING * abs(full.llf):
        reason = (
            f"the restricted fit has a log-likelihood {-statistic / 2:.4f} higher, so the larger "
            "one is not at its maximum: fit it with more starts"
        )
        return InapplicableTest(null, METHOD, reason)
    statistic = max(statistic, 0.0)
    edge = ON_THE_EDGE.get((restricted.family.name, full.family.name))
    usable = (StopReason.CONVERGED, StopReason.BOUNDARY) if edge else (StopReason.CONVERGED,)
    for results, name in ((full, "larger"), (restricted, "restricted")):
        if results.stop_reason not in usable:
            reason = f"the {name} fit stopped at {results.stop_reason}: {'; '.join(results.notes)}"
            return InapplicableTest(null, METHOD, reason)
    if edge is None:
        return chi_squared(null, METHOD, statistic, df)
    null = f"{null}: {edge}"
    if df > 1:
        reason = (
            f"the null puts {df} parameters on the edge of their range, where the statistic is not "
            "chi-squared; compare BIC, or simulate from the restricted fit"
        )
        return InapplicableTest(null, METHOD, reason)
    return half_chi_squared(null, METHOD, statistic, "the null is on the edge of the larger model")


def _check_same_panel(full: GroupTrajectoriesResults, restricted: GroupTrajectoriesResults) -> None:
    if not hasattr(restricted, "llf") or not hasattr(restricted, "n_cells"):
        raise InputError(
            f"a fitted model is needed to compare with, not a {type(restricted).__name__}"
        )
    for name, what in (("nobs", "persons"), ("n_cells", "observed cells")):
        one, other = getattr(full, name), getattr(restricted, name)
        if abs(one - other) > 1e-9 * one:
            raise InputError(
                f"the fits are not of one panel: {one:g} and {other:g} {what}; fit both to the same"
            )
    same_ages = full.ages.shape == restricted.ages.shape and (full.ages == restricted.ages).all()
    if not same_ages or full.has_exposure != restricted.has_exposure:
        raise InputError(
            "the fits are not of one panel: other ages, or only one has exposure; fit both to the "
            "same"
        )


def _not_nested(full: GroupTrajectoriesResults, restricted: GroupTrajectoriesResults) -> str:
    """Return why the restricted model is no part of the full one; empty if it is."""
    if full.n_groups != restricted.n_groups:
        return (
            f"{restricted.n_groups} groups against {full.n_groups} is no chi-squared test: under "
            "the null a group is empty or two are the same; use the bootstrap likelihood-ratio test"
        )
    pair = (restricted.family.name, full.family.name)
    if pair[0] != pair[1] and pair not in ON_THE_EDGE:
        return f"family {pair[0]!r} is not contained in {pair[1]!r}: compare BIC"
    one, other = restricted.family, full.family
    if one.name == other.name:
        if not set(one.common_channels()) >= set(other.common_channels()):
            return "the restricted model has numbers of its own per group that the larger shares"
        fixed = [
            {name: value for name, value in family.settings().items() if name not in OF_GROUPS}
            for family in (one, other)
        ]
        if fixed[0] != fixed[1]:
            return "the two families have other settings, so neither contains the other"
    lacking = set(_covariates(restricted)) - set(_covariates(full))
    if lacking:
        return (
            f"the restricted model has {len(lacking)} membership covariates that the larger one "
            "has not"
        )
    if not _same_bases(full, restricted):
        return "the curves have other bases (spline, knots): neither contains the other"
    if reason := _covariates_not_nested(full, restricted):
        return reason
    smaller, larger = _degrees(restricted, full), _degrees(full, full)
    fits = np.asarray((smaller[:, None] <= larger[None]).all(axis=2))
    rows, columns = linear_sum_assignment((~fits).astype(float))
    if not fits[rows, columns].all():
        return "some degree of the restricted model is higher than that of the larger one"
    return ""


def _effects_in_words(results: GroupTrajectoriesResults) -> str:
    """Name the time-varying covariates of a model; empty without any."""
    covariates = results.model.covariates
    if covariates is None:
        return ""
    named = [
        f"{name} in common" if common else name
        for name, common in zip(covariates.names, covariates.common, strict=True)
    ]
    return f", effects of {' and '.join(named)}"


def _covariates_not_nested(
    full: GroupTrajectoriesResults, restricted: GroupTrajectoriesResults
) -> str:
    """Return why the restricted model's covariates are no part of the full one's; empty if so."""
    larger, smaller = full.model.covariates, restricted.model.covariates
    if smaller is None:
        return ""
    own = {} if larger is None else dict(zip(larger.names, larger.common, strict=True))
    for name, common in zip(smaller.names, smaller.common, strict=True):
        if name not in own:
            return f"the restricted model has the covariate {name!r}, which the larger lacks"
        if own[name] and not common:
            return f"the restricted model has an effect of {name!r} per group, the larger one"
    return ""


def _covariates(results: GroupTrajectoriesResults) -> tuple[str, ...]:
    membership = results.model.membership
    return () if membership is None else membership.columns


def _degrees(results: GroupTrajectoriesResults, like: GroupTrajectoriesResults) -> np.ndarray:
    """Return the degree of each channel that ``like`` has, by group; -1 without it, (K, q)."""
    family = results.family
    rows = []
    for degrees in results.model.degrees:
        own = dict(zip(family.channels, degrees, strict=True))
        rows.append([own.get(channel, -1) for channel in like.family.channels])
    return np.array(rows)


def _same_bases(full: GroupTrajectoriesResults, restricted: GroupTrajectoriesResults) -> bool:
    one, other = full.model.bases[0], restricted.model.bases[0]
    if one.is_polynomial or other.is_polynomial:
        return one.is_polynomial and other.is_polynomial
    designs = one.evaluate(full.ages), other.evaluate(full.ages)
    return designs[0].shape == designs[1].shape and bool(np.allclose(*designs))
