"""Compare risk factors between the populations of matched sets."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd

from trajectories.errors import InputError, MatchingWarning, SeparationWarning
from trajectories.matching.contrast import Contrast, MissingFactor, make_contrast
from trajectories.matching.effect_rows import Comparison, EffectRow, effect_rows
from trajectories.matching.factors import Factor, read_factors
from trajectories.matching.few_persons import shown_comparison
from trajectories.matching.multiplicity import Adjustment, adjusted
from trajectories.matching.odds_ratio import OddsRatio, joint_odds_ratios
from trajectories.matching.prevalence import weighted_level
from trajectories.numerics.types import AnyArray, BoolArray
from trajectories.panel.arrays import counted, names

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets


FEW_CLUSTERS = 20
"""Clusters below which a clustered standard error is not to be trusted."""


def compare(
    sets: MatchedSets,
    factors: Sequence[str] | str,
    *,
    data: pd.DataFrame | None = None,
    together: bool = False,
    level: float = 0.95,
    robust: bool = True,
    adjust: Adjustment = "holm",
    missing: MissingFactor = "raise",
) -> pd.DataFrame:
    """Compare risk factors of cases and their controls.

    Parameters
    ----------
    sets : MatchedSets
    factors : sequence of str
        Columns of cases and pools alike (or of the register, as of the index date), or of
        ``data``. Yes/no, 0 and 1: shares, ratios and differences. Other numbers: means. Of a
        category every level is a factor.
    data : DataFrame, optional
        More factors, a row a person, person id as index or in column "person".
    together : bool
        Add odds ratios of all the factors in one conditional logistic regression.
    level : float
        Coverage of the intervals.
    robust : bool
        Whether conditional logistic standard errors are clustered by matched sets (sets that
        share a control are one cluster) or those of the model.
    adjust : {"holm", "bonferroni", "benjamini_hochberg", "none"}
        How p-values are adjusted, among all factors and contrasts of one measure and method.
    missing : {"raise", "available", "complete_sets"}
        Missing factor values: raise an error; leave the persons out, and sets without both
        populations; or leave out every set with such a person. Counted in every row.

    Returns
    -------
    DataFrame
        One row per estimate:

        factor; measure: "prevalence" or "mean" per population, then "odds_ratio", "risk_ratio",
        "risk_difference", "mean_difference" of ``population`` against ``versus``, for all pairs
        of populations; method; estimate, lower, upper, standard_error (of the logarithm, for
        ratios), p_value, p_adjusted, adjustment (in words); n_sets, n_informative (sets that
        differ in the factor), persons and persons_with (the factor) of both, missing of both,
        missing_handled, adjusted_for (the other factors, in a joint model), note. Under disclosure
        control no row of few persons with or without the factor, or of few sets that differ.

    Raises
    ------
    InputError
        For unknown factors, factors without any value, and missing values with
        ``missing="raise"``.

    Warns
    -----
    MatchingWarning
        For a factor that is the same for everybody compared, and when controls who serve several
        cases leave too few clusters for standard errors.
    SeparationWarning
        For a factor with an odds ratio of 0 or infinity, and a joint model without finite
        estimates.

    Notes
    -----
    A "risk" here is the share with the factor in a population: sets are chosen by being a case,
    so the risk of becoming one cannot be had from them, and the odds ratio goes both ways. The
    matched odds ratio is conditional on the set; it is farther from 1 than the ratio of the
    prevalences' odds.
    """
    if missing not in get_args(MissingFactor):
        raise InputError(f"missing={missing!r} is unknown: {names(get_args(MissingFactor))}")
    listed = read_factors(sets, factors, data)
    if together and len(listed) < 2:
        raise InputError("together=True needs two factors or more")
    rows: list[EffectRow] = []
    populations = [sets.name, *sets.populations]
    for factor in listed:
        rows += [_level(sets, p, factor, level, missing) for p in populations]
    for first, second in combinations(populations, 2):
        for factor in listed:
            contrast = make_contrast(sets, first, second, [factor], missing)
            _warn_if_constant(contrast, factor, first, second)
            _warn_if_entangled(contrast, first, second)
            rows += effect_rows(
                Comparison(contrast, 0, factor.name, factor.binary, first, second, level, robust)
            )
        if together:
            rows += _together(sets, first, second, listed, level, robust, missing)
    table = pd.DataFrame([row.as_dict() for row in rows])
    return shown_comparison(_with_adjustment(table, adjust, missing), listed, "persons")


def _level(
    sets: MatchedSets, population: str, factor: Factor, level: float, missing: MissingFactor
) -> EffectRow:
    """Return share or mean of a population, controls of a set sharing the weight 1."""
    members = sets.members
    mine = (members["population"] == population).to_numpy()
    x, weight = factor.values[mine], members["weight"].to_numpy()[mine]
    known = ~np.isnan(x)
    absent = int((~known).sum())
    if absent and missing == "raise":
        raise InputError(
            f"factor {factor.name!r} missing for {absent:,} of {len(x):,} persons of "
            f"{population!r}: choose missing='available' or missing='complete_sets'"
        )
    number = members["set"].to_numpy()
    if missing == "complete_sets":
        known &= ~np.isin(number[mine], number[np.isnan(factor.values)])
    if not known.any():
        raise InputError(
            f"factor {factor.name!r}: no value among {population!r}: leave the factor out"
        )
    cluster = _person_and_set(sets, mine)[known]
    found = weighted_level(x[known], weight[known], cluster, factor.binary, level)
    with_it = float(x[known].sum()) if factor.binary else np.nan
    return EffectRow(
        factor=factor.name,
        measure="prevalence" if factor.binary else "mean",
        method="weighted share, Wilson" if factor.binary else "weighted mean",
        population=population,
        versus="",
        estimate=found.estimate,
        lower=found.lower,
        upper=found.upper,
        standard_error=found.error,
        p_value=np.nan,
        n_sets=len(np.unique(number[mine][known])),
        n_informative=0,
        persons=int(known.sum()),
        persons_versus=0,
        persons_with=with_it,
        persons_with_versus=np.nan,
        missing=absent,
        missing_versus=0,
    )


def _person_and_set(sets: MatchedSets, mine: BoolArray) -> AnyArray:
    """Return clusters of a population's rows: sets, or persons where they serve several cases."""
    members = sets.members[mine]
    key = "row" if sets.design.replacement and len(members) else "set"
    return members[key].to_numpy()


