"""The tables of one fit, the same for the report and for the CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import unprotected
from trajectories.groups.typology_labels import distinct_labels
from trajectories.report.cells import HIDDEN, suppress_small_cells
from trajectories.report.group_cells import (
    suppress_by_group,
    suppress_groups,
    suppress_membership,
    suppress_observed,
    suppress_reasons,
)
from trajectories.report.suppression import minimum_in_force, round_tables

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel

__all__ = ["audit_table", "fit_tables", "group_means"]


def fit_tables(
    results: GroupTrajectoriesResults,
    panel: Panel | None = None,
    *,
    level: float = 0.95,
    minimum_cell: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of a fit by name; none has a row or an id of a person.

    Parameters
    ----------
    results : GroupTrajectoriesResults
        From ``spec.fit(panel)``.
    panel : Panel, optional
        The data fitted; adds ``audit`` and ``observed`` (posterior-weighted means).
    level : float
        Level of the intervals.
    minimum_cell : int, optional
        Counts of persons from 1 to this minus 1 are suppressed, with all that is computed from
        them, and so is everything about a group of so few: its curve, its parameters. 0
        suppresses nothing; by default as ``trajectories.disclosure`` says.

    Returns
    -------
    dict of str to DataFrame
        ``fit``, ``parameters``, ``groups``, ``trajectories``, ``typology`` and, with a panel,
        ``observed`` and ``audit``.
    """
    minimum = minimum_in_force(minimum_cell)
    with unprotected():  # what is suppressed is decided here, with all numbers in sight
        groups = suppress_groups(_groups(results, level), float(results.nobs), minimum)
        parameters = suppress_by_group(_parameters(results, level), groups)
        typology = suppress_reasons(results.typology().reset_index(), groups)
        named = suppress_by_group(typology, groups).set_index("group")
        tables = {
            "fit": _fit(results),
            "parameters": suppress_membership(parameters, groups),
            "groups": groups,
            "trajectories": suppress_by_group(results.trajectories(level=level), groups),
            "typology": named.assign(label=distinct_labels(named)).reset_index(),
        }
        if panel is not None:
            observed = group_means(panel, results.posterior)
            tables["observed"] = suppress_observed(observed, groups, minimum)
            tables["audit"] = audit_table(panel, minimum)
    return round_tables(tables, float(results.nobs))


def _fit(results: GroupTrajectoriesResults) -> pd.DataFrame:
    persons, criterion = float(results.nobs), -0.5
    rows: list[tuple[str, Any]] = [
        ("family", str(results.family)),
        ("degree", results.degree),
        ("number of groups", int(results.n_groups)),
        ("persons", results.nobs),
        ("parameters", int(results.n_params)),
        ("log-likelihood (full, with factorials)", float(results.llf)),
        ("AIC (lower is better)", float(results.aic)),
        ("BIC, n = persons (lower is better)", float(results.bic)),
        ("BIC, n = observed cells (lower is better)", float(results.bic_cells)),
        ("BIC in Nagin's form, n = persons (higher is better)", criterion * results.bic),
        ("BIC in Nagin's form, n = cells (higher is better)", criterion * results.bic_cells),
        ("ICL (lower is better)", float(results.icl)),
        ("relative entropy (1: groups fully apart)", float(results.relative_entropy)),
        ("converged", bool(results.converged)),
        ("reason for stopping", str(getattr(results.stop_reason, "value", results.stop_reason))),
        ("iterations of the best start", int(results.n_iter)),
        ("starts", int(results.n_starts)),
        ("starts run to the end", int(results.n_finished)),
        ("starts that reached the best value", int(results.n_replicated)),
    ]
    if persons.is_integer():
        rows[3] = ("persons", int(persons))
    return pd.DataFrame(
        {
            "quantity": [name for name, _ in rows],
            "value": pd.Series([value for _, value in rows], dtype=object),
        }
    )


def _parameters(results: GroupTrajectoriesResults, level: float) -> pd.DataFrame:
    bounds = results.conf_int(level=level)
    table = pd.DataFrame(
        {
            "estimate": results.params,
            "standard_error": results.bse,
            "lower": bounds.iloc[:, 0],
            "upper": bounds.iloc[:, 1],
        }
    )
    return table.reset_index()


def _groups(results: GroupTrajectoriesResults, level: float) -> pd.DataFrame:
    table = results.adequacy(level=level).reset_index()
    place = list(table.columns).index("assigned_share")
    persons = (table["assigned_share"] * results.nobs).round()
    table.insert(place, "assigned_persons", persons.astype("int64"))
    return table


def group_means(panel: Panel, posterior: pd.DataFrame) -> pd.DataFrame:
    """Return the observed mean of each group at each age, persons weighted by their posterior.

    Σᵢ wᵢ rᵢₖ yᵢₜ / Σᵢ wᵢ rᵢₖ eᵢₜ over observed cells: offences per year free.

    Parameters
    ----------
    panel : Panel
        N units, T ages.
    posterior : DataFrame of shape (N, K)
        Rows in the order of the panel, columns the groups.

    Returns
    -------
    DataFrame
        ``group``, ``age``, ``mean``, ``persons`` (expected number observed). A group that nobody
        is observed in at an age has no row there.
    """
    weighted = posterior.to_numpy(dtype=float)
    if panel.weights is not None:
        weighted = weighted * panel.weights[:, np.newaxis]
    seen = np.ones(panel.outcomes.shape) if panel.observed is None else panel.observed.astype(float)
    exposure = seen if panel.exposure is None else panel.exposure
    events, years, persons = (weighted.T @ part for part in (panel.outcomes, exposure, seen))
    n_groups, n_ages = events.shape
    table = pd.DataFrame(
        {
            "group": np.repeat(posterior.columns.to_numpy(), n_ages),
            "age": np.tile(panel.ages, n_groups),
            "mean": np.divide(events, years, out=np.zeros_like(events), where=years > 0).ravel(),
            "persons": persons.ravel(),
        }
    )
    seen_at_all: pd.DataFrame = table[years.ravel() > 0].reset_index(drop=True)
    return seen_at_all


def audit_table(panel: Panel, minimum_cell: int | None = None) -> pd.DataFrame:
    """Return ``panel.audit()`` with small numbers of persons suppressed, and all but so few."""
    minimum_cell = minimum_in_force(minimum_cell)
    derived = ["cells", "rate", "value"]
    with unprotected():
        audit = panel.audit()
    table = suppress_small_cells(audit, ["units"], minimum_cell=minimum_cell, derived=derived)
    others = panel.n_units - audit["units"]
    few = others.gt(0) & others.lt(minimum_cell)
    hidden = table["units"].map(lambda value: isinstance(value, str))
    if (few & ~hidden).any():
        shown = hidden | ~few
        table["units"] = table["units"].astype(object).where(shown, "not shown")
        for column in derived:
            table[column] = table[column].astype(object).where(shown, HIDDEN)
    return table
