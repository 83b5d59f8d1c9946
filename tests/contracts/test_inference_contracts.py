"""What inference refuses, what it says instead of a number, and what is kept in a saved model."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, TrajectoriesWarning
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest

AGES = np.arange(12.0, 20.0)


def quiet(spec: tr.GroupTrajectories, panel: tr.Panel, **options) -> tr.GroupTrajectoriesResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        return spec.fit(panel, **options)


@pytest.fixture(scope="module")
def panel() -> tr.Panel:
    rng = np.random.default_rng(12)
    curves = np.exp(np.array([[-1.0], [1.1]]) - 0.04 * (AGES - [[15.0], [17.0]]) ** 2)
    counts = rng.poisson(curves[(rng.random(200) < 0.4).astype(int)]).astype(float)
    return tr.Panel.from_wide(counts, ages=AGES, units=[f"u{number}" for number in range(200)])


@pytest.fixture(scope="module")
def results(panel: tr.Panel) -> tr.GroupTrajectoriesResults:
    return tr.GroupTrajectories(2, "poisson", 2).fit(panel)


@pytest.fixture(scope="module")
def houses(panel: tr.Panel) -> pd.Series:
    return pd.Series(np.arange(200) // 5, index=panel.units)


@pytest.fixture(scope="module")
def silent() -> tr.GroupTrajectoriesResults:
    """A group whose rate went to zero: its standard errors are withheld."""
    rng = np.random.default_rng(2)
    counts = np.zeros((150, 6))
    counts[:60] = rng.poisson(2.0, (60, 6))
    results = quiet(tr.GroupTrajectories(2, "poisson", 1), tr.Panel.from_wide(counts))
    assert results.stop_reason is tr.StopReason.BOUNDARY
    return results


def test_fit_takes_the_covariance_and_gives_the_same(panel, results, houses) -> None:
    spec = tr.GroupTrajectories(2, "poisson", 2)
    robust = spec.fit(panel, covariance="robust")
    pd.testing.assert_series_equal(robust.bse, results.with_covariance("robust", panel).bse)
    cluster = spec.fit(panel, covariance="cluster", clusters=houses)
    expected = results.with_covariance("cluster", panel, houses)
    pd.testing.assert_series_equal(cluster.bse, expected.bse)
    back = cluster.with_covariance("observed", panel)
    np.testing.assert_allclose(back.bse, results.bse, rtol=1e-9)
    assert back.n_clusters is None


def test_weights_given_to_fit_are_used_in_its_covariance(panel) -> None:
    weights = np.random.default_rng(1).integers(1, 4, panel.n_units).astype(float)
    spec = tr.GroupTrajectories(2, "poisson", 2)
    given = spec.fit(panel, weights=weights, covariance="robust")
    held = tr.Panel(outcomes=panel.outcomes, ages=AGES, weights=weights)
    np.testing.assert_allclose(given.bse, spec.fit(held, covariance="robust").bse, rtol=1e-7)


def test_the_kind_of_covariance_is_printed_and_saved(
    panel, results, houses, tmp_path: Path
) -> None:
    robust = results.with_covariance("robust", panel)
    cluster = results.with_covariance("cluster", panel, houses)
    assert "covariance: inverse of the exact observed information" in results.summary()
    assert "covariance: robust to misspecification (sandwich, factor N / (N - 1))" in (
        robust.summary()
    )
    assert "covariance: robust to 40 clusters (sandwich, factor C / (C - 1))" in cluster.summary()
    cluster.save(tmp_path / "model.json")
    loaded = tr.load(tmp_path / "model.json")
    assert (loaded.covariance_kind, loaded.n_clusters) == ("cluster", 40)
    pd.testing.assert_series_equal(loaded.bse, cluster.bse)
    assert loaded.summary() == cluster.summary()
    assert "40 clusters" in loaded.test_highest_degree().method


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("sandwich", None, "covariance must be one of observed, robust, cluster, not 'sandwich'"),
        ("cluster", None, "go together: .* covariance 'cluster' without clusters"),
        ("robust", lambda series: series, "go together: .* covariance 'robust' with clusters"),
        ("cluster", lambda series: series.to_numpy(), "Series of labels .* not a ndarray"),
        ("cluster", lambda series: series.iloc[:-3], "clusters lack 3 of 200 units"),
        ("cluster", lambda series: pd.concat([series, series[:2]]), "2 rows of clusters"),
        ("cluster", lambda series: series.mask(series == 1), "5 of 200 units have no cluster"),
        ("cluster", lambda series: series * 0, "a single cluster; at least two"),
    ],
)
def test_a_covariance_that_cannot_be_had(panel, results, houses, kind, change, message) -> None:
    clusters = None if change is None else change(houses)
    with pytest.raises(InputError, match=message):
        results.with_covariance(kind, panel, clusters)
    with pytest.raises(InputError, match=message):
        tr.GroupTrajectories(2, "poisson", 2).fit(panel, covariance=kind, clusters=clusters)


def test_another_panel_is_refused(panel, results) -> None:
    counts = panel.outcomes.copy()
    counts[3, 4] += 1
    others = {
        "log-likelihood": tr.Panel.from_wide(counts, ages=AGES),
        "stands for 199": panel.subset(slice(0, 199)),
        "from 13 to 20": tr.Panel.from_wide(panel.outcomes, ages=AGES + 1),
        "weights": tr.Panel.from_wide(panel.outcomes, ages=AGES, weights=np.full(200, 2.0)),
    }
    for message, other in others.items():
        for call in (
            lambda one: results.with_covariance("robust", one),
            lambda one: results.bootstrap(one, n_replicates=2),
        ):
            with pytest.raises(InputError, match=f"not the panel that was fitted: .*{message}"):
                call(other)
    with pytest.raises(InputError, match="not a DataFrame"):
        results.with_covariance("robust", pd.DataFrame(counts))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.trajectories(band="wide"), "band must be 'pointwise' or 'simultaneous'"),
        (lambda r: r.trajectories(method="bayes"), "method must be 'delta' or 'simulation'"),
        (lambda r: r.trajectories(level=95), "level must lie between 0 and 1"),
        (lambda r: r.trajectories(method="simulation", draws=10), "draws must be .* 200 or more"),
        (lambda r: r.trajectories(method="simulation", seed=-1), "seed must be a whole number"),
        (lambda r: r.trajectories(ages=[10]), "ages must lie within 12 to 19"),
        (lambda r: r.trajectories(ages=[np.nan]), "ages must lie within 12 to 19"),
        (lambda r: r.peak_age(method="exact"), "method must be"),
        (lambda r: r.expected_outcome(11, 15), "low and high must lie within 12 to 19"),
        (lambda r: r.expected_outcome(16, 15), "low first; found 16 and 15"),
        (lambda r: r.expected_outcome("a", 15), "must be ages, as numbers"),
        (lambda r: r.expected_outcome(14.2, 14.8), "no fitted age lies between"),
        (lambda r: r.expected_outcome(14, 14, over="area"), "low and high are the same"),
        (lambda r: r.expected_outcome(over="years"), "over must be 'ages' or 'area'"),
        (lambda r: r.group_probability_intervals(method="x"), "method must be"),
        (lambda r: r.wald_test(np.ones((1, 3))), r"shape \(1, 3\): give one column for each of"),
        (lambda r: r.wald_test([["a"] * 7]), "restrictions must be numbers"),
        (lambda r: r.wald_test(np.zeros(7)), "finite coefficients, not all of them zero"),
        (lambda r: r.wald_test(np.ones((2, 7))), "redundant"),
        (lambda r: r.wald_test(np.ones(7), [1, 2]), "value must be one number, or one for each"),
        (
            lambda r: r.wald_test(pd.Series([1.0], index=["slope"])),
            "1 label of the restrictions is no parameter",
        ),
        (lambda r: r.test_equal_curves(1, 3), "group must be one of 1 to 2, not 3"),
        (lambda r: r.test_equal_curves(1, 1), "same curve as itself"),
        (lambda r: r.test_highest_degree(0), "group must be one of 1 to 2, not 0"),
        (lambda r: r.likelihood_ratio_test("smaller"), "a fitted model is needed"),
        (lambda r: r.likelihood_ratio_test(r), "call the test on the larger"),
    ],
)
def test_bad_arguments_end_in_one_clear_line(results, call, message) -> None:
    with pytest.raises(InputError, match=message):
        call(results)


def test_withheld_errors_leave_no_interval_and_say_why(silent) -> None:
    reason = "standard errors of group 1 are withheld: group 1: its rate went to zero at every age"
    for method in ("delta", "simulation"):
        for band in ("pointwise", "simultaneous"):
            curves = silent.trajectories(method=method, band=band).set_index("group")
            assert curves.loc[1, ["lower", "upper"]].isna().all(axis=None)
            assert curves.loc[2, ["lower", "upper"]].notna().all(axis=None)
        peak, area = silent.peak_age(method=method), silent.expected_outcome(method=method)
        for table in (peak, area):
            assert table.loc[1, ["lower", "upper"]].isna().all()
            assert table.loc[1, "reason"] == reason
        assert area.loc[2, "reason"] == ""
        shares = silent.group_probability_intervals(method=method)
        assert shares[["lower", "upper"]].notna().all(axis=None)
        assert (shares["reason"] == "").all()


def test_tests_about_withheld_parameters_say_why_and_have_no_numbers(silent) -> None:
    for test in (
        silent.test_equal_curves(1, 2),
        silent.test_highest_degree(),
        silent.test_highest_degree(1),
        silent.wald_test(np.eye(5)[1]),
    ):
        assert isinstance(test, InapplicableTest)
        assert not test.applies
        assert "withheld" in test.reason
        assert test.reason in str(test)
        for number in ("statistic", "p_value", "df"):
            with pytest.raises(InputError, match="does not apply: standard errors"):
                getattr(test, number)
    assert silent.test_highest_degree(2).applies


def test_a_withheld_parameter_stays_withheld_in_every_covariance(silent) -> None:
    rng = np.random.default_rng(2)
    counts = np.zeros((150, 6))
    counts[:60] = rng.poisson(2.0, (60, 6))
    robust = silent.with_covariance("robust", tr.Panel.from_wide(counts))
    pd.testing.assert_series_equal(robust.bse.isna(), silent.bse.isna())
    assert robust.bse.isna().any()


def test_a_test_states_its_null_statistic_and_distribution(results) -> None:
    test = results.test_equal_curves(1, 2)
    assert isinstance(test, HypothesisTest)
    assert test.applies
    text = str(test)
    for part in ("groups 1 and 2 have the same curve", "chi-squared with 3 degrees", "p-value"):
        assert part in text


def test_tests_that_have_no_object_say_so(panel, results) -> None:
    assert "no number for the scatter" in results.test_equal_dispersion().reason
    flat = tr.GroupTrajectories(2, "poisson", 0).fit(panel)
    assert "a constant" in flat.test_highest_degree().reason
    assert "so they are parallel" in flat.test_equal_curves(1, 2, shape_only=True).reason
    spline = tr.GroupTrajectories(2, "poisson", basis=tr.bases.NaturalSpline(n_knots=2)).fit(panel)
    assert "spline" in spline.test_highest_degree().reason
    assert spline.test_equal_curves(1, 2).df == 4
    assert spline.test_equal_curves(1, 2, shape_only=True).df == 3


def test_equal_dispersion_is_about_numbers_of_the_groups_own() -> None:
    rng = np.random.default_rng(3)
    middle = np.array([[2.0], [8.0]])[(rng.random(80) < 0.5).astype(int)]
    spread = np.where(middle < 5, 0.5, 1.5)
    panel = tr.Panel.from_wide(middle + spread * rng.normal(size=(80, 4)))
    own, shared = (
        tr.GroupTrajectories(2, tr.families.CensoredNormal(sigma=sigma), 0).fit(panel, n_starts=4)
        for sigma in ("group", "common")
    )
    test = own.test_equal_dispersion()
    assert test.null == "log_sigma is the same in all groups"
    assert test.df == 1
    assert test.p_value < 1e-6
    assert own.likelihood_ratio_test(shared).p_value < 1e-6
    assert own.likelihood_ratio_test(shared).df == 1
    assert "share one by the model" in shared.test_equal_dispersion().reason
    matrix = pd.Series(1.0, index=shared.params.index[-1:])
    assert shared.wald_test(matrix).null == "log_sigma intercept of all groups = 0"


def test_likelihood_ratios_that_are_not_chi_squared_are_refused(panel, results) -> None:
    fewer = tr.GroupTrajectories(1, "poisson", 2).fit(panel)
    assert "use the bootstrap" in results.likelihood_ratio_test(fewer).reason
    wide = quiet(tr.GroupTrajectories(2, "negbin", 2), panel)
    test = wide.likelihood_ratio_test(results)
    assert not test.applies
    assert "2 parameters on the edge" in test.reason
    unlike = quiet(tr.GroupTrajectories(2, "zip_tau", 2), panel)
    assert "not contained" in unlike.likelihood_ratio_test(results).reason
    spline = tr.GroupTrajectories(2, "poisson", basis="bspline").fit(panel)
    assert "other bases" in spline.likelihood_ratio_test(results).reason
    other = tr.GroupTrajectories(2, "poisson", 1).fit(panel.subset(slice(0, 150)))
    with pytest.raises(InputError, match="not of one panel: 200 and 150 persons"):
        results.likelihood_ratio_test(other)


def test_degrees_are_nested_whatever_the_numbers_of_the_groups(panel) -> None:
    one, other = (tr.GroupTrajectories(2, "poisson", d).fit(panel) for d in ((1, 2), (3, 2)))
    assert other.likelihood_ratio_test(one).applies
    assert other.likelihood_ratio_test(one).df == 2
    steep, flat = (tr.GroupTrajectories(2, "poisson", d).fit(panel) for d in ((4, 0), (2, 1)))
    assert "higher than that of the larger" in steep.likelihood_ratio_test(flat).reason


def test_draws_far_beyond_what_a_normal_describes_are_warned_of(panel, results) -> None:
    covariance = results.covariance.copy()
    covariance[1:4, 1:4] *= 1e4
    wild = replace(results, covariance=covariance)
    with pytest.warns(TrajectoriesWarning, match=r"mean of group 1 has a standard error of .*"):
        wild.trajectories(method="simulation")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_replicates": 0}, "n_replicates must be a whole number of 1 or more"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"n_jobs": 0}, "n_jobs must be a whole number other than 0"),
        ({"n_starts": 0}, "n_starts must be above 0"),
        ({"clusters": [1, 2]}, "clusters must be a pandas Series"),
    ],
)
def test_a_bootstrap_that_cannot_be_run(panel, results, options, message) -> None:
    with pytest.raises(InputError, match=message):
        results.bootstrap(panel, **({"n_replicates": 2} | options))


def test_the_bootstrap_needs_whole_weights_and_enough_replicates(panel, results) -> None:
    half = tr.Panel(outcomes=panel.outcomes, ages=AGES, weights=np.full(200, 1.5))
    fitted = tr.GroupTrajectories(2, "poisson", 2).fit(half)
    with pytest.raises(InputError, match="200 of 200 weights are no whole numbers"):
        fitted.bootstrap(half, n_replicates=2)
    few = results.bootstrap(panel, n_replicates=5, n_starts=2)
    with pytest.raises(InputError, match=r"5 of 5 replicates are usable; .* needs at least 40"):
        few.conf_int()
    assert few.conf_int(0.6).notna().all(axis=None)
    assert (few.conf_int(0.6)["ran_off"] == 0).all()
    with pytest.raises(InputError, match="kind must be 'percentile' or 'basic'"):
        few.conf_int(0.6, kind="bca")


def test_bootstrap_tables_are_tidy(panel, results) -> None:
    boot = results.bootstrap(panel, n_replicates=12, n_starts=2)
    assert list(boot.replicates.columns) == [
        "stop_reason",
        "usable",
        "llf",
        "adjusted_rand",
        "note",
    ]
    assert boot.params.columns.equals(results.params.index)
    curves = boot.curves()
    assert list(curves.columns) == ["replicate", "group", "age", "mean"]
    assert len(curves) == 12 * 2 * len(AGES)
    third = curves[(curves["replicate"] == 3) & (curves["group"] == 2)]
    powers = boot.params.loc[3, ("mean", 2)].to_numpy()
    np.testing.assert_allclose(
        third["mean"], np.exp(np.vander(AGES, 3, increasing=True) @ powers), rtol=1e-8
    )
    for kind in ("percentile", "basic"):
        curve = boot.trajectories(0.8, kind)
        assert list(curve.columns) == list(results.trajectories().columns)
        np.testing.assert_allclose(curve["mean"], results.trajectories()["mean"])
        assert (curve["lower"] <= curve["upper"]).all()
        shares = boot.group_probability_intervals(0.8, kind)
        assert ((shares["lower"] > 0) & (shares["upper"] < 1)).all()
    q = boot.params.quantile(0.9)
    np.testing.assert_allclose(boot.conf_int(0.8, "basic")["lower"], 2 * results.params - q)
    assert "12 of 12 replicates usable" in boot.summary(0.8)


def test_replicates_that_fail_are_counted_and_stay_in_the_table() -> None:
    counts = np.zeros((30, 3))
    counts[:2] = [[0, 1, 0], [1, 0, 0]]  # one sample in eight draws neither
    results = quiet(tr.GroupTrajectories(1, "poisson", 0), tr.Panel.from_wide(counts))
    boot = results.bootstrap(tr.Panel.from_wide(counts), n_replicates=40, seed=1, n_starts=1)
    failed = boot.replicates["stop_reason"] == "failed"
    assert 1 <= failed.sum() <= 20
    assert boot.replicates.loc[failed, "note"].str.contains("every observed count is zero").all()
    assert len(boot.replicates) == boot.n_replicates == 40
    assert boot.n_usable == len(boot.params) == 40 - failed.sum()
    assert boot.outcomes["failed"] == failed.sum()
    assert boot.stability().loc[1, "replicates"] == 40 - failed.sum()


def test_exposure_sensitivity_needs_exposure_and_a_positive_floor(panel, results) -> None:
    with pytest.raises(InputError, match="no exposure, so there is nothing to compare"):
        results.exposure_sensitivity(panel)
    free = np.random.default_rng(1).choice([0.2, 1.0], panel.outcomes.shape)
    exposed = tr.Panel.from_wide(panel.outcomes, ages=AGES, exposure=free)
    fitted = tr.GroupTrajectories(2, "poisson", 2).fit(exposed)
    for floor in (0, -1.0, "a", [0.5, 0]):
        with pytest.raises(InputError, match="floor= must be a number of years free above 0"):
            fitted.exposure_sensitivity(exposed, floor=floor)


def test_no_time_at_risk_is_missing_and_a_count_in_it_an_error_that_says_how_many() -> None:
    counts = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    free = np.array([[1.0, 0.0, 0.5], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    with pytest.raises(InputError, match=r"zero in 1 observed cell with a count \(row 1\): nobody"):
        tr.Panel.from_wide(counts, exposure=free)
    counts[1, 1] = 0.0
    panel = tr.Panel.from_wide(counts, exposure=free)
    assert panel.n_observed_cells == 6
    assert panel.n_not_at_risk == 3
    np.testing.assert_array_equal(panel.observed, free > 0)


def test_persons_observed_at_ages_of_their_own_have_an_area_and_no_sum(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    own = np.sort(rng.uniform(12, 25, (120, 5)), axis=1)
    panel = tr.Panel.from_wide(rng.poisson(np.exp(0.1 * (own - 18))).astype(float), ages=own)
    results = tr.GroupTrajectories(1, "poisson", 1).fit(panel, covariance="robust")
    results.save(tmp_path / "model.json")
    for one in (results, tr.load(tmp_path / "model.json")):
        with pytest.raises(InputError, match=r"ages of their own, .* over='area'"):
            one.expected_outcome()
        area = one.expected_outcome(13, 24, over="area").loc[1]
        exact = (np.exp(0.6) - np.exp(-0.5)) / 0.1
        assert area["lower"] < exact < area["upper"]
    boot = results.bootstrap(panel, n_replicates=40, n_starts=1)
    assert (boot.bse / results.bse).between(0.6, 1.6).all()


def test_a_group_fixed_at_zero_is_known_and_bootstraps() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(np.exp(0.8 - 0.05 * (AGES - 16) ** 2), (150, 8)).astype(float)
    counts[rng.random(150) < 0.4] = 0
    panel = tr.Panel.from_wide(counts, ages=AGES)
    results = (
        tr.GroupTrajectories(2, "poisson", (-1, 2)).fit(panel).with_covariance("robust", panel)
    )
    for method in ("delta", "simulation"):
        curves = results.trajectories(method=method, band="simultaneous").set_index("group")
        assert (curves.loc[1] == 0.0).all()[["mean", "lower", "upper"]].all()
        area = results.expected_outcome(method=method).loc[1]
        assert (area[["expected", "lower", "upper"]] == 0.0).all()
        assert "flat" in results.peak_age(method=method).loc[1, "reason"]
    assert "fixed at a rate of zero" in results.test_equal_curves(1, 2).reason
    assert results.test_highest_degree().null.endswith("zero: age^2 of group 2")
    boot = results.bootstrap(panel, n_replicates=40, n_starts=1)
    assert boot.n_usable == 40
    assert (boot.stability()["jaccard"] > 0.95).all()


def test_the_bootstrap_gives_no_interval_for_what_ran_off_in_the_fit(silent) -> None:
    rng = np.random.default_rng(2)
    counts = np.zeros((150, 6))
    counts[:60] = rng.poisson(2.0, (60, 6))
    boot = silent.bootstrap(tr.Panel.from_wide(counts), n_replicates=40, n_starts=1)
    table = boot.conf_int()
    gone = silent.bse.isna()
    assert table.loc[gone, ["lower", "upper"]].isna().all(axis=None)
    assert (table.loc[gone, "ran_off"] == 1.0).all()
    assert table.loc[~gone, ["lower", "upper"]].notna().all(axis=None)
    assert boot.bse.isna().equals(gone)
    curves = boot.trajectories().set_index("group")
    assert curves.loc[1, ["lower", "upper"]].isna().all(axis=None)
    assert curves.loc[2, ["lower", "upper"]].notna().all(axis=None)


def test_a_limit_among_replicates_that_ran_off_is_infinite() -> None:
    rng = np.random.default_rng(4)
    counts = rng.negative_binomial(8, 0.85, (60, 5)).astype(float)  # hardly overdispersed
    results = quiet(tr.GroupTrajectories(1, "negbin", 0), tr.Panel.from_wide(counts))
    assert results.converged
    boot = results.bootstrap(tr.Panel.from_wide(counts), n_replicates=40, n_starts=1)
    row = boot.conf_int().loc[("log_dispersion", 1, "intercept")]
    assert 0.025 < row["ran_off"] < 0.9
    assert row["lower"] == -np.inf
    assert np.isfinite(row["upper"])
    assert np.isnan(boot.bse["log_dispersion", 1, "intercept"])
    assert np.isfinite(boot.conf_int().loc[("mean", 1, "intercept"), ["lower", "upper"]]).all()
    assert boot.outcomes["boundary"] == round(40 * row["ran_off"])
