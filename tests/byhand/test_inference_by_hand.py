"""Covariances, tests, areas and peaks against closed forms, other software and derivatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import logit
from scipy.stats import chi2, norm
from sklearn.metrics import adjusted_rand_score

import trajectories as tr
from trajectories.groups.inference.agreement import (
    adjusted_rand,
    contingency,
    jaccard,
    matching_order,
)
from trajectories.groups.inference.bands import envelope, largest_deviation
from trajectories.groups.inference.peak_age import highest_age
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.hypotheses import half_chi_squared
from trajectories.numerics.unit_scores import outer_by_unit, score_blocks

Z = norm.ppf(0.975)


@pytest.fixture(scope="module")
def one_group() -> tuple[tr.Panel, tr.GroupTrajectoriesResults]:
    """Overdispersed counts of 150 persons at 4 ages, with exposure and weights of 1 to 3."""
    rng = np.random.default_rng(5)
    mean = rng.gamma(1.5, 0.8, 150)[:, None] * np.exp(0.15 * np.arange(4))
    free = rng.choice([0.5, 1.0], (150, 4))
    panel = tr.Panel.from_wide(
        rng.poisson(mean * free).astype(float),
        ages=[-1.5, -0.5, 0.5, 1.5],
        exposure=free,
        weights=rng.integers(1, 4, 150).astype(float),
    )
    return panel, tr.GroupTrajectories(1, "poisson", 1).fit(panel)


@pytest.fixture(scope="module")
def two_groups() -> tuple[tr.Panel, tr.GroupTrajectoriesResults]:
    rng = np.random.default_rng(8)
    ages = np.arange(12.0, 22.0)
    curves = np.exp(np.array([[-1.0], [1.2]]) - 0.03 * (ages - [[16.0], [18.0]]) ** 2)
    counts = rng.poisson(curves[(rng.random(300) < 0.4).astype(int)]).astype(float)
    panel = tr.Panel.from_wide(counts, ages=ages)
    return panel, tr.GroupTrajectories(2, "poisson", 2).fit(panel)


def glm_rows(panel: tr.Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One row a cell, persons as often as they weigh: outcome, design, exposure, person."""
    times = panel.weights.astype(int)
    rows = np.repeat(np.arange(panel.n_units), times)
    person = np.repeat(np.arange(len(rows)), panel.n_ages)
    design = np.tile(np.vander(panel.ages, 2, increasing=True), (len(rows), 1))
    return panel.outcomes[rows].ravel(), design, panel.exposure[rows].ravel(), person


def test_one_poisson_group_has_the_glms_robust_covariance(one_group) -> None:
    panel, results = one_group
    outcome, design, exposure, person = glm_rows(panel)
    glm = sm.GLM(outcome, design, family=sm.families.Poisson(), exposure=exposure).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    n = panel.total_weight
    robust = results.with_covariance("robust", panel)
    np.testing.assert_allclose(robust.cov_params(), glm.cov_params() * n / (n - 1), rtol=1e-6)
    assert (robust.bse > 1.2 * results.bse).all()  # the counts are overdispersed


def test_one_age_has_the_glms_heteroscedasticity_consistent_covariance() -> None:
    counts = np.random.default_rng(2).negative_binomial(1, 0.4, 200).astype(float)
    panel = tr.Panel.from_wide(counts[:, None], ages=[20])
    results = tr.GroupTrajectories(1, "poisson", 0).fit(panel).with_covariance("robust", panel)
    glm = sm.GLM(counts, np.ones((200, 1)), family=sm.families.Poisson()).fit(cov_type="HC0")
    np.testing.assert_allclose(results.bse, glm.bse * np.sqrt(200 / 199), rtol=1e-8)


def test_one_poisson_group_has_the_glms_cluster_covariance(one_group) -> None:
    panel, results = one_group
    outcome, design, exposure, person = glm_rows(panel)
    family = np.random.default_rng(4).integers(0, 30, panel.n_units)
    by_row = np.repeat(family, panel.weights.astype(int))[person]
    glm = sm.GLM(outcome, design, family=sm.families.Poisson(), exposure=exposure).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": by_row, "use_correction": False}
    )
    names = pd.Series([f"family {number}" for number in family], index=panel.units)
    clustered = results.with_covariance("cluster", panel, clusters=names.sample(frac=1.0))
    c = len(np.unique(family))
    assert clustered.n_clusters == c
    np.testing.assert_allclose(clustered.cov_params(), glm.cov_params() * c / (c - 1), rtol=1e-6)


