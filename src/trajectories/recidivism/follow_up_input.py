"""What every estimator asks of a follow-up: the right kind, a cause, samples, a level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.risk_sets import at_least
from trajectories.numerics.step_intervals import INTERVALS
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel.arrays import counted, names
from trajectories.panel.follow_up import FollowUp
from trajectories.suggestions import did_you_mean


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Hold the rows of one sample: all of a follow-up, a stratum, or the level of a covariate."""

    label: Any
    code: int
    labels: tuple[Any, ...]
    rows: IntArray | slice
    start: FloatArray
    stop: FloatArray
    cause: IntArray
    weight: FloatArray | None
    person: IntArray


def need_follow_up(follow_up: Any) -> FollowUp:
    """Return the follow-up, or raise an InputError that says what was given instead."""
    if not isinstance(follow_up, FollowUp):
        raise InputError(
            f"a follow-up must be a trajectories.FollowUp, not {type(follow_up).__name__}; make it "
            "with FollowUp.from_frame or FollowUp.from_register"
        )
    return follow_up


def need_single(follow_up: Any, what: str) -> FollowUp:
    """Return the follow-up where it ends with the first event of each person."""
    single = need_follow_up(follow_up)
    if single.repeated:
        raise InputError(
            f"{what} is about first events, and persons are followed on after an event: "
            "use follow_up.first_events(), or mean_cumulative_count for repeated ones"
        )
    return single


def cause_number(follow_up: FollowUp, cause: str | None) -> int:
    """Return the number of a cause; the first is the event of interest."""
    if cause is None:
        return 1
    if cause not in follow_up.causes:
        raise InputError(f"no cause {cause!r} in this follow-up; it has {names(follow_up.causes)}")
    return follow_up.causes.index(cause) + 1


def no_events(what: str, follow_up: FollowUp, cause: str | None) -> InputError:
    """Return the error of an estimator that nobody's event can inform."""
    asked = follow_up.causes[0] if cause is None else cause
    followed = counted(follow_up.n_persons, "person")
    return InputError(
        f"{what}: no events of this cause ({asked!r}) among {followed} followed, so "
        f"nothing can be estimated; causes are {names(follow_up.causes)}: choose "
        "another with cause=, or look at event= and until= with which the follow-up was made"
    )


def event_codes(follow_up: FollowUp, cause: str | None) -> IntArray:
    """Return 1 for the event of interest and 0 for all else; ``"any"`` takes every cause."""
    if cause == "any" and "any" not in follow_up.causes:
        return (follow_up.cause > 0).astype(np.int64)
    number = cause_number(follow_up, cause)
    if len(follow_up.causes) == 1:
        return follow_up.cause
    codes: IntArray = (follow_up.cause == number).astype(np.int64)
    return codes


def samples(follow_up: FollowUp, by: str | None, codes: IntArray | None = None) -> Iterator[Sample]:
    """Go through the strata of a follow-up, or the levels of a covariate named ``by``.

    Without either there is one sample, called ``all``.
    """
    cause = follow_up.cause if codes is None else codes
    if by is None and follow_up.stratum is None:
        everything = slice(None)
        yield Sample(
            "all",
            0,
            ("all",),
            everything,
            follow_up.start,
            follow_up.stop,
            cause,
            follow_up.weight,
            follow_up.person,
        )
        return
    number, labels = sample_numbers(follow_up, by)
    for g, label in enumerate(labels):
        rows = np.flatnonzero(number == g)
        if not len(rows):
            continue
        weight = None if follow_up.weight is None else follow_up.weight[rows]
        yield Sample(
            label,
            g,
            labels,
            rows,
            follow_up.start[rows],
            follow_up.stop[rows],
            cause[rows],
            weight,
            follow_up.person[rows],
        )


def sample_numbers(follow_up: FollowUp, by: str | None) -> tuple[IntArray, tuple[Any, ...]]:
    """Return the number of each row's sample, and the labels."""
    if by is None:
        if follow_up.stratum is None:
            return np.zeros(follow_up.n_rows, dtype=np.int64), ("all",)
        return follow_up.stratum, follow_up.strata
    if by not in follow_up.covariates.columns:
        raise InputError(
            f"by={by!r} is no covariate of this follow-up; it has "
            f"{names(follow_up.covariates.columns)}{did_you_mean(by, follow_up.covariates)}"
        )
    codes, labels = pd.factorize(follow_up.covariates[by], sort=True)
    if len(labels) > 50:
        raise InputError(
            f"by={by!r} has {len(labels):,} different values: group it into a few levels first"
        )
    return codes.astype(np.int64), tuple(labels)


