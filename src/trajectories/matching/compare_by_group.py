"""Risk factors by trajectory group of the cases, classification error corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching import names as words
from trajectories.matching.classification import group_weights
from trajectories.matching.contrast import MissingFactor, make_contrast
from trajectories.matching.factors import read_factors
from trajectories.matching.few_persons import shown_comparison
from trajectories.matching.group_effects import GroupContrast, group_rows
from trajectories.matching.multiplicity import Adjustment, adjusted
from trajectories.panel.arrays import FloatArray, counted, names
from trajectories.panel.posterior import checked_posterior

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets

Correction = Literal["bch", "none"]


def compare_by_group(
    sets: MatchedSets,
    factors: Sequence[str] | str,
    posterior: pd.DataFrame,
    *,
    data: pd.DataFrame | None = None,
    correction: Correction = "bch",
    level: float = 0.95,
    adjust: Adjustment = "holm",
    missing: MissingFactor = "raise",
) -> pd.DataFrame:
    """Compare risk factors of cases and their own controls, by trajectory group of the case.

    Parameters
    ----------
    sets : MatchedSets
    factors, data, level, adjust, missing
        As for ``compare``.
    posterior : DataFrame
        Posterior probabilities of the trajectory groups: the cases' ids as index, a column a group.
        Every matched case must be in it; others in it help to know the classification errors.
    correction : {"bch", "none"}
        "bch": cases count in a group with the weights of ``group_weights``, which undo
        classification error; shares may then lie outside 0 to 1 by chance, and say so. "none":
        with their posterior probabilities, which pulls the groups together.

    Returns
    -------
    DataFrame
        factor, group, measure ("prevalence" or "mean" of the cases and of the controls of these
        cases, then "odds_ratio", "risk_ratio", "risk_difference" or "mean_difference" of
        ``population`` against ``versus``), method, population, versus, estimate, lower, upper,
        standard_error, p_value, p_adjusted, adjustment, cases (sum of the weights), persons_with
        (of them, the factor), persons_versus and persons_with_versus (their controls), n_sets,
        correction, missing, missing_versus, missing_handled, note.

    Notes
    -----
    Standard errors are clustered by matched sets and take the table of classification errors as
    known, as is usual for this correction. Factors that went into the trajectory model itself
    (counts, ages at offences) are no factors for it: given the group, they do depend on the
    history.
    """
    if correction not in get_args(Correction):
        raise InputError(f"correction={correction!r} is unknown: {names(get_args(Correction))}")
    checked_posterior(posterior)
    weights = group_weights(posterior) if correction == "bch" else posterior
    by_set = _weights_by_set(sets, weights)
    rows: list[dict[str, Any]] = []
    listed = read_factors(sets, factors, data)
    for factor in listed:
        for number, population in enumerate(sets.populations):
            contrast = make_contrast(sets, sets.name, population, [factor], missing)
            used = by_set.loc[contrast.labels].to_numpy(dtype=np.float64)
            for k, group in enumerate(by_set.columns):
                one = GroupContrast(contrast, used[:, k], factor, sets.name, population, level)
                for row in group_rows(one, with_cases=number == 0):
                    rows.append({"factor": factor.name, "group": group, **row})
    table = pd.DataFrame(rows)
    table["correction"], table["missing_handled"] = correction, missing
    return shown_comparison(_adjusted(table, adjust), listed, "cases")


def _weights_by_set(sets: MatchedSets, weights: pd.DataFrame) -> pd.DataFrame:
    cases = sets.members[sets.members["role"] == words.CASE]
    place = weights.index.get_indexer(pd.Index(cases["person"]))
    absent = int((place < 0).sum())
    if absent:
        raise InputError(
            f"posterior lacks {counted(absent, 'matched case')} of {len(cases):,}: its index must "
            "be the cases' ids; match only cases that have one"
        )
    return weights.iloc[place].set_axis(pd.Index(cases["set"]), axis=0)


def _adjusted(table: pd.DataFrame, adjust: Adjustment) -> pd.DataFrame:
    place = list(table.columns).index("p_value") + 1
    p_adjusted: FloatArray = np.full(len(table), np.nan)
    said = np.full(len(table), "", dtype=object)
    for positions in table.groupby(
        ["measure", "method"], sort=False, observed=True
    ).indices.values():
        p = table["p_value"].to_numpy(dtype=np.float64)[positions]
        n = int((~np.isnan(p)).sum())
        p_adjusted[positions] = adjusted(p, adjust)
        text = "none" if adjust == "none" else f"{adjust} among {n} tests"
        said[positions[~np.isnan(p)]] = text
    table.insert(place, "p_adjusted", p_adjusted)
    table.insert(place + 1, "adjustment", pd.Series(said, dtype="str"))
    return table