def test_the_score_of_a_unit_is_the_derivative_of_its_log_likelihood(two_groups) -> None:
    panel, results = two_groups
    few = panel.subset(slice(0, 6))
    mixture = make_mixture(few, results.model, prepare(few, results.family, merge=False).statistics)
    packed = results.parameters.pack() + 0.1
    at = type(results.parameters).unpack
    scores = np.concatenate([block.T for _, block in score_blocks(mixture, at(packed, 2))])
    size = 1e-6
    for unit in range(6):
        alone = few.subset([unit])
        own = make_mixture(
            alone, results.model, prepare(alone, results.family, merge=False).statistics
        )
        for place in range(len(packed)):
            shift = size * np.eye(len(packed))[place]
            up, down = own.e_step(at(packed + shift, 2)), own.e_step(at(packed - shift, 2))
            slope = (up.llf - down.llf) / (2 * size)
            assert scores[unit, place] == pytest.approx(slope, rel=1e-5, abs=1e-5)
    outer = outer_by_unit(mixture, at(packed, 2))
    np.testing.assert_allclose(outer, scores.T @ scores, rtol=1e-10)


def test_a_wald_test_is_that_of_statsmodels(one_group) -> None:
    panel, results = one_group
    outcome, design, exposure, _ = glm_rows(panel)
    glm = sm.GLM(outcome, design, family=sm.families.Poisson(), exposure=exposure).fit(tol=1e-12)
    matrix = np.array([[1.0, 0.0], [1.0, -2.0]])
    theirs = glm.wald_test((matrix, np.array([0.1, 0.2])), scalar=True)
    ours = results.wald_test(matrix, [0.1, 0.2])
    assert ours.statistic == pytest.approx(float(theirs.statistic), rel=1e-6)
    assert ours.p_value == pytest.approx(float(theirs.pvalue), rel=1e-5)
    assert ours.df == 2
    assert ours.null == (
        "mean intercept of group 1 = 0.1 and "
        "mean intercept of group 1 - 2 mean age of group 1 = 0.2"
    )
    labelled = pd.DataFrame(matrix, columns=results.params.index).iloc[:, ::-1]
    assert results.wald_test(labelled, [0.1, 0.2]).statistic == pytest.approx(ours.statistic)


def test_one_restriction_is_the_square_of_estimate_over_error(two_groups) -> None:
    _, results = two_groups
    one = results.params.index[3]
    test = results.wald_test(pd.Series(1.0, index=pd.MultiIndex.from_tuples([one])))
    ratio = results.params.iloc[3] / results.bse.iloc[3]
    assert test.statistic == pytest.approx(ratio**2, rel=1e-6)
    assert test.p_value == pytest.approx(2 * norm.sf(abs(ratio)), rel=1e-6)


def test_the_highest_degree_is_the_last_power(two_groups) -> None:
    _, results = two_groups
    test = results.test_highest_degree(2)
    ratio = results.params.loc["mean", 2, "age^2"] / results.bse.loc["mean", 2, "age^2"]
    assert test.statistic == pytest.approx(ratio**2, rel=1e-6)
    assert test.null == "the highest term of the mean curve is zero: age^2 of group 2"
    both = results.test_highest_degree()
    assert both.df == 2
    matrix = np.zeros((2, len(results.params)))
    matrix[0, 3] = matrix[1, 6] = 1.0
    assert list(results.params.index[[3, 6]]) == [("mean", 1, "age^2"), ("mean", 2, "age^2")]
    assert both.statistic == pytest.approx(results.wald_test(matrix).statistic, rel=1e-6)


def test_equal_curves_are_equal_powers_and_parallel_ones_all_but_the_intercept(two_groups) -> None:
    _, results = two_groups
    equal = np.zeros((3, len(results.params)))
    equal[range(3), range(1, 4)] = 1.0
    equal[range(3), range(4, 7)] = -1.0
    same = results.test_equal_curves(1, 2)
    assert same.statistic == pytest.approx(results.wald_test(equal).statistic, rel=1e-6)
    assert same.df == 3
    assert "a group too many" in same.caution
    parallel = results.test_equal_curves(2, 1, shape_only=True)
    assert parallel.statistic == pytest.approx(results.wald_test(equal[1:]).statistic, rel=1e-5)
    assert (parallel.df, parallel.caution) == (2, "")


