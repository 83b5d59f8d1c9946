"""Matching, effects and sensitivity where every number can be worked out on paper."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from trajectories.errors import MatchingWarning, SeparationWarning
from trajectories.matching import (
    Eligible,
    e_value,
    e_values,
    group_weights,
    match,
    match_at_risk,
    mcnemar,
)
from trajectories.matching.multiplicity import adjusted
from trajectories.numerics.hidden_bias import (
    aligned_rank_bounds,
    signed_rank_bounds,
    yes_no_bounds,
)
from trajectories.numerics.share_limits import wilson
from trajectories.panel import Register


def test_the_hardest_case_chooses_first() -> None:
    cases = pd.DataFrame({"x": [0.0, 1.0]})
    pool = pd.DataFrame({"x": [0.6, -0.5]})
    # both could have 0.6 within the caliper; only the first could have −0.5
    options = {"nearest": ["x"], "caliper": 0.7, "caliper_scale": "units"}
    sets = match(cases, pool, **options)
    assert sets.rows["controls"][:, 0].tolist() == [1, 0]
    assert sets.account["eligible"].tolist() == [2, 1]
    assert match(cases, pool, **options, order="data").rows["controls"][:, 0].tolist() == [1, 0]


def test_greedy_takes_what_is_near_and_optimal_what_is_best_for_all() -> None:
    cases = pd.DataFrame({"x": [0.0, 1.0]})
    pool = pd.DataFrame({"x": [0.9, -2.0, 3.5]})
    near = match(cases, pool, nearest=["x"], order="data")
    assert near.rows["controls"][:, 0].tolist() == [0, 2]  # 0.9 + 2.5
    best = match(cases, pool, nearest=["x"], method="optimal")
    assert best.rows["controls"][:, 0].tolist() == [1, 0]  # 2.0 + 0.1
    assert best.members["distance"].sum() == pytest.approx(2.1)


def test_every_case_without_controls_has_its_reason() -> None:
    cases = pd.DataFrame(
        {"sex": ["m", "f", "x", "m", None], "x": [0.0, 0.0, 0.0, 0.0, 0.0]}, index=[5, 6, 7, 8, 9]
    )
    pool = pd.DataFrame({"sex": ["m", "f"], "x": [0.0, 9.0]})
    with pytest.warns(MatchingWarning, match="4 cases of 5 without controls"):
        sets = match(
            cases, pool, ["sex"], ["x"], caliper=1.0, caliper_scale="units", missing="exclude"
        )
    assert sets.account["reason"].tolist() == [
        "matched",
        "nobody within the caliper",
        "nobody agrees in the exact columns",
        "eligible controls went to other cases",
        "missing value in a matching column",
    ]
    assert sets.account["eligible"].tolist() == [1, 0, 0, 1, 0]
    assert sets.account["exact"].tolist() == [1, 1, 0, 1, 0]
    with pytest.warns(MatchingWarning, match="fewer eligible than asked"):
        assert match(
            pd.DataFrame({"sex": ["m", "f"]}), pd.DataFrame({"sex": list("mmf")}), ["sex"], ratio=2
        ).account["reason"].tolist() == ["matched", "fewer eligible than asked for"]


def test_a_case_that_cannot_be_completed_gives_its_controls_back() -> None:
    # three controls, two cases that want two each: one gets two, the other none
    cases, pool = pd.DataFrame({"x": [0.0, 1.0]}), pd.DataFrame({"x": [0.1, 0.2, 0.3]})
    with pytest.warns(MatchingWarning):
        sets = match(cases, pool, nearest=["x"], ratio=2)
    assert sorted((sets.rows["controls"] >= 0).sum(axis=1).tolist()) == [0, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sets = match(cases, pool, nearest=["x"], ratio=(1, 2))
    assert sorted((sets.rows["controls"] >= 0).sum(axis=1).tolist()) == [1, 2]


def test_nobody_serves_in_two_populations() -> None:
    cases = pd.DataFrame({"person": [1], "x": [0.0]})
    one = pd.DataFrame({"person": [10, 11], "x": [0.0, 3.0]})
    two = pd.DataFrame({"person": [10, 12], "x": [0.0, 5.0]})
    for method in ("nearest", "optimal"):
        sets = match(cases, {"a": one, "b": two}, nearest=["x"], method=method)
        controls = sets.members.query("role == 'control'")
        assert controls["person"].is_unique
        # the first may have 10 and the second 12 (5), or 11 (3) and 10: the optimum takes these
        assert controls["distance"].sum() == (5.0 if method == "nearest" else 3.0)


def test_calipers_say_on_which_scale_they_are() -> None:
    cases, pool = pd.DataFrame({"x": [0.0, 2.0]}), pd.DataFrame({"x": [0.0, 2.0, 4.0]})
    row = match(cases, pool, nearest=["x"], caliper=0.5).calipers.iloc[0]
    sd = np.sqrt((2.0 + 4.0) / 2.0)  # variances 2 and 4
    assert row["sd"] == pytest.approx(sd)
    assert row["width"] == pytest.approx(0.5 * sd)
    assert row["asked_in"] == "sd"


def test_a_large_pool_is_thinned_out_without_losing_anybody_near() -> None:
    rng = np.random.default_rng(3)
    cases = pd.DataFrame({"sex": rng.integers(0, 2, 40), "x": rng.standard_cauchy(40)})
    pool = pd.DataFrame({"sex": rng.integers(0, 2, 80_000), "x": rng.standard_cauchy(80_000)})
    fast = match(cases, pool, ["sex"], ["x"], ratio=3)
    # a caliper that binds nobody is the way of the general search, which looks at everybody
    general = match(cases, pool, ["sex"], ["x"], ratio=3, caliper={"x": 1e9}, caliper_scale="units")
    np.testing.assert_array_equal(fast.rows["controls"], general.rows["controls"])
    pd.testing.assert_frame_equal(fast.account, general.account)


@pytest.fixture
def pairs() -> tuple[pd.DataFrame, pd.DataFrame]:
    # of eight pairs five differ, four with yes for the case: odds ratio 4
    case = [1, 1, 1, 1, 0, 1, 0, 0]
    control = [0, 0, 0, 0, 1, 1, 0, 0]
    return (
        pd.DataFrame({"pair": range(8), "yes": case, "z": np.arange(8.0)}),
        pd.DataFrame({"pair": range(8), "yes": control, "z": np.arange(8.0) + 1.0}),
    )


def test_effects_of_eight_pairs(pairs: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    sets = match(*pairs, exact=["pair"])
    with pytest.warns(SeparationWarning, match="'z' separates"):
        table = sets.compare(["yes", "z"], adjust="none")
    table = table.set_index(["factor", "measure", "method"]).sort_index()

    def at(factor: str, measure: str, method: str) -> pd.Series:
        return table.loc[[(factor, measure, method)]].iloc[0]

    level = table.xs(("yes", "prevalence"))
    assert level["estimate"].tolist() == [5 / 8, 2 / 8]
    low, high = wilson(5 / 8, 8 * 7 / 8, 1.959963984540054)  # the variance has G/(G − 1)
    assert level[["lower", "upper"]].iloc[0].tolist() == pytest.approx([low, high])
    conditional = at("yes", "odds_ratio", "conditional logistic, cluster-robust")
    assert conditional["estimate"] == pytest.approx(4.0)
    # in pairs the score of each is 1 or −1 times 1/5 or 4/5: both errors are sqrt(1/4 + 1/1)
    assert conditional["standard_error"] == pytest.approx(np.sqrt(1 / 4 + 1))
    assert conditional["n_informative"] == 5
    mh = at("yes", "odds_ratio", "Mantel–Haenszel")
    assert mh["estimate"] == pytest.approx(4.0)
    assert mh["standard_error"] == pytest.approx(np.sqrt(1 / 4 + 1))
    assert at("yes", "odds_ratio", "McNemar, exact")["estimate"] == 4.0
    for method in ("matched sets, clustered", "Mantel–Haenszel"):
        assert at("yes", "risk_ratio", method)["estimate"] == pytest.approx(5 / 2)
        row = at("yes", "risk_difference", method)
        assert row["estimate"] == pytest.approx(3 / 8)
        # differences 1 four times, −1 once, 0 three times
        variance = (4 * (5 / 8) ** 2 + (11 / 8) ** 2 + 3 * (3 / 8) ** 2) / (8 * 7)
        assert row["standard_error"] == pytest.approx(np.sqrt(variance))
    mean = at("z", "mean_difference", "matched sets, clustered")
    assert mean["estimate"] == pytest.approx(-1.0)


def test_a_factor_that_separates_has_an_endless_odds_ratio_with_an_exact_limit() -> None:
    cases = pd.DataFrame({"pair": range(6), "yes": [1] * 6})
    pool = pd.DataFrame({"pair": range(6), "yes": [0] * 6})
    sets = match(cases, pool, exact=["pair"])
    with pytest.warns(SeparationWarning, match="'yes' separates"):
        table = sets.compare(["yes"])
    row = table[table["method"].str.startswith("conditional")].iloc[0]
    assert row["estimate"] == np.inf
    # six of six discordant pairs: theta^6/(1 + theta)^6 = 0.025, McNemar's exact limit
    exact = mcnemar(6, 0)
    assert row["lower"] == pytest.approx(exact.lower)
    assert row["upper"] == exact.upper == np.inf


def test_holm_bonferroni_and_benjamini_hochberg() -> None:
    p = np.array([0.01, 0.04, np.nan, 0.03])
    np.testing.assert_allclose(adjusted(p, "bonferroni"), [0.03, 0.12, np.nan, 0.09])
    np.testing.assert_allclose(adjusted(p, "holm"), [0.03, 0.06, np.nan, 0.06])
    np.testing.assert_allclose(adjusted(p, "benjamini_hochberg"), [0.03, 0.04, np.nan, 0.04])
    np.testing.assert_allclose(adjusted(p, "none"), p)


def test_e_values_as_in_the_paper_that_introduced_them() -> None:
    # VanderWeele & Ding (2017), their first example: 3.9 with interval 1.8 to 8.7
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value(1 / 3.9) == pytest.approx(7.26, abs=0.005)
    table = pd.DataFrame(
        {
            "measure": ["risk_ratio", "odds_ratio", "mean"],
            "estimate": [3.9, 0.5, 2.0],
            "lower": [1.8, 0.2, 1.0],
            "upper": [8.7, 1.2, 3.0],
        }
    )
    found = e_values(table)
    assert found["e_value_limit"].tolist() == pytest.approx([3.0, 1.0])
    assert e_values(table, rare=False)["e_value"].iloc[1] == pytest.approx(e_value(0.5**0.5))


def test_bounds_of_hammonds_pairs_are_binomial_tails() -> None:
    # Hammond's pairs of smokers and non-smokers: 122 differ, in 110 of them the smoker died
    one = np.ones(122, dtype=np.int64)
    has = np.r_[np.ones(110, np.int64), np.zeros(12, np.int64)]
    for gamma in (1.0, 4.0, 6.0):
        upper, lower = yes_no_bounds(has, one, 2 * one, gamma)
        assert upper == pytest.approx(stats.binom.sf(109, 122, gamma / (1 + gamma)), rel=1e-9)
        assert lower == pytest.approx(stats.binom.sf(109, 122, 1 / (1 + gamma)), rel=1e-6)


def test_bounds_meet_without_bias_and_part_with_it() -> None:
    rng = np.random.default_rng(1)
    difference = rng.normal(0.4, 1.0, 50)
    same = signed_rank_bounds(difference, 1.0)
    assert same[0] == pytest.approx(same[1])
    upper, lower = signed_rank_bounds(difference, 2.0)
    assert lower < same[0] < upper
    number = np.repeat(np.arange(30), 4)
    is_case = np.tile([1.0, 0, 0, 0], 30)
    values = rng.normal(size=120) + 0.5 * is_case
    same = aligned_rank_bounds(values, is_case, number, 1.0)
    assert same[0] == pytest.approx(same[1], rel=1e-9)
    upper, lower = aligned_rank_bounds(values, is_case, number, 2.0)
    assert lower < same[0] < upper


def test_weights_undo_a_known_classification_error() -> None:
    # two patterns of history: posterior (0.9, 0.1) and (0.2, 0.8), ten persons each
    posterior = pd.DataFrame([[0.9, 0.1]] * 10 + [[0.2, 0.8]] * 10, columns=["a", "b"])
    weights = group_weights(posterior)
    size = posterior.sum()
    table = np.array([[9 * 0.9 + 2 * 0.2, 9 * 0.1 + 2 * 0.8], [0.9 + 1.6, 0.1 + 6.4]])
    table /= size.to_numpy()[:, None]
    np.testing.assert_allclose(weights.iloc[0], [0.9, 0.1] @ np.linalg.inv(table))
    np.testing.assert_allclose(weights.sum(), size)


def days(*dates: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(dates)))


@pytest.fixture
def register() -> Register:
    persons = pd.DataFrame(
        {
            "person": [1, 2, 3, 4, 5, 6],
            "birth_date": days(*["1980-01-01"] * 6),
            "death_date": days(None, "2005-01-01", None, None, None, None),
            "emigration_date": days(None, None, "2012-01-01", None, None, None),
            "population": ["case", *["pool"] * 5],
        }
    )
    offences = pd.DataFrame(
        {
            "person": [1, 2, 3, 4, 5, 5],
            "offence_date": days(
                "2010-06-01", "2001-01-01", "2001-01-01", "2011-01-01", "2009-01-01", "2011-05-01"
            ),
            "offence_type": ["special", "theft", "theft", "theft", "special", "theft"],
        }
    )
    spells = pd.DataFrame(
        {
            "person": [3, 6],
            "spell_type": ["detention", "job"],
            "start_date": days("2010-05-01", "2010-06-01"),
            "end_date": days("2010-07-01", None),
        }
    )
    relations = pd.DataFrame({"person": [1], "relative": [2], "relation": ["sibling"]})
    return Register(persons, offences, spells, relations, pd.Timestamp("2015-12-31"), study="case")


@pytest.mark.parametrize(
    ("rule", "eligible"),
    [
        (Eligible("before"), [3]),  # 2 is dead, 4 offends later, 5 is a case already
        (Eligible("none_before"), [4, 6]),
        (Eligible("never"), [6]),
        (Eligible("any"), [3, 4, 6]),
        (Eligible("any", at_liberty=True), [4, 6]),  # 3 is in detention that day
        (Eligible("any", persons=[6]), [6]),
    ],
)
def test_controls_are_at_risk_on_the_index_date(
    register: Register, rule: Eligible, eligible: list[int]
) -> None:
    sets = match_at_risk(register, {"c": rule}, ["birth_year"], index="special", ratio=(1, 5))
    controls = sets.members.query("role == 'control'")
    assert sorted(controls["person"]) == eligible
    assert sets.account["eligible"].tolist() == [len(eligible)]
    assert (controls["index_date"] == pd.Timestamp("2010-06-01")).all()


def test_covariates_are_as_of_the_index_date(register: Register) -> None:
    columns = ["age", "prior_offences", "spell:job", "prior_offences:theft", "in_detention"]
    sets = match_at_risk(register, {"c": "any"}, [], columns, index="special", ratio=(1, 5),
                         distance="plain")  # fmt: skip
    table = sets.members.set_index("person")
    assert table.loc[3, "prior_offences"] == 1
    assert table.loc[4, "prior_offences"] == 0  # 2011 lies ahead
    assert table.loc[6, "spell:job"] == 1  # begins that day
    assert table.loc[1, "prior_offences"] == 0  # the index offence itself is none before
    assert table.loc[3, "in_detention"] == 1
    assert table.loc[1, "age"] == pytest.approx(30.41, abs=0.01)


def test_leaving_a_stratum_out_is_comparing_without_it() -> None:
    rng = np.random.default_rng(8)

    def people(n: int, chance: float) -> pd.DataFrame:
        town = rng.choice(["a", "b", "c"], n)
        return pd.DataFrame({"town": town, "yes": rng.random(n) < chance, "n": np.arange(n)})

    cases, pool = people(60, 0.6), people(400, 0.3)
    table = match(cases, pool, ["town"], ["n"]).leave_one_out(["yes"]).set_index("left_out")
    for town in "abc":
        kept = [frame[frame["town"] != town] for frame in (cases, pool)]
        again = match(*kept, ["town"], ["n"]).compare(["yes"])
        row = again[again["method"].str.startswith("conditional")].iloc[0]
        assert table.loc[town, "estimate"] == pytest.approx(row["estimate"], rel=1e-9)
        assert table.loc[town, "n_left_out"] == (cases["town"] == town).sum()
    assert table.loc[town, "change"] == pytest.approx(
        table.loc[town, "estimate"] / table.loc["", "estimate"]
    )
