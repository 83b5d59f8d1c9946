"""Average marginal effects of covariates on the group probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.groups.inference.withheld import why
from trajectories.groups.membership.terms import Membership
from trajectories.numerics.membership import ShareAverages, share_averages
from trajectories.numerics.normal import normal_quantile

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel

STEP = 1e-4
"""Half the distance, in standard deviations, over which a derivative is taken."""


def marginal_effects(
    results: GroupTrajectoriesResults, terms: Membership, panel: Panel, level: float
) -> pd.DataFrame:
    """Return by how much each variable changes the group probabilities, averaged over persons.

    Of a number: the mean over persons of the derivative of pi_k. Of a category, or a number that
    takes two values: the mean of pi_k with everybody in this category less that with everybody in
    the reference one, the other covariates as they are. Terms that share the variable
    (interactions, powers) change with it. Errors by the delta method, the persons' covariates
    counting as known; the effects of a variable add up to zero over groups.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    terms : Membership
    panel : Panel
        The one that was fitted, with its covariates.
    level : float

    Returns
    -------
    DataFrame
        variable, contrast (``d/dx``, or ``value against value``), group, effect, standard_error,
        lower, upper, reason.
    """
    quantile = normal_quantile(level)
    panel, _ = mixture_of(results, panel)
    assert panel.unit_covariates is not None  # mixture_of encoded them
    frame = panel.unit_covariates[terms.design.variables].reset_index(drop=True)
    rows: list[dict[str, Any]] = []
    for variable in terms.design.variables:
        for contrast, high, low, width in _contrasts(frame[variable], terms, variable):
            above, below = (
                _average(results, terms, frame.assign(**{variable: value}), panel)
                for value in (high, low)
            )
            effect = (above.share - below.share) / width
            gradient = (above.gradient - below.gradient) / width
            variance = np.einsum("kd,de,ke->k", gradient, results.covariance, gradient)
            error = np.sqrt(np.maximum(variance, 0.0))
            unknown = results.withheld & results.model.free()
            lost = bool((unknown & (gradient != 0).any(axis=0)).any())
            if lost:
                error[:] = np.nan
            for k in range(results.n_groups):
                rows.append(
                    {
                        "variable": variable,
                        "contrast": contrast,
                        "group": k + 1,
                        "effect": effect[k],
                        "standard_error": error[k],
                        "lower": effect[k] - quantile * error[k],
                        "upper": effect[k] + quantile * error[k],
                        "reason": why(results) if lost else "",
                    }
                )
    return pd.DataFrame(rows)


def _contrasts(
    column: pd.Series[Any], terms: Membership, variable: Any
) -> list[tuple[str, Any, Any, float]]:
    """Return name, the two values (or columns) of the variable, and what to divide by."""
    levels = list(terms.design.categories.get(variable, ()))
    if not levels:
        values = np.unique(column.to_numpy())
        if len(values) > 2:
            number = column.to_numpy(dtype=float)
            half = STEP * float(number.std())
            return [("d/dx", number + half, number - half, 2 * half)]
        levels = list(values)
    base = terms.design.reference_of(variable, levels)
    return [(f"{one} against {base}", one, base, 1.0) for one in levels if one != base]


def _average(
    results: GroupTrajectoriesResults, terms: Membership, frame: pd.DataFrame, panel: Panel
) -> ShareAverages:
    parameters = results.parameters
    assert parameters.slopes is not None
    return share_averages(
        parameters.intercepts,
        parameters.slopes,
        terms.standardised(terms.of_frame(frame)),
        panel.weights,
        results.model.n_group_parameters,
    )
