"""Odds ratios with one stratum left out at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.matching.contrast import Contrast, MissingFactor, make_contrast
from trajectories.matching.effect_rows import Comparison
from trajectories.matching.factors import Factor, read_factors
from trajectories.matching.odds_ratio import single_odds_ratio

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets


@disclosed(
    persons="n_sets",
    part_counts=("n_left_out",),
    keys=("factor", "population", "versus", "stratum", "left_out"),
    parts=("left_out",),
)
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
        note. An estimate that rests on one stratum shows as a large change. Under disclosure
        control no row of a stratum of few sets, nor another from which it could be worked out.
    """
    columns = list(sets.design.exact) if by is None else [by] if isinstance(by, str) else list(by)
    if not columns:
        raise InputError("leave_one_out: no exact column; name a column of the cases in by=")
    rows: list[dict[str, Any]] = []
    for factor in read_factors(sets, factors, data):
        for population in sets.populations:
            contrast = make_contrast(sets, sets.name, population, [factor], missing)
            of_case = {
                column: sets.source.case_values(column).astype(str).to_numpy()[contrast.labels]
                for column in columns
            }
            names = (sets.name, population)
            whole = _fitted(contrast, contrast, factor, names, level, robust)
            rows.append({**whole, "stratum": "", "left_out": "", "change": 1.0})
            for column, value, part in _parts(contrast, of_case):
                row = _fitted(part, contrast, factor, names, level, robust)
                change = row["estimate"] / whole["estimate"]
                rows.append({**row, "stratum": column, "left_out": value, "change": change})
    order = ["factor", "population", "versus", "stratum", "left_out", "estimate", "lower", "upper"]
    return pd.DataFrame(rows)[[*order, "n_sets", "n_left_out", "change", "note"]]


def _parts(
    contrast: Contrast, of_case: dict[str, np.ndarray[Any, Any]]
) -> Iterator[tuple[str, str, Contrast]]:
    """Yield column, value and the sets whose case has another value, where any are left."""
    for column, values in of_case.items():
        for value in np.unique(values):
            kept = values != value
            if kept.any():
                yield column, str(value), contrast.take(kept)


def _fitted(
    part: Contrast,
    whole: Contrast,
    factor: Factor,
    names: tuple[str, str],
    level: float,
    robust: bool,
) -> dict[str, Any]:
    found = single_odds_ratio(part, 0, factor.name, factor.binary, level, robust)
    one = Comparison(part, 0, factor.name, factor.binary, *names, level, robust)
    row = one.from_odds_ratio(found)
    return {
        "factor": factor.name,
        "population": names[0],
        "versus": names[1],
        "estimate": row.estimate,
        "lower": row.lower,
        "upper": row.upper,
        "n_sets": row.n_sets,
        "n_left_out": whole.n_sets - row.n_sets,
        "note": row.note,
    }
