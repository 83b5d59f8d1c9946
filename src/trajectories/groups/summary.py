"""The printed summary of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure, number_in_words
from trajectories.groups.group_sizes import effects_of_few, hidden_groups, slopes_of_few
from trajectories.groups.inference.sandwich import in_words
from trajectories.groups.information_criteria import criteria_lines
from trajectories.numerics.types import BoolArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def summarise(results: GroupTrajectoriesResults) -> str:
    """Return fit, criteria, groups and parameters as text of at most 90 columns."""
    return "\n\n".join(
        [
            _head(results),
            criteria_lines(results),
            _groups(results),
            _parameters(results),
            _foot(results),
        ]
    )


def _head(results: GroupTrajectoriesResults) -> str:
    lines = [
        "Group-based trajectory model",
        f"  {results.n_groups} groups, {results.family}, degree {results.degree}",
        f"  {results.nobs:,.0f} persons, {results.cells_in_words()}, "
        f"ages {results.ages[0]:g} to {results.ages[-1]:g}, {results.unit}",
        f"  stopped: {results.stop_reason} after {results.n_iter} steps, "
        f"largest score per person {results.gradient:.1e}",
        f"  starts: {results.n_replicated} of {results.n_finished} best of {results.n_starts} "
        "reached this value",
    ]
    lines += _covariates(results)
    membership = results.model.membership
    if membership is not None:
        number = number_in_words(membership.n_missing, "")
        left_out = f"; {number} left out, a covariate missing"
        lines.append(
            f"  membership: {membership.formula}{left_out if membership.n_missing else ''}"
        )
    lines += [f"  note: {note}" for note in results.notes]
    return "\n".join(lines)


def _covariates(results: GroupTrajectoriesResults) -> list[str]:
    covariates = results.model.covariates
    if covariates is None:
        return []
    named = [
        f"{name} (the same in all groups)" if common else name
        for name, common in zip(covariates.names, covariates.common, strict=True)
    ]
    return [
        f"  time-varying covariates in the curves: {', '.join(named)}",
        f"  curves are reported with {covariates.in_words()}",
    ]


def _groups(results: GroupTrajectoriesResults) -> str:
    table = results.adequacy()
    names = results.typology()["label"]
    if names.notna().any():
        table.insert(0, "name", [name if isinstance(name, str) else "-" for name in names])
    return "Groups\n" + _indent(table.round(4).to_string())


def _parameters(results: GroupTrajectoriesResults) -> str:
    table = pd.concat([results.params, results.bse, results.conf_int()], axis=1)
    table = _without_hidden(results, table)
    body = _indent(table.to_string(float_format=lambda value: f"{value:.6g}"))
    errors = f"  covariance: {in_words(results)}"
    terms = "powers of age" if results.model.bases[0].is_polynomial else "an orthonormal basis"
    against = results.model.reference
    heading = f"Parameters (logits against group {against}; {terms}; group 0: all groups)"
    return f"{heading}\n{body}\n{errors}"


def _without_hidden(results: GroupTrajectoriesResults, table: pd.DataFrame) -> pd.DataFrame:
    """Return parameters without curves of small groups, and without logits that tell sizes."""
    if not disclosure.is_on:
        return table
    sizes, curves = hidden_groups(results), hidden_groups(results, adds_up=False)
    group, part, term = (table.index.get_level_values(name) for name in ("group", "part", "term"))
    is_logit = part == "membership"
    # logits are against a group: where its share is hidden, each would tell it
    against = results.model.reference in sizes
    gone = group.isin(curves) | (is_logit & (group.isin(sizes) | against))
    gone |= is_logit & _rest_on_few(results, group, term)
    for name, own in zip(results.time_varying, effects_of_few(results), strict=True):
        # without its effect, the rest of a curve still tells what is left of the average
        gone |= ~is_logit & ((term == name) | (term == "intercept")) & _in(group, own)
    shown = table.mask(pd.Series(gone, index=table.index))
    # a standard error tells how many persons it rests on
    shown.loc[group.isin(sizes), shown.columns[1:]] = np.nan
    return shown


def _rest_on_few(
    results: GroupTrajectoriesResults, group: pd.Index[Any], term: pd.Index[Any]
) -> BoolArray:
    """Tell which logits rest on few persons: slopes, and intercepts where any slope does."""
    few, membership = slopes_of_few(results), results.model.membership
    if membership is None or not few.any():
        return np.zeros(len(term), dtype=bool)
    either = few | few[:, [results.model.reference - 1]]
    rows = {name: either[m] for m, name in enumerate(membership.columns)}
    rows["intercept"] = either.any(axis=0)
    pairs = zip(term, group, strict=True)
    return np.array([name in rows and bool(rows[name][k - 1]) for name, k in pairs], dtype=bool)


def _groups_of(few: BoolArray) -> list[int]:
    return [int(k) + 1 for k in np.flatnonzero(few.any(axis=0))]


def _in(group: pd.Index[Any], own: BoolArray) -> BoolArray:
    """Tell which rows are of a group with few; group 0 is all of them."""
    groups = [*_groups_of(own[None]), *([0] if own.all() else [])]
    return np.asarray(group.isin(groups))


def _foot(results: GroupTrajectoriesResults) -> str:
    return (
        f"trajectories {results.version}, seed {results.seed}. Groups summarise careers; they are "
        "not a label\nthat a person is."
    )


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