def test_the_likelihood_ratio_of_nested_glms(one_group) -> None:
    panel, results = one_group
    outcome, design, exposure, _ = glm_rows(panel)
    fits = [
        sm.GLM(outcome, columns, family=sm.families.Poisson(), exposure=exposure).fit(tol=1e-12)
        for columns in (design, design[:, :1])
    ]
    test = results.likelihood_ratio_test(tr.GroupTrajectories(1, "poisson", 0).fit(panel))
    expected = 2 * (fits[0].llf - fits[1].llf)
    assert test.statistic == pytest.approx(expected, rel=1e-6)
    assert test.p_value == pytest.approx(chi2.sf(expected, 1), rel=1e-5)
    assert test.df == 1


def test_at_an_edge_half_of_the_statistics_are_zero() -> None:
    test = half_chi_squared("no dispersion", "likelihood-ratio test", 2.705543, "")
    assert test.p_value == pytest.approx(0.05, abs=1e-6)
    assert half_chi_squared("no dispersion", "likelihood-ratio test", 0.0, "").p_value == 1.0


def test_the_dispersion_of_overdispersed_counts_is_tested_at_its_edge() -> None:
    counts = np.random.default_rng(6).negative_binomial(2, 0.5, (120, 4)).astype(float)
    panel = tr.Panel.from_wide(counts)
    plain, wide = (tr.GroupTrajectories(1, name, 0).fit(panel) for name in ("poisson", "negbin"))
    test = wide.likelihood_ratio_test(plain)
    statistic = 2 * (wide.llf - plain.llf)
    assert test.p_value == pytest.approx(chi2.sf(statistic, 1) / 2)
    assert test.distribution.startswith("half zero")


def test_a_constant_curve_has_the_poisson_interval_of_its_sum() -> None:
    counts = np.random.default_rng(9).poisson(0.8, (50, 6)).astype(float)
    results = tr.GroupTrajectories(1, "poisson", 0).fit(tr.Panel.from_wide(counts, ages=range(6)))
    rate, total = counts.mean(), counts.sum()
    row = results.expected_outcome(1, 3).loc[1]
    assert row["expected"] == pytest.approx(3 * rate)
    assert row["lower"] == pytest.approx(3 * rate * np.exp(-Z / np.sqrt(total)), rel=1e-6)
    assert row["upper"] == pytest.approx(3 * rate * np.exp(Z / np.sqrt(total)), rel=1e-6)
    assert results.expected_outcome(1, 3, over="area").loc[1, "expected"] == pytest.approx(2 * rate)


def test_the_area_under_an_exponential_curve_and_its_error(one_group) -> None:
    _, results = one_group
    (a, b), covariance = results.params, results.cov_params().to_numpy()
    low, high = -1.0, 1.25

    def area(a: float, b: float) -> float:
        return np.exp(a) * (np.exp(b * high) - np.exp(b * low)) / b

    row = results.expected_outcome(low, high, over="area").loc[1]
    assert row["expected"] == pytest.approx(area(a, b), rel=1e-9)
    size = 1e-6
    gradient = np.array([area(a, b), (area(a, b + size) - area(a, b - size)) / (2 * size)])
    error = np.sqrt(gradient @ covariance @ gradient) / area(a, b)
    assert row["upper"] == pytest.approx(area(a, b) * np.exp(Z * error), rel=1e-5)
    summed = results.expected_outcome(-1.0, 1.5).loc[1, "expected"]
    assert summed == pytest.approx(sum(np.exp(a + b * age) for age in (-0.5, 0.5, 1.5)))


def test_the_peak_of_a_parabola_and_its_error(two_groups) -> None:
    _, results = two_groups
    table = results.peak_age(method="delta")
    for group in (1, 2):
        b1, b2 = (results.params.loc["mean", group, term] for term in ("age", "age^2"))
        peak = -b1 / (2 * b2)
        block = results.cov_params().loc[("mean", group), ("mean", group)].to_numpy()[1:, 1:]
        gradient = np.array([-1 / (2 * b2), b1 / (2 * b2**2)])
        error = np.sqrt(gradient @ block @ gradient)
        row = table.loc[group]
        assert row["peak_age"] == pytest.approx(peak, abs=1e-4)
        assert row["upper"] - row["peak_age"] == pytest.approx(Z * error, rel=1e-4)
        curve = results.trajectories(ages=[peak])
        assert row["peak"] == pytest.approx(curve.loc[curve["group"] == group, "mean"].item())
    drawn = results.peak_age()  # group 1 is nearly flat, and its peak is not normal
    limits = ["lower", "upper"]
    np.testing.assert_allclose(
        drawn.loc[2, limits].astype(float), table.loc[2, limits].astype(float), atol=0.1
    )
    assert (drawn.loc[2, ["at_first_age", "at_last_age"]] == 0).all()


