"""Balance of cases and controls before and after matching, from covariates only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosed, is_below
from trajectories.disclosure_control.rounding import round_digits
from trajectories.errors import InputError
from trajectories.matching import names as words
from trajectories.matching.columns import numbers
from trajectories.panel.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets

MOST_LEVELS = 30
COUNTS = (
    *("n_case", "n_control", "missing_case", "missing_control"),
    *("_case_with", "_case_without", "_control_with", "_control_without"),
)
"""Columns that count persons, those included that the means of indicators tell."""
BEFORE, AFTER = "before", "after"
_LEFT = "_left_"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Values of one covariate among cases and controls; weights and pool rows of the controls."""

    case: FloatArray
    control: FloatArray
    weight: FloatArray
    row: IntArray


def balance(sets: MatchedSets, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare covariates of cases and controls before and after matching.

    Parameters
    ----------
    sets : MatchedSets
    columns : sequence of str, optional
        Covariates; those of the design when left out. Numbers and dates as they are; text,
        categories and yes/no as one indicator per level.

    Returns
    -------
    DataFrame
        A row per population, covariate, level and stage ("before": all cases against the whole
        pool; "after": matched cases against their controls, weighted by 1 over the controls of
        the set):

        mean_case, mean_control;
        standardised_difference: difference of means over sqrt((s²case + s²pool)/2), both before
        matching, in both stages, so that a difference does not shrink for a smaller spread; 0
        where neither mean nor spread differ, infinite where only the spread is 0;
        variance_ratio: cases over controls, NaN for indicators and where a variance is 0;
        largest_gap: the largest distance between the two distribution functions;
        n_case, n_control, effective_n (Σw)²/Σw² of the controls (Kish 1965, Survey Sampling);
        missing_case, missing_control: left out of this row.

    Notes
    -----
    From a register, the pool before matching is everybody who may serve, each on the index date
    of one random case.
    """
    chosen = list(sets.design.columns) if columns is None else listed(columns)
    if not chosen:
        raise InputError("balance: the design has no columns; name covariates to compare")
    rows = []
    for population in sets.populations:
        for column in chosen:
            for level, before, after, absent in samples(sets, population, column):
                spread = _spread(before)
                for stage, sample, missing in (
                    (BEFORE, before, absent[0]),
                    (AFTER, after, absent[1]),
                ):
                    rows.append(
                        {
                            "population": population,
                            "covariate": column,
                            "level": level,
                            "stage": stage,
                            **_row(sample, spread, level == ""),
                            "missing_case": missing[0],
                            "missing_control": missing[1],
                            **{_LEFT + who: n for who, n in left_out(before, after).items()},
                        }
                    )
    return _shown(pd.DataFrame(rows))


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table; under the switch without levels of few cases or controls.

    Means of indicators times their numbers are numbers of persons. Both stages of a level go
    together, as one is nearly the other. Where all but few were matched, means and numbers of all
    would tell of those few: they go before matching, with what is made of them. Of a number the
    standardised difference stays, in three digits.
    """
    left = {who: table.pop(_LEFT + who) for who in (words.CASE, words.CONTROL)}
    is_level = table["level"] != ""
    counts = {"_persons": table["n_case"] + table["n_control"]}
    for who in ("case", "control"):
        held = (table[f"mean_{who}"] * table[f"n_{who}"]).where(is_level)
        counts |= {f"_{who}_with": held, f"_{who}_without": table[f"n_{who}"] - held}
    shown = _counted(table.assign(**counts)).drop(columns=list(counts))
    if MARK not in shown.columns:
        return shown
    keys = [shown[name] for name in ("population", "covariate", "level")]
    gone = shown[MARK].groupby(keys, observed=True).transform("any")
    numbers = [name for name in table.select_dtypes("number").columns if name in shown]
    for who, number in left.items():
        few = is_below(number.to_numpy(dtype=np.float64)) & (table["stage"] == BEFORE)
        told = [f"{name}_{who}" for name in ("mean", "n", "missing")]
        for name in (*told, "variance_ratio", "largest_gap"):
            shown[name] = shown[name].mask(few)
        difference = shown["standardised_difference"]
        coarse = round_digits(difference.to_numpy(dtype=np.float64))
        rounded = difference.where(~few, coarse).mask(few & is_level)
        shown = shown.assign(standardised_difference=rounded)
    return shown.assign(**{name: shown[name].mask(gone) for name in numbers}, **{MARK: gone})


@disclosed(
    persons="_persons",
    part_counts=COUNTS,
    keys=("population", "covariate", "level", "stage"),
    parts=("level",),
)
def _counted(table: pd.DataFrame) -> pd.DataFrame:
    return table


def left_out(before: Sample, after: Sample) -> dict[str, int]:
    """Return how many cases and controls were not matched."""
    controls = len(np.unique(before.row)) - len(np.unique(after.row))
    return {words.CASE: len(before.case) - len(after.case), words.CONTROL: controls}


def listed(columns: Any) -> list[str]:
    """Return names of columns as a list, of one as well."""
    return [columns] if isinstance(columns, str) else list(columns)


Absent = tuple[tuple[int, int], tuple[int, int]]


def samples(
    sets: MatchedSets, population: str, column: str
) -> Iterator[tuple[str, Sample, Sample, Absent]]:
    """Yield a covariate level by level: name of the level ("" for numbers), before, after."""
    members = sets.members
    controls = members[members["population"] == population]
    served, rows = controls["set"].to_numpy(), controls["row"].to_numpy()
    case = sets.source.case_values(column).reset_index(drop=True)
    series = [
        case,
        sets.source.before(column, population).reset_index(drop=True),
        case.iloc[np.unique(served)],
        sets.source.pool_values(column, population, rows, served).reset_index(drop=True),
    ]
    present = [part.notna().to_numpy() for part in series]
    lacking = [int((~mask).sum()) for mask in present]
    absent = (lacking[0], lacking[1]), (lacking[2], lacking[3])
    weights = np.ones(int(present[1].sum())), controls["weight"].to_numpy()[present[3]]
    places = np.flatnonzero(present[1]), rows[present[3]]
    series = [part[mask] for part, mask in zip(series, present, strict=True)]
    for level, values in _levels(series, column):
        before = Sample(values[0], values[1], weights[0], places[0])
        yield level, before, Sample(values[2], values[3], weights[1], places[1]), absent


def _levels(series: list[pd.Series[Any]], column: str) -> Iterator[tuple[str, list[FloatArray]]]:
    kind = series[0].dtype
    text = not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind))
    if text or pd.api.types.is_bool_dtype(kind):
        both = pd.concat([part.astype(str) for part in series[:2]])
        levels = sorted(both.unique())
        if pd.api.types.is_bool_dtype(kind):
            levels = [level for level in levels if level == "True"] or levels
        if len(levels) > MOST_LEVELS:
            raise InputError(
                f"balance of {column!r}: {len(levels):,} levels, too many to compare one by one; "
                "leave it out, or group them"
            )
        for level in levels:
            yield level, [(part.astype(str) == level).to_numpy(dtype=np.float64) for part in series]
        return
    found = [np.asarray(numbers(part, f"column {column!r}"), dtype=np.float64) for part in series]
    yield "", found


