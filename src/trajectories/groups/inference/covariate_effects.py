"""Effects of covariates that vary over time: by group, with intervals, and whether they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr

from trajectories.errors import InputError
from trajectories.groups.inference.wald import packed_test
from trajectories.groups.inference.withheld import group_columns
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.normal import normal_quantile
from trajectories.suggestions import did_you_mean

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

METHOD = "Wald test"

MEASURE = {"log": "rate ratio", "logit": "odds ratio", "identity": "difference"}
"""What an effect is, one unit of the covariate more, by the link of the family."""


def covariate_effects(results: GroupTrajectoriesResults, level: float = 0.95) -> pd.DataFrame:
    """Return the effect of each covariate in each group, with an interval.

    One unit of the covariate more multiplies the rate (or odds) of members of the group at that
    age by exp(b), or adds b to the mean where the curve is on the outcome's own scale. It is a
    comparison of years within a group: who is in the group is settled by the same outcomes. With
    inflation, it is the rate of the count part, not the probability of an extra zero; with limits
    to the scale, it is the mean before it is cut at them.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    level : float

    Returns
    -------
    DataFrame
        covariate, group (0: all groups share it), measure ("rate ratio", "odds ratio" or
        "difference"), estimate, lower, upper (on the scale of the measure, limits by the normal
        approximation to b), coefficient, standard_error (of b), p_value (two-sided, b = 0). No
        limits where the standard error is withheld; ``results.notes`` says why.

    Raises
    ------
    InputError
        For a model without time-varying covariates.
    """
    _require(results)
    z = normal_quantile(level)
    link = results.family.link
    table = pd.concat([results.params, results.bse], axis=1).loc[results.family.channels[0]]
    rows = []
    for name in results.model.time_varying:
        own = table.xs(name, level="term")
        numbers = own[["estimate", "standard_error"]].to_numpy(dtype=float)
        for group, (value, error) in zip(own.index.to_numpy(), numbers, strict=True):
            limits = np.array([value, value - z * error, value + z * error])
            with np.errstate(over="ignore"):
                shown = limits if link == "identity" else np.exp(limits)
            rows.append(
                {
                    "covariate": name,
                    "group": int(group),
                    "measure": MEASURE[link],
                    "estimate": shown[0],
                    "lower": shown[1],
                    "upper": shown[2],
                    "coefficient": value,
                    "standard_error": error,
                    "p_value": _p_value(value, error),
                }
            )
    return pd.DataFrame(rows)


def equal_effects(
    results: GroupTrajectoriesResults, covariate: str | None = None
) -> HypothesisTest | InapplicableTest:
    """Test that a covariate, or every one, has the same effect in all groups.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    covariate : str, optional
        All that have an effect per group unless told.

    Raises
    ------
    InputError
        For a model without covariates, or one that lacks this covariate.
    """
    _require(results)
    names = results.model.time_varying
    if covariate is not None and covariate not in names:
        known = ", ".join(map(repr, names))
        raise InputError(
            f"the model has no covariate {covariate!r}: use one of {known}"
            f"{did_you_mean(covariate, names)}"
        )
    wanted = names if covariate is None else (covariate,)
    null = f"the effect of {' and of '.join(wanted)} is the same in all groups"
    common = results.model.common()
    first = results.model.bases[0].n_terms - len(names)
    own = [name for name in wanted if not common[first + names.index(name)]]
    columns = [first + names.index(name) for name in own]
    if own:
        null = f"the effect of {' and of '.join(own)} is the same in all groups"
    estimated = [k for k in range(results.n_groups) if results.model.degree[k] >= 0]
    if not columns:
        reason = "all groups share it by the model; fit an effect per group to test it"
        return InapplicableTest(null, METHOD, reason)
    if len(estimated) < 2:
        return InapplicableTest(null, METHOD, "there is a single group with an effect")
    rows = []
    for column in columns:
        for other in estimated[1:]:
            row = np.zeros(len(results.withheld))
            row[group_columns(results, estimated[0]).start + column] = 1.0
            row[group_columns(results, other).start + column] = -1.0
            rows.append(row)
    return packed_test(results, np.array(rows), np.zeros(len(rows)), null)


def _require(results: GroupTrajectoriesResults) -> None:
    if not results.model.time_varying:
        raise InputError(
            "the model has no time-varying covariates: name them in "
            "GroupTrajectories(..., time_varying=[...])"
        )


def _p_value(value: float, error: float) -> float:
    if not np.isfinite(error) or error <= 0:
        return float("nan")
    return float(2 * ndtr(-abs(value / error)))