def _together(
    sets: MatchedSets,
    first: str,
    second: str,
    listed: list[Factor],
    level: float,
    robust: bool,
    missing: MissingFactor,
) -> list[EffectRow]:
    contrast = make_contrast(sets, first, second, listed, missing)
    all_names = [factor.name for factor in listed]
    try:
        fitted = joint_odds_ratios(contrast, all_names, level, robust)
    except InputError as error:
        warnings.warn(
            f"{first!r} against {second!r}, all factors together: {error}",
            SeparationWarning,
            stacklevel=4,
        )
        nan, note = np.nan, "the joint model has no finite estimate"
        fitted = [OddsRatio(nan, nan, nan, nan, 0, note) for _ in all_names]
    rows = []
    for j, found in enumerate(fitted):
        comparison = Comparison(
            contrast, j, all_names[j], listed[j].binary, first, second, level, robust
        )
        others = ", ".join(name for name in all_names if name != all_names[j])
        rows.append(comparison.from_odds_ratio(found, adjusted_for=others))
    return rows


def _warn_if_constant(contrast: Contrast, factor: Factor, first: str, second: str) -> None:
    if np.ptp(contrast.x[:, 0]) == 0:
        warnings.warn(
            f"factor {factor.name!r} is the same for everybody of {first!r} and {second!r}: there "
            "is nothing to compare",
            MatchingWarning,
            stacklevel=4,
        )


def _warn_if_entangled(contrast: Contrast, first: str, second: str) -> None:
    n_clusters = len(np.unique(contrast.cluster))
    if n_clusters < min(FEW_CLUSTERS, contrast.n_sets):
        warnings.warn(
            f"{first!r} against {second!r}: controls who serve several cases tie "
            f"{contrast.n_sets:,} sets into {counted(n_clusters, 'cluster')}, too few for standard "
            "errors: match without replacement, or from a larger pool",
            MatchingWarning,
            stacklevel=4,
        )


def _with_adjustment(
    table: pd.DataFrame, adjust: Adjustment, missing: MissingFactor
) -> pd.DataFrame:
    """Adjust p-values among the rows of one measure and method, and say among how many."""
    table["p_adjusted"], table["adjustment"] = np.nan, ""
    family = [table["measure"], table["method"], table["adjusted_for"] != ""]
    for _, rows in table.groupby(family, sort=False, observed=True):
        p = rows["p_value"].to_numpy(dtype=np.float64)
        n = int((~np.isnan(p)).sum())
        table.loc[rows.index, "p_adjusted"] = adjusted(p, adjust)
        said = "none" if adjust == "none" else f"{adjust} among {n} tests"
        table.loc[rows.index[~np.isnan(p)], "adjustment"] = said
    table["missing_handled"] = missing
    order = list(table.columns)
    for name in ("adjustment", "p_adjusted"):
        order.remove(name)
        order.insert(order.index("p_value") + 1, name)
    return table[order]
