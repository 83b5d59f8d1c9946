"""Laws of scoring and of its validation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.numerics.censoring_weights import horizon_weights
from trajectories.numerics.concordance import area_under_curve, concordance
from trajectories.numerics.mixing_shares import mixing_shares
from trajectories.profiles.ahead import sum_distribution

AGES = np.arange(14, 22)
FAMILIES = ("poisson", "zip", "negbin")


def drawn(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rate = rng.choice([0.3, 2.5], n, p=[0.6, 0.4])[:, None] * np.linspace(1.4, 0.5, len(AGES))
    return rng.poisson(rate).astype(float)


@pytest.fixture(scope="module")
def panel() -> tr.Panel:
    return tr.Panel.from_wide(drawn(250, 1), ages=AGES)


@pytest.fixture(scope="module")
def fits(panel: tr.Panel) -> dict[str, tr.GroupTrajectoriesResults]:
    return {
        family: tr.GroupTrajectories(2, family, 1).fit(panel, n_starts=4) for family in FAMILIES
    }


@pytest.fixture(scope="module")
def model(fits, panel) -> tr.profiles.ScoringModel:
    card = tr.profiles.ModelCard(
        population="invented persons of a test",
        country="nowhere",
        years=(2000, 2008),
        inclusion="drawn by a random generator",
        n_by_subgroup={"all": 250},
        fitted_by="the tests",
        intended_use="testing this package only",
        limits="says nothing about anybody",
        valid_until="2199-12-31",
    )
    return tr.profiles.publish(fits["poisson"], panel, card)


groups = ["group_1", "group_2"]
histories = st.lists(
    st.lists(st.one_of(st.none(), st.integers(0, 6)), min_size=len(AGES), max_size=len(AGES)),
    min_size=1,
    max_size=6,
)


def as_table(rows: list[list[int | None]]) -> pd.DataFrame:
    return pd.DataFrame(np.array(rows, dtype=float), columns=AGES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_full_history_has_the_posterior_of_the_fit(fits, panel, family) -> None:
    table = tr.profiles.score(fits[family], panel, intervals=False)
    scored = (table["refused"] == "").to_numpy()
    assert scored.sum() > 200
    expected = fits[family].posterior.to_numpy()[scored]
    np.testing.assert_allclose(table.loc[scored, groups].to_numpy(), expected, atol=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_history_has_the_shares_of_the_groups(fits, family) -> None:
    nothing = pd.DataFrame(np.full((2, len(AGES)), np.nan), columns=AGES)
    table = tr.profiles.score(fits[family], nothing)
    shares = fits[family].group_probabilities.to_numpy()
    np.testing.assert_allclose(table[groups].to_numpy(), [shares, shares], atol=1e-14)
    assert table["flags"].str.contains("no_history").all()


@given(rows=histories)
def test_contributions_add_up_to_the_log_odds(fits, rows) -> None:
    for results in fits.values():
        known = as_table(rows)
        known = known[known.sum(axis=1) > 0]  # without an offence nothing is scored, nor explained
        if not len(known):
            return
        own = tr.Panel.from_wide(known)
        parts = tr.profiles.contributions(results, own)
        total = parts.groupby("unit", sort=False)["log_odds"].sum().loc[own.units]
        posterior = results.predict_proba(own).to_numpy()
        log_odds = np.log(posterior[:, 1]) - np.log(posterior[:, 0])
        usable = np.isfinite(log_odds) & (np.abs(log_odds) < 25)  # beyond, 1 - p has no digits left
        np.testing.assert_allclose(total.to_numpy()[usable], log_odds[usable], rtol=0, atol=1e-10)


@given(rows=histories)
@settings(max_examples=10)
def test_years_one_at_a_time_are_years_all_at_once(fits, rows) -> None:
    for results in fits.values():
        known = as_table(rows)
        known = known[known.sum(axis=1) > 0]  # without an offence nothing is scored, nor explained
        if not len(known):
            return
        steps = tr.profiles.development(results, tr.Panel.from_wide(known))
        for age, own in steps.dropna(subset="age").groupby("age"):
            so_far = known.loc[own["unit"].unique(), AGES[age >= AGES]]
            expected = results.predict_proba(tr.Panel.from_wide(so_far)).to_numpy()
            np.testing.assert_allclose(own["probability"], expected.ravel(), atol=1e-12)


@given(rows=histories)
@settings(max_examples=15)
def test_scores_without_intervals_are_the_same_scores(fits, model, rows) -> None:
    """They take another way through the code, made for millions of histories."""
    table = as_table(rows)
    for one in (*fits.values(), model):
        full = tr.profiles.score(one, table)
        plain = tr.profiles.score(one, table, intervals=False)
        numbers = [name for name in plain if name != "flags"]
        pd.testing.assert_frame_equal(plain[numbers], full[numbers], rtol=1e-9, atol=1e-12)


@given(rows=histories, seed=st.integers(0, 99))
@settings(max_examples=10)
def test_the_order_of_persons_changes_no_score(model, rows, seed) -> None:
    table = as_table(rows)
    mixed = table.sample(frac=1, random_state=seed)
    first = tr.profiles.score(model, table)
    second = tr.profiles.score(model, mixed).loc[table.index]
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


@given(rows=histories)
@settings(max_examples=10)
def test_probabilities_sum_to_one_and_limits_hold_them(model, rows) -> None:
    table = tr.profiles.score(model, as_table(rows))
    scored = table[table["refused"] == ""]
    np.testing.assert_allclose(scored[groups].sum(axis=1), 1, atol=1e-12)
    for name in groups:
        assert (scored[f"{name}_lower"] <= scored[name]).all()
        assert (scored[name] <= scored[f"{name}_upper"]).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("years", [1, 3, 8])
def test_forecast_distributions_sum_to_one_and_have_the_mean(fits, family, years) -> None:
    chances = sum_distribution(fits[family], AGES[:years].astype(float))
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-9)
    curves = fits[family].trajectories()["mean"].to_numpy().reshape(2, len(AGES))
    means = curves[:, :years].sum(axis=1)
    np.testing.assert_allclose(chances @ np.arange(chances.shape[1]), means, rtol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_risk_ahead_is_one_less_the_chance_of_none(fits, family) -> None:
    seen = pd.DataFrame(drawn(30, 5)[:, :4], columns=AGES[:4])
    risk = tr.profiles.risk_ahead(fits[family], seen, 3)
    kept = (risk["refused"] == "").to_numpy()
    posterior = fits[family].predict_proba(tr.Panel.from_wide(seen)).to_numpy()[kept]
    none = posterior @ sum_distribution(fits[family], AGES[4:7].astype(float))[:, 0]
    np.testing.assert_allclose(risk["probability"].to_numpy()[kept], 1 - none, atol=1e-10)
    assert (risk["lower"].dropna() <= risk["probability"].dropna()).all()


def test_recalibrating_to_the_persons_fitted_changes_nothing(model, panel) -> None:
    again = tr.profiles.recalibrate(model, panel, model.card)
    old, new = model.results, again.results
    np.testing.assert_allclose(
        new.group_probabilities.to_numpy(), old.group_probabilities.to_numpy(), atol=1e-7
    )
    assert again.card.recalibrated_from == model.checksum
    assert again.checksum != model.checksum
    assert new.llf == pytest.approx(old.llf, abs=1e-6)


def test_recalibration_to_repeated_persons_is_that_to_weighted_ones(model) -> None:
    counts = drawn(120, 7)
    times = np.arange(120) % 3 + 1
    weighted = tr.Panel.from_wide(counts, ages=AGES, weights=times.astype(float))
    repeated = tr.Panel.from_wide(np.repeat(counts, times, axis=0), ages=AGES)
    one, other = (tr.profiles.recalibrate(model, p, model.card) for p in (weighted, repeated))
    np.testing.assert_allclose(one.results.covariance, other.results.covariance, rtol=1e-6)
    np.testing.assert_allclose(
        one.results.parameters.pack(), other.results.parameters.pack(), rtol=1e-8
    )


def test_recalibrated_logits_move_with_the_curves_as_their_covariance_says(model) -> None:
    """The block of shares and curves is d logit / d theta times the covariance of the curves."""
    from trajectories.groups.adequacy.person_density import group_log_density
    from trajectories.numerics.mixture import Parameters

    new = tr.Panel.from_wide(drawn(200, 8), ages=AGES)
    results = tr.profiles.recalibrate(model, new, model.card).results
    theta = results.parameters.theta

    def logit(at: np.ndarray) -> float:
        density = group_log_density(
            results.model, Parameters(results.parameters.log_probability, at), new
        )
        shares, _, _ = mixing_shares(density, np.ones(200), results.parameters.log_probability)
        return float(shares[1] - shares[0])

    slope = np.zeros(theta.size)
    for place in range(theta.size):
        step = np.zeros(theta.size)
        step[place] = 1e-5
        step = step.reshape(theta.shape)
        slope[place] = (logit(theta + step) - logit(theta - step)) / 2e-5
    curves = results.covariance[1:, 1:]
    np.testing.assert_allclose(slope @ curves, results.covariance[0, 1:], atol=1e-7)


def test_no_drift_between_a_period_and_itself(model, panel) -> None:
    found = tr.profiles.drift(model, panel, panel)
    assert (found.stability["index"].abs() < 1e-12).all()
    assert (found.stability["reading"] == "no more than chance").all()
    assert (found.shares["change"].abs() < 1e-12).all()
    assert (found.refusals["change"] == 0).all()
    pd.testing.assert_series_equal(
        found.probabilities["before"], found.probabilities["after"], check_names=False
    )


persons = st.lists(
    st.tuples(st.integers(1, 19), st.integers(1, 12), st.booleans()), min_size=4, max_size=40
)


def arrays(rows: list[tuple[int, int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    score, time, event = (np.array(values) for values in zip(*rows, strict=True))
    return score / 20, time.astype(float), event.astype(bool)


@given(rows=persons)
def test_concordance_counts_every_comparable_pair(rows) -> None:
    score, time, event = arrays(rows)
    weight = 1 + score
    top = bottom = 0.0
    for i in np.flatnonzero(event):
        later = (time > time[i]) | ((time == time[i]) & ~event)
        later[i] = False
        higher = (score[i] > score[later]) + (score[i] == score[later]) / 2
        top, bottom = top + weight[i] * higher.sum(), bottom + weight[i] * later.sum()
    found = concordance(score, time, event, weight)
    if not bottom:
        assert np.isnan(found.value)
    else:
        assert found.value == pytest.approx(top / bottom)


@given(rows=persons, horizon=st.integers(1, 12))
def test_weights_for_censoring_stand_for_everybody(rows, horizon) -> None:
    """They sum to the number of persons, and the weighted share is one less Kaplan-Meier."""
    _, time, event = arrays(rows)
    if time.max() < horizon:
        return
    case, weight = horizon_weights(time, event, horizon)
    survival = 1.0
    for t in np.unique(time[event & (time <= horizon)]):
        survival *= 1 - (event & (time == t)).sum() / (time >= t).sum()
    assert weight @ case / len(time) == pytest.approx(1 - survival)
    if (weight[~case] > 0).any() or case.all():
        assert weight.sum() == pytest.approx(len(time))


@given(rows=persons)
def test_the_area_turns_round_with_the_score_and_only_ranks_count(rows) -> None:
    score, _, event = arrays(rows)
    if event.all() or not event.any():
        return
    ones = np.ones(len(score))
    found = area_under_curve(score, event, ones)
    assert area_under_curve(-score, event, ones).value == pytest.approx(1 - found.value)
    assert area_under_curve(np.exp(3 * score), event, ones).value == pytest.approx(found.value)


@given(rows=persons)
@settings(max_examples=10)
def test_times_without_censoring_are_zeros_and_ones(rows) -> None:
    score, time, event = arrays(rows)
    followed = pd.DataFrame({"time": np.where(event, time, 12.0), "event": event.astype(int)})
    one = tr.profiles.validate(score, followed, horizon=12)
    other = tr.profiles.validate(score, event.astype(int))
    for name in ("calibration", "calibration_curve", "decision_curve"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    areas = [v.discrimination[v.discrimination["measure"] == "auc"] for v in (one, other)]
    pd.testing.assert_frame_equal(*areas)


@given(rows=persons, seed=st.integers(0, 99))
@settings(max_examples=10)
def test_the_order_of_persons_changes_no_validation(rows, seed) -> None:
    score, time, event = arrays(rows)
    scores = pd.Series(score)
    outcomes = pd.DataFrame({"time": time, "event": event.astype(int)})
    mixed = scores.sample(frac=1, random_state=seed)
    horizon = float(time.max())
    by = pd.Series(np.arange(len(score)) % 2, name="half")
    one, other = (
        tr.profiles.validate(s, outcomes, horizon=horizon, by=by, cut_offs=[0.5])
        for s in (scores, mixed)
    )
    for name in (
        "discrimination",
        "calibration",
        "calibration_curve",
        "decision_curve",
        "error_rates",
    ):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), rtol=1e-9)


def test_who_is_left_out_of_a_forecast_is_counted(model) -> None:
    counts = drawn(80, 11)
    table = tr.profiles.validate_forecast(model, tr.Panel.from_wide(counts, ages=AGES), 17)
    left = table.set_index("measure").loc["left_out", "persons"]
    whole = table[(table["measure"] == "observed_to_expected") & table["age"].isna()]
    assert left + whole["persons"].iloc[0] == 80
    by_age = table[(table["measure"] == "observed_to_expected") & table["age"].notna()]
    assert by_age["observed"].sum() == whole["observed"].iloc[0]
    assert by_age["expected"].sum() == pytest.approx(whole["expected"].iloc[0])
