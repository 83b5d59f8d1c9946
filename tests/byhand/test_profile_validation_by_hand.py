"""Validation of scores worked out by hand on a few persons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.numerics.censoring_weights import horizon_weights, uncensored_before
from trajectories.numerics.concordance import area_under_curve

SCORES = pd.Series([0.9, 0.8, 0.6, 0.4, 0.3, 0.2], index=list("abcdef"))
OUTCOMES = pd.Series([1, 0, 1, 1, 0, 0], index=list("abcdef"))

# Censored: A event at 1, B censored at 2, C event at 3, D event at 4, E censored at 5; horizon 3.5.
# G falls to 3/4 at 2, where B, C, D and E are at risk.
FIVE = pd.Series([0.9, 0.5, 0.4, 0.6, 0.2], index=list("ABCDE"))
TIMES = pd.DataFrame({"time": [1, 2, 3, 4, 5], "event": [1, 0, 1, 1, 0]}, index=list("ABCDE"))


def estimate(table: pd.DataFrame, measure: str) -> float:
    row = table[(table["by"] == "everybody") & (table["measure"] == measure)]
    return float(row["estimate"].iloc[0])


def test_area_by_counting_pairs_and_delongs_variance() -> None:
    """Cases 0.9, 0.6, 0.4 beat 3, 2 and 2 of the controls 0.8, 0.3, 0.2: 7 of 9 pairs."""
    found = area_under_curve(SCORES.to_numpy(), OUTCOMES.to_numpy(dtype=bool), np.ones(6))
    assert found.value == pytest.approx(7 / 9)
    # Cases 1, 2/3, 2/3: variance 1/27; controls 1/3, 1, 1: 4/27; a third of their sum.
    assert found.error**2 == pytest.approx((1 / 27 + 4 / 27) / 3)


def test_brier_score_and_net_benefit() -> None:
    found = tr.profiles.validate(SCORES, OUTCOMES, thresholds=[0.25, 0.5])
    assert estimate(found.calibration, "brier") == pytest.approx(1.30 / 6)
    assert estimate(found.calibration, "scaled_brier") == pytest.approx(1 - 1.30 / 6 / 0.25)
    curve = found.decision_curve.set_index(["threshold", "strategy"])["net_benefit"]
    assert curve[0.5, "by score"] == pytest.approx(2 / 6 - 1 / 6)
    assert curve[0.25, "by score"] == pytest.approx(3 / 6 - 2 / 6 / 3)
    assert curve[0.5, "everybody"] == pytest.approx(3 / 6 - 3 / 6)
    assert (curve.xs("nobody", level="strategy") == 0).all()


def test_error_rates_at_a_cut_off_with_wilsons_limits() -> None:
    """Acted on are a, b and c; b wrongly, d is missed."""
    table = tr.profiles.error_rates(SCORES, OUTCOMES, 0.5).set_index("rate")
    assert table["estimate"].to_dict() == pytest.approx(
        {
            "acted_on": 1 / 2,
            "false_positive": 1 / 3,
            "false_negative": 1 / 3,
            "positive_predictive": 2 / 3,
            "negative_predictive": 2 / 3,
        }
    )
    assert table["out_of"].to_dict()["false_positive"] == 3
    z, n, p = 1.959963984540054, 3, 1 / 3
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert table.loc["false_positive", "lower"] == pytest.approx(centre - half)
    assert table.loc["false_positive", "upper"] == pytest.approx(centre + half)


def test_error_rates_by_subgroup_in_one_call() -> None:
    by = pd.DataFrame({"sex": list("mmfmff")}, index=SCORES.index)
    table = tr.profiles.error_rates(SCORES, OUTCOMES, [0.5], by=by)
    rates = table.set_index(["by", "level", "rate"])["estimate"]
    assert rates["sex", "m", "false_positive"] == 1  # b
    assert rates["sex", "m", "false_negative"] == 1 / 2  # d, not a
    assert rates["sex", "f", "false_positive"] == 0
    assert rates["sex", "f", "false_negative"] == 0


def test_weights_for_censoring() -> None:
    time, event = TIMES["time"].to_numpy(dtype=float), TIMES["event"].to_numpy(dtype=bool)
    assert uncensored_before(time, event, np.array([1.0, 2.0, 2.5, 3.0])) == pytest.approx(
        [1, 1, 0.75, 0.75]
    )
    case, weight = horizon_weights(time, event, 3.5)
    assert case.tolist() == [True, False, True, False, False]
    assert weight == pytest.approx([1, 0, 4 / 3, 4 / 3, 4 / 3])


def test_validation_under_censoring() -> None:
    found = tr.profiles.validate(FIVE, TIMES, horizon=3.5)
    # Case A beats D and E, case C (weight 4/3) beats E only.
    assert estimate(found.discrimination, "auc") == pytest.approx(5 / 7)
    # A comes before four others and beats all; C before D and E and beats E.
    assert estimate(found.discrimination, "harrell_c") == pytest.approx(5 / 6)
    # Uno weighs C's pairs by (4/3)^2.
    assert estimate(found.discrimination, "uno_c") == pytest.approx(13 / 17)
    # Kaplan-Meier: (1 - 1/5)(1 - 1/3) = 8/15 without the event.
    assert estimate(found.calibration, "observed_share") == pytest.approx(7 / 15)
    brier = (0.01 + 4 / 3 * (0.36 + 0.36 + 0.04)) / 5
    assert estimate(found.calibration, "brier") == pytest.approx(brier)


def test_all_others_censored_at_one_reference_date() -> None:
    """A common reference date is the rule in registers; nobody is at risk after it."""
    times = TIMES.assign(time=[1, 2, 3, 4, 4], event=[1, 1, 1, 0, 0])
    found = tr.profiles.validate(FIVE, times, horizon=4)
    assert estimate(found.calibration, "observed_share") == pytest.approx(3 / 5)
    # Cases 0.9, 0.5, 0.4 against 0.6 and 0.2: 2 + 1 + 1 of 6.
    assert estimate(found.discrimination, "auc") == pytest.approx(4 / 6)
    with pytest.raises(InputError, match=r"nobody is followed up for the horizon of 4\.5"):
        tr.profiles.validate(FIVE, times, horizon=4.5)


def test_calibration_in_the_large_of_equal_scores() -> None:
    """All scores 1/4, half have the outcome: the intercept is the difference of the logits."""
    scores = pd.Series([0.25] * 4)
    found = tr.profiles.validate(scores, [1, 1, 0, 0])
    assert estimate(found.calibration, "in_the_large") == pytest.approx(np.log(3))
    assert estimate(found.calibration, "observed_to_expected") == pytest.approx(2)
    slope = found.calibration.set_index("measure").loc["slope"]
    assert np.isnan(slope["estimate"])
    assert "do not vary" in slope["reason"]


def test_probability_of_an_offence_ahead_of_two_known_groups() -> None:
    """Two Poisson groups of rates 0.5 and 2, shares 1/2; one year with one offence was seen."""
    from dataclasses import replace

    from trajectories.numerics.mixture import Parameters

    rng = np.random.default_rng(1)
    rate = np.repeat([0.5, 2.0], 60)[:, None] * np.ones(6)
    fitted = tr.GroupTrajectories(2, "poisson", 0).fit(
        tr.Panel.from_wide(rng.poisson(rate), ages=np.arange(15, 21)), n_starts=4
    )
    known = Parameters(np.log([0.5, 0.5]), np.log([[0.5], [2.0]]))
    results = replace(fitted, parameters=known)
    seen = pd.DataFrame([[1.0] + [np.nan] * 5], columns=np.arange(15, 21))
    odds = 2.0 * np.exp(-2.0) / (0.5 * np.exp(-0.5))
    high = odds / (1 + odds)
    expected = 1 - (high * np.exp(-2.0 * 3) + (1 - high) * np.exp(-0.5 * 3))
    found = tr.profiles.risk_ahead(results, seen, 3)
    assert found["probability"].iloc[0] == pytest.approx(expected, rel=1e-9)
    late = tr.profiles.risk_ahead(results, seen, 6)
    assert np.isnan(late["probability"].iloc[0])
    assert "the model ends" in late["refused"].iloc[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, o: (s * 2, o), "between 0 and 1"),
        (lambda s, o: (s, o.astype(float).replace(1.0, np.nan)), "are missing"),
        (lambda s, o: (s, o * 2), "neither 0 nor 1"),
        (lambda s, o: (s, o.iloc[:4]), "2 of 6 scored units are not in the outcomes"),
        (lambda s, o: (s * np.nan, o), "every profile was refused"),
        (lambda s, o: (s.to_frame("p"), o), "which column"),
        (lambda s, o: (s, pd.DataFrame({"time": 1.0, "event": o})), "give the horizon"),
    ],
)
def test_what_cannot_be_validated_is_said(change, message) -> None:
    scores, outcomes = change(SCORES, OUTCOMES)
    with pytest.raises(InputError, match=message):
        tr.profiles.validate(scores, outcomes)


def test_refused_persons_are_counted_not_dropped_in_silence() -> None:
    scores = SCORES.copy()
    scores["b"] = np.nan
    found = tr.profiles.validate(scores, OUTCOMES)
    assert (found.n_scored, found.n_refused) == (5, 1)
