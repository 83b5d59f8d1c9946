"""Wald tests about curves: equal between groups, one degree lower, equally dispersed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.inference.draws import mean_channels
from trajectories.groups.inference.wald import packed_test
from trajectories.groups.inference.withheld import group_columns
from trajectories.groups.model import Model
from trajectories.groups.time_varying import CurveWithCovariates
from trajectories.numerics.basis import power_names
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

METHOD = "Wald test"

ONE_GROUP = (
    "under this null the two groups are one and the model has a group too many, where the "
    "chi-squared distribution does not hold exactly; decide on the number of groups by the "
    "bootstrap likelihood-ratio test"
)


def equal_curves(
    results: GroupTrajectoriesResults, first: int, second: int, shape_only: bool = False
) -> HypothesisTest | InapplicableTest:
    """Test that two groups have the same curve of the mean.

    Every channel that the mean depends on is compared at the fitted ages, and so is the effect
    of every time-varying covariate.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    first, second : int
        Groups, from 1.
    shape_only : bool
        Test only that the curves are parallel on the scale of the first channel: the groups may
        differ by a constant there. This null is a regular one.

    Raises
    ------
    InputError
        For groups that do not exist, or twice the same.
    """
    one, other = _group(results, first), _group(results, second)
    if one == other:
        raise InputError(f"group {first} has the same curve as itself: name two groups")
    own, shared = mean_channels(results), set(results.family.common_channels())
    name, *others = [
        channel
        for channel, used in zip(results.family.channels, own, strict=True)
        if used and channel not in shared
    ]
    null = f"groups {first} and {second} have the same curve: equal {' and '.join([name, *others])}"
    if shape_only:
        same = f", and equal {' and '.join(others)}" if others else ""
        null = f"the curves of groups {first} and {second} are parallel in {name}{same}"
    if own_effects := _own_effects(results.model):
        null += f", with equal effects of {' and '.join(own_effects)}"
    for k in (one, other):
        if results.model.degree[k] < 0:
            reason = f"group {k + 1} is fixed at a rate of zero and has no parameters"
            return InapplicableTest(null, METHOD, reason)
    degrees = results.model.degrees
    for channel in np.flatnonzero(own):
        if (degrees[one][channel] < 0) != (degrees[other][channel] < 0):
            reason = (
                f"only one of them has {results.family.channels[channel]}: compare fits instead"
            )
            return InapplicableTest(null, METHOD, reason)
    contrast = _contrast(results, one, other, shape_only)
    matrix = np.zeros((len(contrast), len(results.withheld)))
    matrix[:, group_columns(results, one)] = contrast
    matrix[:, group_columns(results, other)] = -contrast
    if not len(matrix):
        return InapplicableTest(null, METHOD, "both curves are constants, so they are parallel")
    alike = own | np.isin(results.family.channels, list(shared))
    caution = ONE_GROUP if alike.all() and not shape_only else ""
    return packed_test(results, matrix, np.zeros(len(matrix)), null, caution)


def highest_degree(
    results: GroupTrajectoriesResults, group: int | None = None
) -> HypothesisTest | InapplicableTest:
    """Test that the highest power of age in the curve of a group, or of every group, is zero.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    group : int, optional
        From 1; unless told, all groups at once, those whose curve is a constant left out.

    Raises
    ------
    InputError
        For a group that does not exist.
    """
    wanted = range(results.n_groups) if group is None else [_group(results, group)]
    curved = [k for k in wanted if results.model.degree[k] > 0]
    powers = power_names(max(results.model.degree))
    terms = [f"{powers[results.model.degree[k]]} of group {k + 1}" for k in curved]
    name = results.family.channels[0]
    null = f"the highest term of the {name} curve is zero: {', '.join(terms)}"
    if not results.model.bases[0].is_polynomial:
        null = f"the highest power of age in the {name} curve is zero"
        reason = "the curve is a spline, whose terms are no powers of age; compare fits instead"
        return InapplicableTest(null, METHOD, reason)
    if not curved:
        null = f"the highest power of age in the {name} curve is zero"
        return InapplicableTest(
            null, METHOD, "the curve is a constant and has no term to leave out"
        )
    matrix = np.zeros((len(curved), len(results.withheld)))
    for row, k in enumerate(curved):
        # in the orthonormal basis the highest coefficient is zero exactly when that power's is
        matrix[row, group_columns(results, k).start + results.model.degree[k]] = 1.0
    return packed_test(results, matrix, np.zeros(len(matrix)), null)


def equal_dispersion(results: GroupTrajectoriesResults) -> HypothesisTest | InapplicableTest:
    """Test that the number that says how outcomes scatter around the curve is equal in all groups.

    It is the channel with one number per group besides the curve: the log of a negative binomial's
    dispersion, of a normal's standard deviation, of a beta's precision, or of tau.
    """
    family = results.family
    scalar = [
        channel
        for channel, basis in list(zip(family.channels, results.model.bases, strict=True))[1:]
        if channel.startswith("log_") and basis.evaluate(results.ages).shape[1] == 1
    ]
    null = f"{' and '.join(scalar) or 'the dispersion'} is the same in all groups"
    if not scalar:
        reason = f"family {family.name!r} has no number for the scatter within a group"
        return InapplicableTest(null, METHOD, reason)
    if results.n_groups == 1:
        return InapplicableTest(null, METHOD, "there is a single group")
    if set(scalar) <= set(family.common_channels()):
        reason = "the groups share one by the model; fit one per group to test it"
        return InapplicableTest(null, METHOD, reason)
    estimated = [k for k in range(results.n_groups) if results.model.degree[k] >= 0]
    rows = []
    for channel in scalar:
        column = int(np.flatnonzero(results.model.columns((channel,)))[0])
        for one, other in pairwise(estimated):
            row = np.zeros(len(results.withheld))
            row[group_columns(results, one).start + column] = 1.0
            row[group_columns(results, other).start + column] = -1.0
            rows.append(row)
    return packed_test(results, np.array(rows), np.zeros(len(rows)), null)


def _contrast(
    results: GroupTrajectoriesResults, one: int, other: int, shape_only: bool
) -> FloatArray:
    """Return what has to be equal in two groups' parameters, shape (m, Q).

    The rows span the channels that the mean depends on, at the fitted ages; for the shape the
    first channel's average over the ages is taken out.
    """
    model = results.model
    needed = mean_channels(results)
    rows = [np.zeros((0, model.n_group_parameters))]
    for place, channel in enumerate(results.family.channels):
        if not needed[place] or channel in results.family.common_channels():
            continue
        design = _rows(model, place, results.ages, shape_only)
        columns = model.columns((channel,))
        used = np.asarray(model.active()[[one, other]].any(axis=0))[columns]
        block = _row_space(design[:, used])
        padded = np.zeros((len(block), model.n_group_parameters))
        padded[:, np.flatnonzero(columns)[used]] = block
        rows.append(padded)
    return np.concatenate(rows)


def _own_effects(model: Model) -> list[str]:
    """Return the covariates whose effect is each group's own."""
    covariates = model.covariates
    if covariates is None:
        return []
    pairs = zip(covariates.names, covariates.common, strict=True)
    return [name for name, common in pairs if not common]


