"""Log-rank test: plain, weighted, stratified, against a trend; and Gray's test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.gray_test import gray_parts
from trajectories.numerics.log_rank import (
    SampleCounts,
    log_rank_parts,
    quadratic_form,
    sample_counts,
)
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import (
    as_number,
    cause_number,
    event_codes,
    n_persons,
    need_single,
    sample_numbers,
)
from trajectories.recidivism.hypothesis_test import SamplesTest, samples_test


def log_rank(
    follow_up: FollowUp,
    by: str,
    cause: str | None = None,
    rho: float = 0.0,
    trend: Mapping[Any, float] | bool = False,
) -> SamplesTest:
    """Test whether samples meet the event at the same rate.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events. Its strata, if it has any, are compared within and summed over.
    by : str
        Covariate that makes the samples.
    cause : str, optional
        Other causes censor.
    rho : float
        Weight S(u-)^rho: 0 is the log-rank test, 1 stresses early differences (Harrington and
        Fleming 1982).
    trend : mapping or bool
        A score for each level of ``by`` (True: 1, 2, … in order): one degree of freedom against a
        rate that rises or falls with the score.

    Returns
    -------
    SamplesTest

    Raises
    ------
    InputError
        If there are fewer than two samples or no events, or no event that could tell them apart.
    """
    follow_up = need_single(follow_up, "log_rank")
    rho, codes = as_number("rho", rho), event_codes(follow_up, cause)
    number, labels = _samples(follow_up, by)
    pieces = [
        log_rank_parts(counts, rho) for counts in _strata(follow_up, codes, 1, number, len(labels))
    ]
    observed, expected, score, covariance = (sum(part) for part in zip(*pieces, strict=True))
    table = _table(follow_up, by, number, labels, observed, expected)
    null = f"the rate of {_named(follow_up, cause)} does not depend on {by}"
    if trend is False:
        return samples_test("log-rank test", null, *_tested(score, covariance), table)
    a = _scores(labels, trend)
    spread = float(a @ covariance @ a)
    if spread <= 0:
        raise InputError("log_rank: trend scores do not differ between samples with events")
    return samples_test("log-rank test for trend", null, float(a @ score) ** 2 / spread, 1, table)


def gray(follow_up: FollowUp, by: str, cause: str | None = None) -> SamplesTest:
    """Test whether samples have the same cumulative incidence of a cause (Gray 1988).

    Parameters are those of ``log_rank``. The score is that of Gray's test; its covariance is the
    martingale covariance under the null hypothesis, with tied events drawn without replacement.
    R's cmprsk treats ties a little otherwise: the statistics agree to two or three digits.
    """
    follow_up = need_single(follow_up, "gray")
    first = cause_number(follow_up, cause)
    codes = np.where(follow_up.cause == first, 1, np.where(follow_up.cause > 0, 2, 0))
    number, labels = _samples(follow_up, by)
    counts = list(_strata(follow_up, codes, 2, number, len(labels)))
    pieces = [gray_parts(c) for c in counts]
    score, covariance = (sum(part) for part in zip(*pieces, strict=True))
    observed = sum(c.events[0].sum(axis=1) for c in counts)
    table = _table(follow_up, by, number, labels, observed, observed - score)
    null = f"the cumulative incidence of {_named(follow_up, cause)} does not depend on {by}"
    return samples_test("Gray's test", null, *_tested(score, covariance), table)


def _tested(score: FloatArray, covariance: FloatArray) -> tuple[float, int]:
    statistic, df = quadratic_form(score, covariance)
    if df == 0:
        raise InputError(
            "no test can be made: at every event either one sample only is at risk, or all who are "
            "at risk have it; follow samples over the same time, or record times more finely"
        )
    return statistic, df


def _samples(follow_up: FollowUp, by: str) -> tuple[IntArray, tuple[Any, ...]]:
    if by is None:
        raise InputError("a test needs by=, the covariate that makes the samples")
    number, labels = sample_numbers(follow_up, by)
    if len(labels) < 2:
        raise InputError(f"by={by!r} has one level only: there is nothing to compare")
    return number, labels


def _strata(
    follow_up: FollowUp, codes: IntArray, n_causes: int, number: IntArray, n_samples: int
) -> list[SampleCounts]:
    if not (codes == 1).any():
        raise InputError("no events of this cause: there is nothing to test")
    stratum = np.zeros(len(codes), int) if follow_up.stratum is None else follow_up.stratum
    found = []
    for s in np.unique(stratum[codes == 1]):
        rows = np.flatnonzero(stratum == s)
        weight = None if follow_up.weight is None else follow_up.weight[rows]
        found.append(
            sample_counts(
                follow_up.start[rows],
                follow_up.stop[rows],
                codes[rows],
                n_causes,
                number[rows],
                n_samples,
                weight,
            )
        )
    return found


def _table(
    follow_up: FollowUp,
    by: str,
    number: IntArray,
    labels: tuple[Any, ...],
    observed: FloatArray,
    expected: FloatArray,
) -> pd.DataFrame:
    persons = [n_persons(follow_up.person[number == g]) for g in range(len(labels))]
    return pd.DataFrame(
        {by: labels, "persons": persons, "observed": observed, "expected": expected}
    )


def _named(follow_up: FollowUp, cause: str | None) -> str:
    if cause == "any":
        return "any event"
    return follow_up.causes[cause_number(follow_up, cause) - 1]


def _scores(labels: tuple[Any, ...], trend: Mapping[Any, float] | bool) -> FloatArray:
    if trend is True:
        return np.arange(1.0, len(labels) + 1.0)
    absent = [label for label in labels if label not in trend]  # type: ignore[operator]
    if absent:
        raise InputError(f"trend= lacks a score for {absent[0]!r}: give each level one")
    return np.array([as_number("a score of trend=", trend[label]) for label in labels])  # type: ignore[index]
