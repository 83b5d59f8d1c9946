"""Within-person results of a few persons: effects, counts, tests, and what is refused."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from trajectories import lifecourse
from trajectories.errors import InputError
from trajectories.lifecourse.age_terms import age_spline, age_terms
from trajectories.lifecourse.wald import wald_test


def pairs(n10: int, n01: int, population: str, first: int) -> pd.DataFrame:
    """Return persons of two years, with a job in one of them, and one offence: with and without."""
    person = np.repeat(np.arange(first, first + n10 + n01), 2)
    with_job = np.tile([1, 0], n10 + n01)
    offended = np.r_[np.tile([1, 0], n10), np.tile([0, 1], n01)]
    return pd.DataFrame(
        {
            "person": person,
            "population": population,
            "age": np.tile([20, 21], n10 + n01),
            "job": with_job,
            "offended": offended,
        }
    )


@pytest.fixture
def two() -> pd.DataFrame:
    return pd.concat([pairs(10, 30, "a", 0), pairs(20, 25, "b", 100)], ignore_index=True)


def test_pairs_are_mcnemar(two):
    # discordant pairs: the odds ratio is their ratio, the variance of its log 1/n10 + 1/n01
    results = lifecourse.within_person(two, exposures=["job"], by="population", age_df=0)
    effects = results.effects.set_index("population")
    assert effects["estimate"].to_list() == pytest.approx([10 / 30, 20 / 25])
    errors = [sqrt(1 / 10 + 1 / 30), sqrt(1 / 20 + 1 / 25)]
    assert effects["std_error"].to_list() == pytest.approx(errors)
    upper = 10 / 30 * exp(norm.ppf(0.975) * errors[0])
    assert effects.loc["a", "upper"] == pytest.approx(upper)
    assert effects["persons"].to_list() == [40, 45]
    assert results.bse.index.to_list() == ["job [a]", "job [b]"]


def test_equality_is_tested_and_said(two):
    results = lifecourse.within_person(two, exposures=["job"], by="population", age_df=0)
    test = results.test_equal("job")
    difference = log(10 / 30) - log(20 / 25)
    statistic = difference**2 / (1 / 10 + 1 / 30 + 1 / 20 + 1 / 25)
    assert test.statistic == pytest.approx(statistic)
    assert test.p_value == pytest.approx(chi2.sf(statistic, 1))
    assert test.null == "the effect of job on the odds of offended is the same in a and b"
    assert "null: the effect of job on the odds of offended is" in str(test)
    ratio = results.ratios().iloc[0]
    assert ratio["estimate"] == pytest.approx((20 / 25) / (10 / 30))
    assert ratio["p_value"] == pytest.approx(test.p_value)
    other = results.ratios(reference="b").iloc[0]
    assert other["estimate"] == pytest.approx(1 / ratio["estimate"])
    none = results.test_none()
    assert none.df == 2
    assert none.null == "job has no effect on the odds of offended in any of a and b"
    with pytest.raises(InputError, match="one population only"):
        lifecourse.within_person(two, exposures=["job"], age_df=0).test_equal()


def test_persons_without_information_are_counted(two):
    more = pd.DataFrame(
        {
            "person": [901, 901, 902, 902, 903, 904, 904, 905, 905],
            "population": "a",
            "age": [20, 21, 20, 21, 20, 20, 23, 20, 21],
            "job": [1, 0, 1, 0, 1, 1, 0, 1, 0],
            "offended": [0, 0, 1, 1, 1, 1, 0, 1, 0],
            "years_free": [1, 1, 1, 1, 1, 1, 1, 0.0, 1],
        }
    )
    table = pd.concat([two.assign(years_free=1.0), more], ignore_index=True)
    results = lifecourse.within_person(table, exposures=["job"], by="population", age_df=0)
    found = results.information.set_index("population").loc["a"]
    assert found["persons"] == 45
    assert (found["never"], found["always"], found["single_year"]) == (1, 1, 2)
    assert found["informative_persons"] == 41
    assert found["share_without_information"] == pytest.approx(4 / 45)
    assert found["persons_with_gaps"] == 1
    assert found["left_out_no_time_free"] == 1
    assert found["events_left_out_no_time_free"] == 1
    said = results.summary()
    assert "4 of 90 persons carry no information" in said
    assert "1 person with a gap in the years used" in said
    assert "1 year without (enough) time free left out, with 1 event in them" in said


def test_clusters_of_matched_sets_widen_the_errors_across_populations(two):
    # every set holds one person of each population, and they behave alike
    twins = pairs(10, 30, "a", 0)
    both = pd.concat([twins, twins.assign(population="b", person=twins["person"] + 500)])
    both["set"] = both["person"] % 500
    own = lifecourse.within_person(both, exposures=["job"], by="population", age_df=0)
    sets = lifecourse.within_person(
        both, exposures=["job"], by="population", age_df=0, cluster="set"
    )
    np.testing.assert_allclose(sets.bse, own.bse)
    covariance = sets.cov_params().to_numpy()
    # twins have the same score: the two estimates are one
    assert covariance[0, 1] == pytest.approx(covariance[0, 0])
    assert own.cov_params().to_numpy()[0, 1] == pytest.approx(0, abs=1e-12)


def test_groups_known_for_sure_are_populations(two):
    posterior = pd.DataFrame({"a": two.groupby("person")["population"].first() == "a"}, dtype=float)
    posterior["b"] = 1.0 - posterior["a"]
    groups = lifecourse.by_trajectory_group(two, posterior, exposures=["job"], age_df=0)
    populations = lifecourse.within_person(two, exposures=["job"], by="population", age_df=0)
    np.testing.assert_allclose(groups.params, populations.params)
    np.testing.assert_allclose(groups.bse, populations.bse)
    assert groups.information["expected_persons"].to_list() == [40, 45]


def test_groups_that_are_a_coin_toss_have_one_effect_with_the_error_of_one(two):
    posterior = pd.DataFrame(0.5, index=two["person"].unique(), columns=["x", "y"])
    groups = lifecourse.by_trajectory_group(two, posterior, exposures=["job"], age_df=0)
    alone = lifecourse.within_person(two, exposures=["job"], age_df=0)
    np.testing.assert_allclose(groups.params, alone.params.iloc[0])
    np.testing.assert_allclose(groups.bse, alone.bse.iloc[0])
    with pytest.raises(InputError, match="cannot be made: 1 restrictions"):
        groups.test_equal("job")  # nothing tells them apart
    assert "cannot be made" in groups.summary()


@pytest.mark.parametrize(
    ("change", "kwargs", "says"),
    [
        ({"sex": 1.0}, {"exposures": ["sex"]}, "'sex' never varies within any of the 85 strata"),
        ({"arrest": lambda t: t["offended"]}, {"exposures": ["job", "arrest"]}, "'arrest' separ"),
        ({"double": lambda t: 2 * t["job"]}, {"exposures": ["job", "double"]}, "'double' is a com"),
        ({}, {"exposures": ["wage"]}, "without column 'wage'"),
        ({}, {"exposures": []}, "none given"),
        ({}, {"controls": ["job"]}, "'job' named twice"),
        ({"job": np.nan}, {}, "values missing .'job' in 170 rows"),
        ({"job": "yes"}, {}, "'job' holds no numbers"),
        ({"offended": 2}, {}, "other values in 170 rows"),
        ({"age": 20}, {}, "of a person and age seen before"),
        ({"age": 20.5}, {}, "'age' holds no whole number"),
        ({"population": lambda t: t["offended"]}, {"by": "population"}, "85 persons with more"),
        ({"population": None}, {"by": "population"}, "'population' missing in 170 rows"),
        ({"years_free": -1.0}, {}, "'years_free' missing or below 0"),
        (
            {"years_free": 0.0},
            {},
            "none of 170 rows is left .*: 170 have too little",
        ),
        ({}, {"age_df": 4}, "age_df=4 needs at least 5 different ages"),
        ({}, {"age_df": -1}, "age_df= must be a whole number"),
        ({}, {"missing": "ignore"}, "missing= must be"),
        ({}, {"model": "probit"}, "model= must be"),
        ({}, {"level": 2.0}, "level must lie between 0 and 1"),
        ({"offended": 0}, {}, "none of 85 strata is informative: 0 have one row, 85 no event"),
    ],
)
def test_what_cannot_be_estimated_is_named(two, change, kwargs, says):
    table = two.assign(**change)
    with pytest.raises(InputError, match=says):
        _ = lifecourse.within_person(table, **{"exposures": ["job"], "age_df": 0, **kwargs}).effects


def test_a_covariate_that_separates_in_one_population_is_named_with_it(two):
    table = two.assign(arrest=two["offended"] * (two["population"] == "a"))
    with pytest.raises(InputError, match=r"'arrest \[b\]' never varies"):
        lifecourse.within_person(table, exposures=["arrest"], by="population", age_df=0)
    table["arrest"] += (two["population"] == "b") * two["job"]
    with pytest.raises(InputError, match=r"'arrest \[a\]' separates"):
        lifecourse.within_person(table, exposures=["arrest"], by="population", age_df=0)


def test_missing_values_are_left_out_and_counted_when_asked(two):
    table = two.astype({"job": float})
    table.loc[table["person"] == 0, "job"] = np.nan
    results = lifecourse.within_person(table, exposures=["job"], age_df=0, missing="drop")
    assert results.information["left_out_missing"].to_list() == [2]
    assert results.information["persons"].to_list() == [84]


@pytest.mark.parametrize(
    ("posterior", "says"),
    [
        (lambda p: p.iloc[1:], "posterior lacks 1 person"),
        (lambda p: p * 0.9, "85 rows that are no probabilities"),
        (lambda p: pd.concat([p, p]), "each person once"),
        (lambda p: p["x"], "posterior must be a DataFrame"),
    ],
)
def test_bad_posteriors_are_named(two, posterior, says):
    good = pd.DataFrame(0.5, index=two["person"].unique(), columns=["x", "y"])
    with pytest.raises(InputError, match=says):
        lifecourse.by_trajectory_group(two, posterior(good), exposures=["job"], age_df=0)


def test_a_wald_test_is_a_squared_distance():
    b, V = np.array([1.0, 2.0]), np.array([[2.0, 1.0], [1.0, 3.0]])
    test = wald_test("b is 0", b, V, list(np.eye(2)))
    assert test.statistic == pytest.approx(b @ np.linalg.inv(V) @ b)
    assert test.df == 2


def test_the_age_spline_is_straight_beyond_its_ends_and_has_no_constant():
    age = np.repeat(np.arange(16, 41), 3).astype(float)
    spline = age_spline(age, 4)
    far = spline.evaluate(np.array([50.0, 51.0, 52.0]))
    np.testing.assert_allclose(far[2] - far[1], far[1] - far[0], atol=1e-9)
    terms = age_terms(age, 4)
    assert terms.shape == (75, 4)
    assert np.linalg.matrix_rank(np.column_stack([terms, np.ones(75)])) == 5
    assert age_terms(age, 0).shape == (75, 0)


def test_event_time_is_counted_from_the_first_transition_seen():
    table = pd.DataFrame(
        {
            "person": [1] * 5 + [2] * 4 + [3] * 2 + [4] * 3,
            "age": [20, 21, 22, 23, 24, 20, 21, 22, 23, 20, 22, 20, 21, 22],
            "job": [0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1],
            "offended": [1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0],
        }
    )
    from trajectories.lifecourse.event_study import NEVER, relative_years
    from trajectories.lifecourse.model_rows import Columns, read_rows

    rows = read_rows(table, Columns("offended", "person", ("job",)), "logit", 0.0, "raise")
    entering = relative_years(rows, "job", "entering")
    # 3 has a gap between the two years: when the job began is not known
    expected = [-2, -1, 0, 1, 2, -2, -1, 0, 1, NEVER, NEVER, NEVER, NEVER, NEVER]
    assert entering.tolist() == expected
    leaving = relative_years(rows, "job", "leaving")
    assert leaving.tolist()[:9] == [-3, -2, -1, 0, 1, -1, 0, 1, 2]
