"""Scores beside what happened: aligned by unit, with the weights that make up for censoring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.censoring_weights import horizon_weights
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

EVERYBODY = "everybody"
UNKNOWN = "nobody is followed up as long as the horizon"
MOST_LEVELS = 50
"""A column with more distinct values than this is no division into subgroups."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Scored persons with a known or censored outcome.

    Attributes
    ----------
    score : ndarray, shape (N,)
        Probability of the event within the horizon, as predicted.
    case : ndarray of bool, shape (N,)
        Who is known to have had the event within the horizon.
    weight : ndarray, shape (N,)
        0 where the outcome at the horizon is not known; all 1 without censoring.
    time, event : ndarray or None
        Time to event or end of follow-up; None where outcomes are just 0 or 1.
    horizon : float or None
    """

    score: FloatArray
    case: BoolArray
    weight: FloatArray
    time: FloatArray | None = None
    event: BoolArray | None = None
    horizon: float | None = None

    @property
    def persons(self) -> int:
        """Number of persons."""
        return len(self.score)

    @property
    def events(self) -> int:
        """Number of persons known to have had the event within the horizon."""
        return int(self.case.sum())

    @property
    def gap(self) -> str:
        """Why nothing can be said of these persons; empty where something can."""
        free = bool((self.weight[~self.case] > 0).any())
        if not free and self.events < self.persons:
            return UNKNOWN
        if not self.events:
            return "nobody has the outcome"
        if not free:
            return "everybody has the outcome"
        return ""

    def part(self, rows: IntArray | BoolArray) -> Judged:
        """Return some persons; censoring is estimated among them anew."""
        return judged(
            self.score[rows],
            self.case[rows],
            None if self.time is None else self.time[rows],
            None if self.event is None else self.event[rows],
            self.horizon,
        )


def judged(
    score: FloatArray,
    case: BoolArray,
    time: FloatArray | None = None,
    event: BoolArray | None = None,
    horizon: float | None = None,
) -> Judged:
    """Return persons with their weights; cases are worked out from times where there are any."""
    if time is None or event is None or horizon is None:
        return Judged(score, case, np.ones(len(score)))
    case, weight = horizon_weights(time, event, horizon)
    return Judged(score, case, weight, time, event, horizon)


@dataclass(frozen=True, slots=True)
class Judgement:
    """All persons judged, their subgroups, and how many were not scored."""

    everybody: Judged
    subgroups: pd.DataFrame | None
    n_refused: int

    def parts(self) -> Iterator[tuple[str, str, Judged]]:
        """Yield column, level and persons: everybody first, then each subgroup."""
        yield EVERYBODY, "", self.everybody
        for name, level, rows in subgroup_rows(self.subgroups):
            yield name, level, self.everybody.part(rows)


def subgroup_rows(table: pd.DataFrame | None) -> Iterator[tuple[str, str, BoolArray]]:
    """Yield column, level and who belongs to it, of a table of subgroups."""
    if table is None:
        return
    for name, values in table.items():
        text = values.astype("string").fillna("not known").to_numpy(dtype=object)
        for level in sorted(set(text)):
            yield str(name), str(level), np.asarray(text == level)


def judge(
    scores: Any,
    outcomes: Any,
    *,
    column: str | None = None,
    horizon: float | None = None,
    by: pd.DataFrame | pd.Series | None = None,
) -> Judgement:
    """Put scores, outcomes and subgroups of the same units beside each other.

    Raises
    ------
    InputError
        For scores that are no probabilities, outcomes that are missing or not 0 or 1, units that
        differ, and a horizon beyond the follow-up.
    """
    score = _scores(scores, column)
    refused = score.isna().to_numpy()
    if refused.all():
        raise InputError("no score is left: every profile was refused, so nothing can be validated")
    if ((score < 0) | (score > 1)).any():
        number = int(((score < 0) | (score > 1)).sum())
        raise InputError(
            f"scores must be probabilities between 0 and 1, and {number} of {len(score)} are not"
        )
    keep = ~refused
    values = score.to_numpy(dtype=float)[keep]
    subgroups = None if by is None else subgroup_table(by, score.index).loc[keep]
    if isinstance(outcomes, pd.DataFrame):
        frame = _aligned(outcomes, score.index, "outcomes")
        time, event = _times(frame)
        length = _horizon(horizon, time[keep])
        person = judged(values, event[keep], time[keep], event[keep], length)
    else:
        if horizon is not None:
            raise InputError(
                "a horizon needs times: give outcomes as a table with columns time and event, or "
                "leave the horizon out"
            )
        series = outcomes if isinstance(outcomes, pd.Series) else _as_series(outcomes, score.index)
        person = judged(values, _zero_one(_aligned(series, score.index, "outcomes"))[keep])
    return Judgement(person, subgroups, int(refused.sum()))


def _scores(scores: Any, column: str | None) -> pd.Series[Any]:
    if isinstance(scores, pd.DataFrame):
        if column is None or column not in scores:
            raise InputError(
                f"say which column of the scores is the probability to validate: column={column!r} "
                "is none of them; risk_ahead gives the probability of an offence ahead"
            )
        scores = scores[column]
    elif not isinstance(scores, pd.Series):
        values = np.asarray(scores)
        if values.ndim != 1 or not len(values):
            raise InputError("scores must be one probability a person: a Series or a flat array")
        scores = pd.Series(values)
    if scores.index.has_duplicates:
        raise InputError("a unit stands in the scores twice: validate one score a person")
    try:
        return pd.Series(scores.astype(float))
    except (TypeError, ValueError):
        raise InputError("scores must be numbers") from None


def _as_series(outcomes: Any, units: pd.Index[Any]) -> pd.Series[Any]:
    values = np.asarray(outcomes)
    if values.shape != (len(units),):
        raise InputError(
            f"there are {len(units)} scores and outcomes of shape {values.shape}: give one a person"
        )
    return pd.Series(values, index=units)


def _aligned(table: Any, units: pd.Index[Any], what: str) -> Any:
    if table.index.has_duplicates:
        raise InputError(f"a unit stands in the {what} twice")
    absent = int((~units.isin(table.index)).sum())
    if absent or len(table) != len(units):
        raise InputError(
            f"{absent} of {len(units)} scored units are not in the {what}, and "
            f"{int((~table.index.isin(units)).sum())} of the {what} have no score: give the same "
            "units, under the same ids"
        )
    return table.loc[units]


def _zero_one(values: pd.Series[Any]) -> BoolArray:
    if values.isna().any():
        raise InputError(
            f"{int(values.isna().sum())} of {len(values)} outcomes are missing: where follow-up "
            "ended early, give a table with columns time and event, and a horizon"
        )
    wrong = ~values.isin([0, 1])
    if wrong.any():
        raise InputError(f"{int(wrong.sum())} of {len(values)} outcomes are neither 0 nor 1")
    return values.astype(bool).to_numpy()


def _times(frame: pd.DataFrame) -> tuple[FloatArray, BoolArray]:
    for name in ("time", "event"):
        if name not in frame:
            raise InputError(
                f"the outcomes have no column {name!r}: give time (until the event or the end of "
                "follow-up, counted from the score) and event (1 or 0)"
            )
    time = pd.to_numeric(frame["time"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(time) | (time < 0)
    if bad.any():
        raise InputError(f"{int(bad.sum())} of {len(time)} times are missing or negative")
    return time, _zero_one(frame["event"])


def _horizon(horizon: float | None, time: FloatArray) -> float:
    if horizon is None:
        raise InputError("give the horizon over which the scores are probabilities, in years")
    if isinstance(horizon, bool) or not isinstance(horizon, Real) or not horizon > 0:
        raise InputError(f"the horizon must be a number above 0, not {horizon!r}")
    if time.max() < horizon:
        raise InputError(
            f"nobody is followed up for the horizon of {horizon:g}: the last follow-up ends at "
            f"{time.max():g}; choose a horizon below it"
        )
    return float(horizon)


def subgroup_table(by: pd.DataFrame | pd.Series[Any], units: pd.Index[Any]) -> pd.DataFrame:
    """Return subgroups of some units, checked."""
    if isinstance(by, pd.Series):
        by = by.to_frame(by.name if by.name is not None else "subgroup")
    if not isinstance(by, pd.DataFrame):
        raise InputError("by must be a table of subgroups with a row a unit, such as sex, origin")
    table = pd.DataFrame(_aligned(by, units, "table of subgroups"))
    for name, values in table.items():
        if values.nunique() > MOST_LEVELS:
            raise InputError(
                f"column {str(name)!r} has more than {MOST_LEVELS} values: make bands of it first"
            )
    return table
