"""How many persons stand behind each group, for disclosure control."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosure, protect_by_group
from trajectories.disclosure_control.secondary import is_small
from trajectories.errors import InputError
from trajectories.groups.covariate_cells import CovariateCells
from trajectories.groups.model import ALL_GROUPS
from trajectories.numerics.types import BoolArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

KEYS = ("measure", "variable", "contrast", "covariate", "group", "age", "part", "term", "replicate")
"""What a row of a table by group may be about; ``level`` is a number here."""
WIDTH = ("lower", "upper", "standard_error")
"""Numbers that tell how many persons another number rests on."""
TOO_FEW = "too few persons to say"
FEW = 0.5
"""Persons of what is not to be shown: fewer than any minimum."""


def persons_by_group(results: GroupTrajectoriesResults) -> pd.Series[Any]:
    """Return the smaller of the persons expected in each group and those assigned to it, if any.

    A loaded model holds no persons: then those expected.
    """
    sizes = _expected_or_assigned(results)
    if disclosure.is_on and getattr(results.model, "time_varying", None):
        # a curve at a chosen value of a covariate is that of the persons who have it
        return sizes.mask(chosen_by_few(results), np.minimum(sizes, FEW))
    return sizes


def chosen_by_few(results: GroupTrajectoriesResults) -> BoolArray:
    """Return for which groups curves stand at a chosen value of a covariate that few ever had."""
    covariates = results.model.covariates
    if covariates is None or not any(covariates.chosen):
        return np.zeros(results.n_groups, dtype=bool)
    own = np.array(covariates.chosen) & ~np.array(covariates.common)
    return np.asarray(effects_of_few(results)[own].any(axis=0))


def slopes_of_few(results: GroupTrajectoriesResults) -> BoolArray:
    """Return which slopes of membership covariates rest on few persons under the switch, (M, K)."""
    membership = results.model.membership
    n_columns = 0 if membership is None else membership.n_covariates
    return _of_few(results._cells, n_columns, results.n_groups)


def effects_of_few(results: GroupTrajectoriesResults) -> BoolArray:
    """Return which effects of time-varying covariates rest on few persons, (C, K).

    Of an effect that all groups share, whether it rests on few persons of all groups together.
    """
    covariates, cells = results.model.covariates, results._varying
    if covariates is None:
        return np.zeros((0, results.n_groups), dtype=bool)
    found = _of_few(cells, len(covariates.names), results.n_groups)
    if cells is not None:
        common = np.array(covariates.common, dtype=bool)
        found[common] = cells.withheld_overall()[common, None]
    return found


def without_averages_of_few(results: GroupTrajectoriesResults, table: pd.DataFrame) -> pd.DataFrame:
    """Return curves without the average of a covariate at ages where few persons differ in it.

    The average of a covariate of two values, times the persons, is how many have it.
    """
    covariates, cells = results.model.covariates, results._varying
    if covariates is None or MARK not in table.columns or not disclosure.minimum_cell:
        return table
    for j, name in enumerate(covariates.names):
        if covariates.chosen[j]:
            continue
        grid = covariates.ages
        few = np.ones(len(grid))
        if cells is not None and cells.by_age is not None and len(grid) == cells.by_age.shape[1]:
            few = is_small(cells.by_age[j], disclosure.minimum_cell).astype(float)
        elif cells is not None:
            few[:] = cells.withheld_overall()[j]
        near = np.interp(table["age"].to_numpy(dtype=float), grid, few) > 0
        table[name] = table[name].mask(near)
    return table


def _of_few(cells: CovariateCells | None, n_columns: int, n_groups: int) -> BoolArray:
    """Return what is withheld; all, where nobody knows: of a loaded fit, or one on a cluster."""
    if not disclosure.minimum_cell:
        return np.zeros((n_columns, n_groups), dtype=bool)
    return np.ones((n_columns, n_groups), dtype=bool) if cells is None else cells.withheld(n_groups)


def without_rows(table: pd.DataFrame, gone: BoolArray, keys: Iterable[Any]) -> pd.DataFrame:
    """Return a table by group without the numbers of some rows, marked as suppressed."""
    if not disclosure.is_on or not gone.any():
        return table
    found = table.copy()
    before = found[MARK].to_numpy(dtype=bool) if MARK in found.columns else False
    for name in found.columns:
        if name not in {*keys, MARK} and pd.api.types.is_numeric_dtype(found[name]):
            found[name] = found[name].mask(gone)
    if "reason" in found.columns:
        found["reason"] = found["reason"].mask(gone, TOO_FEW)
    return found.assign(**{MARK: gone | before})


def _expected_or_assigned(results: GroupTrajectoriesResults) -> pd.Series[Any]:
    expected = results.group_probabilities * float(results.nobs)
    try:
        assigned = results.assignments["group"].value_counts().reindex(expected.index).fillna(0.0)
    except InputError:
        return expected
    fewer = np.minimum(expected, assigned)
    return expected.where(assigned == 0, fewer)


def shown_by_group(
    results: GroupTrajectoriesResults, table: pd.DataFrame, name: str, adds_up: bool = False
) -> pd.DataFrame:
    """Return a table by group as it may be shown, reasons of hidden groups left out too.

    A row of the group ``all`` counts everybody.
    """

    def sizes() -> pd.Series[Any]:
        counts = persons_by_group(results).astype(object)
        counts["all"] = counts[ALL_GROUPS] = float(results.nobs)
        return counts

    shown = protect_by_group(table, sizes, adds_up=adds_up, name=name, keys=KEYS)
    if MARK in shown.columns and "reason" in shown.columns:
        shown["reason"] = shown["reason"].mask(shown[MARK], TOO_FEW)
    return shown


def without_width(results: GroupTrajectoriesResults, table: pd.DataFrame) -> pd.DataFrame:
    """Return curves without the limits of groups whose size is hidden for the sake of another.

    The width of a band tells the number of persons: a Poisson rate m over T ages of n persons has a
    standard error of 1 / sqrt(n T m) on the log.
    """
    rows = table["group"].isin(hidden_groups(results))
    return table.assign(**{name: table[name].mask(rows) for name in WIDTH if name in table})


def hidden_groups(results: GroupTrajectoriesResults, adds_up: bool = True) -> list[int]:
    """Return the groups that are hidden under the switch; none where it is off.

    With ``adds_up`` those whose size must not be told, which may be more than the small ones.
    """
    if not disclosure.is_on:
        return []
    sizes = results.group_probabilities.rename("share").reset_index()
    shown = shown_by_group(results, sizes, "groups", adds_up=adds_up)
    return [] if MARK not in shown else [int(group) for group in shown["group"][shown[MARK]]]