def label_column(code: int, labels: tuple[Any, ...], n: int) -> Any:
    """Return one label n times, at the cost of n bytes or so."""
    codes = np.full(n, code, dtype=np.int16)
    return pd.Categorical.from_codes(codes, categories=pd.Index(labels, tupleize_cols=False))


def check_interval(interval: str) -> None:
    """Refuse a kind of interval that does not exist."""
    if interval not in INTERVALS:
        raise InputError(f"interval={interval!r}: choose among {names(INTERVALS)}")


def at_least_now(sample: Sample, time: float) -> float:
    """Return the weight at risk just before a time; at the very start, of those who begin then."""
    at_start = time <= sample.start.min()
    inside = sample.start <= time if at_start else (sample.start < time) & (sample.stop >= time)
    return float(inside.sum() if sample.weight is None else sample.weight[inside].sum())


def at_risk_at(sample: Sample, at: FloatArray) -> FloatArray:
    """Return the weight at risk just before times; at the very start, of those who begin then."""
    at_risk = at_least(sample.stop, at, sample.weight) - at_least(sample.start, at, sample.weight)
    early = at <= sample.start.min()
    if early.any():
        at_risk[early] = at_least_now(sample, float(sample.start.min()))
    return at_risk


def first_rows(follow_up: FollowUp) -> IntArray:
    """Return the first row of every person, shape (N,); rows are in order of person."""
    rows = np.searchsorted(follow_up.person, np.arange(follow_up.n_persons))
    return np.asarray(rows, dtype=np.int64)


def followed_throughout(follow_up: FollowUp, time: float) -> BoolArray:
    """Return who was followed from 0 to a time, shape (N,), but for rounding of it."""
    first = first_rows(follow_up)
    last = np.append(first[1:], follow_up.n_rows) - 1
    return np.asarray((follow_up.start[first] == 0) & (follow_up.stop[last] >= time * (1 - 1e-12)))


def person_weights(follow_up: FollowUp) -> FloatArray:
    """Return the weight of every person, shape (N,); 1 without weights."""
    if follow_up.weight is None:
        return np.ones(follow_up.n_persons)
    return np.asarray(follow_up.weight[first_rows(follow_up)], dtype=np.float64)


def copies(follow_up: FollowUp) -> bool:
    """Return whether weights can be numbers of equal persons: whole, or there are none."""
    weight = follow_up.weight
    return weight is None or bool((weight == np.rint(weight)).all())


def n_persons(person: IntArray) -> int:
    """Return the number of different persons in some rows, which are in order of person."""
    return int((np.diff(person) != 0).sum()) + 1 if len(person) else 0


def asked_times(times: Any) -> FloatArray | None:
    """Return times as an increasing array, or None."""
    if times is None:
        return None
    try:
        at = np.unique(np.atleast_1d(np.asarray(times, dtype=np.float64)))
    except (TypeError, ValueError):
        at = np.array([np.nan])
    if not np.isfinite(at).all() or (at < 0).any():
        raise InputError("times must be finite numbers, 0 or more")
    return at


def listed(given: str | Sequence[str]) -> list[str]:
    """Return names as a list; one name alone is a list of one."""
    return [given] if isinstance(given, str) else list(given)


def as_number(what: str, given: Any) -> float:
    """Return an argument as a finite number.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(given, bool) or not isinstance(given, Real) or not np.isfinite(float(given)):
        raise InputError(f"{what} must be a finite number, not {given!r}")
    return float(given)


def within_follow_up(times: FloatArray, sample: Sample, gone: BoolArray | bool = False) -> None:
    """Refuse times after the last row of a sample, where nothing is known any more."""
    not_beyond(times, float(sample.stop.max()), sample.label, gone)


def not_beyond(
    times: FloatArray, longest: float, label: Any, gone: BoolArray | bool = False
) -> None:
    """Refuse times after the longest follow-up, other than those by which all are gone."""
    beyond = (times > longest * (1 + 1e-12)) & ~np.asarray(gone)
    if beyond.any():
        raise InputError(
            f"{counted(int(beyond.sum()), 'time')} asked for after the end of follow-up of "
            f"{label!r} ({longest:g}): nobody was followed so long; ask for earlier times"
        )