def _rows(model: Model, place: int, ages: FloatArray, shape_only: bool) -> FloatArray:
    """Return what is compared of a channel: the curve at each age, and each covariate's effect.

    Effects that all groups share are equal anyway.
    """
    basis = model.bases[place]
    if not isinstance(basis, CurveWithCovariates):
        design = basis.evaluate(ages)
        return design - design.mean(axis=0) if shape_only and place == 0 else design
    curve = basis.curve.evaluate(ages)
    own = np.eye(len(basis.covariates.names))[~np.array(basis.covariates.common)]
    above = curve - curve.mean(axis=0) if shape_only else curve
    design = np.zeros((len(above) + len(own), basis.n_terms))
    design[: len(above), : above.shape[1]] = above
    design[len(above) :, above.shape[1] :] = own
    return design


def _group(results: GroupTrajectoriesResults, group: int) -> int:
    """Return a group counted from 0.

    Raises
    ------
    InputError
        If it is no whole number from 1 to K.
    """
    whole = isinstance(group, int | np.integer) and not isinstance(group, bool)
    if not whole or not 1 <= group <= results.n_groups:
        raise InputError(f"group must be one of 1 to {results.n_groups}, not {group!r}")
    return int(group) - 1


def _row_space(design: FloatArray) -> FloatArray:
    """Return a basis of the rows of a matrix (T, P), shape (rank, P)."""
    _, sizes, rows = np.linalg.svd(design, full_matrices=False)
    return np.asarray(rows[sizes > 1e-9 * max(sizes.max(initial=0.0), 1.0)])
