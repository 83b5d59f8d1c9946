"""Relatives' records and concordance, worked out by hand; twins are one family."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from trajectories import careers
from trajectories.errors import InputError
from trajectories.numerics.risk_ratios import (
    Slice,
    mantel_haenszel_rate_ratio,
    risk_and_odds_ratio,
)

_SPEC = importlib.util.spec_from_file_location(
    "careers_standin", Path(__file__).parent / "careers_standin.py"
)
standin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(standin)

REGISTER = standin.register()
ONE = np.ones((6, 1))


def row(table: pd.DataFrame, measure: str) -> pd.Series:
    chosen = table[(table["measure"] == measure) & (table["group"] == "all")]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_shares_with_a_relative_who_has_a_record() -> None:
    parents = careers.relatives_with_record(REGISTER, "parent").iloc[0]
    assert (parents["estimate"], parents["persons"]) == (3 / 6, 6)  # D, E and F
    siblings = careers.relatives_with_record(REGISTER, "sibling").iloc[0]
    assert siblings["estimate"] == pytest.approx(2 / 6)
    related = careers.relatives_with_record(REGISTER, "sibling", among="related").iloc[0]
    assert (related["estimate"], related["persons"]) == (1.0, 2)
    early = careers.relatives_with_record(REGISTER, "parent", until="2014-01-01").iloc[0]
    assert early["estimate"] == pytest.approx(2 / 6)  # P on that day; P2 six years later
    violent = careers.relatives_with_record(REGISTER, "parent", record="violent").iloc[0]
    assert violent["estimate"] == 0.0


def test_shares_among_relatives_are_ratios_of_numbers_of_relatives() -> None:
    kinds = {"any": ("parent", "sibling")}
    found = careers.records_of_relatives(REGISTER, "violent", kinds).iloc[0]
    # relatives with a record: P and F of E, P and E of F, P2 of D; violent are F and E
    assert (found["estimate"], found["persons"], found["relatives"]) == (2 / 5, 3, 5)


def test_risk_and_odds_ratio_with_families_as_clusters() -> None:
    table = careers.concordance(REGISTER, "parent", event=["property", "violent"])
    risk = row(table, "risk_ratio")
    # a parent with a record: D, E and F, all with such an offence; without: A of A, B, C
    assert risk["estimate"] == pytest.approx(1 / (1 / 3))
    assert (risk["persons"], risk["exposed"], risk["events"]) == (6, 3, 4)
    # moves of log p0: A +2/3, B and C −1/3, over 3 · 1/3; A and C have one parent
    variance = ((2 / 3 - 1 / 3) ** 2 + (1 / 3) ** 2) * 4 / 3
    half = t.ppf(0.975, 3) * np.sqrt(variance)
    assert [risk["lower"], risk["upper"]] == pytest.approx([3 * np.exp(-half), 3 * np.exp(half)])
    odds = row(table, "odds_ratio")
    assert odds["estimate"] == np.inf
    assert [odds["lower"], odds["upper"]] == [0.0, np.inf]


def test_a_family_may_be_given() -> None:
    alone = pd.Series({p: p for p in standin.STUDIED})
    table = careers.concordance(REGISTER, "parent", event=["property", "violent"], family=alone)
    variance = ((2 / 3) ** 2 + 2 * (1 / 3) ** 2) * 6 / 5
    half = t.ppf(0.975, 5) * np.sqrt(variance)
    assert row(table, "risk_ratio")["upper"] == pytest.approx(3 * np.exp(half))


def test_twins_given_twice_add_nothing() -> None:
    outcome = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    exposed = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    single = risk_and_odds_ratio(outcome, exposed, ONE, np.arange(6))
    twins = risk_and_odds_ratio(
        np.tile(outcome, 2), np.tile(exposed, 2), np.tile(ONE, (2, 1)), np.tile(np.arange(6), 2)
    )
    for one, two in zip(single, twins, strict=True):
        assert one.value == pytest.approx(two.value)
        assert one.error == pytest.approx(two.error)
    # as independent persons they would pass for twice as many
    apart = risk_and_odds_ratio(
        np.tile(outcome, 2), np.tile(exposed, 2), np.tile(ONE, (2, 1)), np.arange(12)
    )
    assert apart[0].error[0] == pytest.approx(
        single[0].error[0] / np.sqrt(2) * np.sqrt((12 / 11) / (6 / 5))
    )


def test_concordance_in_time_counts_days_before_and_after_the_parents_offence() -> None:
    table = careers.concordance_in_time(REGISTER, "parent", ages=(17, 18))
    ratio = row(table, "rate_ratio")
    # onsets: E on the first day of being 17, F after 178 days more, both after P's offence; A on
    # the last day of that year. B, C and D spend it all, C in a leap year, B too
    exposed_days, other_days = 1 + 179, 365 + 366 + 366 + 365
    assert ratio["estimate"] == pytest.approx((2 / exposed_days) / (1 / other_days))
    assert (ratio["persons"], ratio["exposed"], ratio["events"]) == (6, 2, 3)
    first = row(table, "relative_first")
    assert (first["estimate"], first["persons"]) == (2 / 5, 5)  # P2 came after D


def test_a_relatives_offence_on_the_day_of_the_onset_is_not_before_it() -> None:
    register = standin.register()
    register.offences.loc[register.offences["person"] == "P", "offence_date"] = pd.Timestamp(
        "2015-07-07"
    )
    table = careers.concordance_in_time(register, "parent", ages=(17, 18))
    assert row(table, "relative_first")["estimate"] == 1 / 5  # F only
    assert row(table, "rate_ratio")["exposed"] == 1


def test_the_variance_of_the_rate_ratio_is_the_delta_methods() -> None:
    rng = np.random.default_rng(3)
    n = 40
    strata = [
        Slice(
            *(rng.integers(0, 2, n).astype(float) for _ in range(2)),
            *(rng.random(n) + 0.1 for _ in range(2)),
        )
        for _ in range(3)
    ]
    weights = np.ones((n, 1))
    found = mantel_haenszel_rate_ratio(strata, weights, np.arange(n))
    step = 1e-6
    moves = np.empty(n)
    for i in range(n):
        more = weights.copy()
        more[i] += step
        moved = mantel_haenszel_rate_ratio(strata, more, np.arange(n))
        moves[i] = (np.log(moved.value[0]) - np.log(found.value[0])) / step
    assert found.error[0] == pytest.approx(np.sqrt((moves**2).sum() * n / (n - 1)), rel=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: careers.concordance(REGISTER, "cousin"), "no relation 'cousin'"),
        (lambda: careers.concordance(REGISTER, "parent", family="home"), "no column of the"),
        (lambda: careers.concordance_in_time(REGISTER, "parent", ages=(18, 17)), "ages must be"),
        (lambda: careers.relatives_with_record(REGISTER, among="x"), "among='x'"),
    ],
)
def test_what_cannot_be_asked_is_refused(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
