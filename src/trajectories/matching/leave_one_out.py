"""Odds ratios with one stratum left out at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching.contrast import MissingFactor, make_contrast
from trajectories.matching.effect_rows import Comparison
from trajectories.matching.factors import read_factors
from trajectories.matching.odds_ratio import single_odds_ratio

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets


def leave_one_out(
    sets: MatchedSets,
    factors: Sequence[str] | str,
    *,
    by: Sequence[str] | str | None = None,
    data: pd.DataFrame | None = None,
    level: float = 0.95,
    robust: bool = True,
    missing: MissingFactor = "raise",
) -> pd.DataFrame:
    """Estimate odds ratios again without the sets of one stratum, for every stratum.

    Parameters
    ----------
    sets : MatchedSets
    factors, data, level, robust, missing
        As for ``compare``.
    by : sequence of str, optional
        Columns whose values, among the cases, are the strata; the exact columns when left out.

    Returns
    -------
    DataFrame
        factor, population, versus, stratum (column), left_out (value; "" for nothing), estimate,
        lower, upper, n_sets, n_left_out, change (ratio to the estimate with nothing left out),
        note. An estimate that rests on one stratum shows as a large change.
    """
    columns = list(sets.design.exact) if by is None else [by] if isinstance(by, str) else list(by)
    if not columns:
        raise InputError("leave_one_out: no exact column; name a column of the cases in by=")
    rows: list[dict[str, Any]] = []
    for factor in read_factors(sets, factors, data):
        for population in sets.populations:
            contrast = make_contrast(sets, sets.name, population, [factor], missing)

            def fitted(
                kept: np.ndarray[Any, np.dtype[np.bool_]],
                stratum: str,
                value: str,
                factor: Any = factor,
                contrast: Any = contrast,
                population: str = population,
            ) -> dict[str, Any]:
                part = contrast.take(kept)
                found = single_odds_ratio(part, 0, factor.name, factor.binary, level, robust)
                one = Comparison(
                    part, 0, factor.name, factor.binary, sets.name, population, level, robust
                )
                row = one.from_odds_ratio(found)
                return {
                    "factor": factor.name,
                    "population": sets.name,
                    "versus": population,
                    "stratum": stratum,
                    "left_out": value,
                    "estimate": row.estimate,
                    "lower": row.lower,
                    "upper": row.upper,
                    "n_sets": row.n_sets,
                    "n_left_out": contrast.n_sets - row.n_sets,
                    "note": row.note,
                }

            whole = fitted(np.ones(contrast.n_sets, dtype=bool), "", "")
            rows.append({**whole, "change": 1.0})
            for column in columns:
                values = sets.source.case_values(column).astype(str).to_numpy()[contrast.labels]
                for value in np.unique(values):
                    if (values != value).any():
                        row = fitted(values != value, column, str(value))
                        rows.append({**row, "change": row["estimate"] / whole["estimate"]})
    return pd.DataFrame(rows)