def test_the_highest_age_is_refined_within_and_exact_at_the_ends() -> None:
    ages = np.linspace(10.0, 20.0, 101)
    curves = np.stack([-((ages - 13.337) ** 2), ages, -ages])
    np.testing.assert_allclose(highest_age(curves, ages), [13.337, 20.0, 10.0], atol=1e-9)
    assert (highest_age(curves, ages)[1:] == [20.0, 10.0]).all()


def test_a_curve_still_rising_has_no_peak() -> None:
    ages = np.arange(10.0, 16.0)
    rng = np.random.default_rng(1)
    panel = tr.Panel.from_wide(rng.poisson(np.exp(0.4 * (ages - 13)), (200, 6)), ages=ages)
    results = tr.GroupTrajectories(1, "poisson", 1).fit(panel)
    drawn = results.peak_age().loc[1]
    assert drawn["at_last_age"] == 1.0
    assert drawn[["peak_age", "lower", "upper"]].eq(15.0).all()
    delta = results.peak_age(method="delta").loc[1]
    assert np.isnan(delta["lower"])
    for row in (drawn, delta):
        assert (
            row["reason"]
            == "highest at the last fitted age: no peak is seen, and it may lie beyond"
        )
    flat = tr.GroupTrajectories(1, "poisson", 0).fit(panel).peak_age().loc[1]
    assert np.isnan(flat["peak_age"])
    assert "flat" in flat["reason"]


def test_the_constant_of_a_band_over_one_two_and_equal_ages() -> None:
    one = largest_deviation(np.eye(1), np.eye(1), np.ones(1), 0.95, 200_000, 0)
    assert one == pytest.approx(Z, abs=0.02)
    two = largest_deviation(np.eye(2), np.eye(2), np.ones(2), 0.95, 200_000, 0)
    assert two == pytest.approx(norm.ppf((1 + np.sqrt(0.95)) / 2), abs=0.02)
    equal = largest_deviation(np.ones((5, 1)), np.eye(1), np.ones(5), 0.95, 200_000, 0)
    assert equal == one


def test_the_band_by_ranks_leaves_out_the_curves_that_are_extreme_anywhere() -> None:
    curves = np.arange(100.0)[:, None] + np.zeros(3)
    curves[40, 1] = 200.0  # extreme at one age only
    lower, upper = envelope(curves, 0.9, simultaneous=True)
    inside = ((curves >= lower) & (curves <= upper)).all(axis=1)
    assert inside.sum() >= 90
    assert not inside[[0, 40, 99]].any()
    pointwise = envelope(curves, 0.9, simultaneous=False)
    assert pointwise[0][0] == pytest.approx(np.quantile(np.arange(100), 0.05))


def test_share_intervals_are_made_on_the_logit(two_groups) -> None:
    _, results = two_groups
    share = results.group_probabilities
    error = results.bse.loc["membership", 2, "intercept"]
    table = results.group_probability_intervals()
    assert logit(table.loc[2, "upper"]) == pytest.approx(logit(share[2]) + Z * error)
    assert table.loc[1, "lower"] == pytest.approx(1 - table.loc[2, "upper"])
    drawn = results.group_probability_intervals(method="simulation")
    np.testing.assert_allclose(drawn[["lower", "upper"]], table[["lower", "upper"]], atol=5e-3)


def test_agreement_of_partitions_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(7)
    one, other = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    weights = rng.integers(1, 4, 40)
    table = contingency(one, other, weights.astype(float), 3)
    ones, others = np.repeat(one, weights), np.repeat(other, weights)
    assert adjusted_rand(table) == pytest.approx(adjusted_rand_score(ones, others))
    assert adjusted_rand(contingency(one, one, None, 3)) == 1.0
    assert adjusted_rand(np.array([[9.0]])) == 1.0
    expected = [
        ((ones == k) & (others == k)).sum() / ((ones == k) | (others == k)).sum() for k in range(3)
    ]
    np.testing.assert_allclose(jaccard(table), expected)


def test_groups_are_matched_whatever_their_numbers() -> None:
    rng = np.random.default_rng(3)
    posterior = rng.dirichlet(np.full(4, 0.1), 200)
    for order in ([2, 0, 3, 1], [3, 2, 1, 0]):
        found = matching_order(posterior, posterior[:, order], None)
        np.testing.assert_array_equal(posterior[:, order][:, found], posterior)