def _spread(before: Sample) -> float:
    return float(np.sqrt((_variance(before.case) + _variance(before.control)) / 2.0))


def _variance(values: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the variance; with weights Σw(x − m)²/(Σw − Σw²/Σw), unbiased for fixed weights."""
    if len(values) < 2:
        return 0.0
    w = np.ones(len(values)) if weight is None else weight
    mean = float(w @ values / w.sum())
    free = float(w.sum() - (w @ w) / w.sum())
    return float(w @ (values - mean) ** 2 / free) if free > 0 else 0.0


def _row(sample: Sample, spread: float, number: bool) -> dict[str, float]:
    weight = sample.weight
    n_case, n_control = len(sample.case), len(sample.control)
    mean_case = float(sample.case.mean()) if n_case else np.nan
    mean_control = float(weight @ sample.control / weight.sum()) if n_control else np.nan
    difference = mean_case - mean_control
    own, theirs = _variance(sample.case), _variance(sample.control, weight)
    with np.errstate(divide="ignore"):
        standardised = 0.0 if difference == 0 else float(np.divide(difference, spread))
    return {
        "mean_case": mean_case,
        "mean_control": mean_control,
        "standardised_difference": standardised,
        "variance_ratio": own / theirs if number and own > 0 and theirs > 0 else np.nan,
        "largest_gap": _largest_gap(sample) if n_case and n_control else np.nan,
        "n_case": n_case,
        "n_control": n_control,
        "effective_n": _effective(sample),
    }


def _effective(sample: Sample) -> float:
    """Return (Σw)²/Σw² over persons: who serves several cases counts once, with all the weight."""
    if not len(sample.row):
        return 0.0
    _, person = np.unique(sample.row, return_inverse=True)
    weight = np.bincount(person, sample.weight)
    return float(weight.sum() ** 2 / (weight @ weight))


def distribution(values: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the values that there are, and the share of the weight at or below each."""
    points, place = np.unique(values, return_inverse=True)
    share = np.cumsum(np.bincount(place, weight, minlength=len(points)))
    return points, np.asarray(share / share[-1:], dtype=np.float64)


def _largest_gap(sample: Sample) -> float:
    """Return max |F_case − F_control|, the Kolmogorov–Smirnov distance."""
    points = np.unique(np.concatenate([sample.case, sample.control]))
    case, share_case = distribution(sample.case, np.ones(len(sample.case)))
    control, share_control = distribution(sample.control, sample.weight)
    gaps = [
        np.concatenate([[0.0], share])[np.searchsorted(values, points, side="right")]
        for values, share in ((case, share_case), (control, share_control))
    ]
    return float(np.abs(gaps[0] - gaps[1]).max())
