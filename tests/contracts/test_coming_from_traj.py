"""What users of Stata traj, PROC TRAJ and R's packages bring along, and what becomes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, WeightWarning
from trajectories.groups.typology import typology

N = 300
WAVES = range(1, 9)
ZIP = tr.families.ZeroInflatedPoisson


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Counts y1–y8, ages t1–t8, exposure e1–e8 and a sampling weight, as in a .dta file."""
    rng = np.random.default_rng(3)
    high = rng.random(N) < 0.4
    ages = np.arange(14.0, 22.0)
    rate = np.where(high[:, None], 2.5 * np.exp(-(((ages - 17) / 4) ** 2)), 0.4)
    zero = (rng.random(rate.shape) < 0.3) & high[:, None]
    counts = np.where(zero, 0.0, rng.poisson(rate))
    columns = {f"y{wave}": counts[:, wave - 1] for wave in WAVES}
    columns |= {f"t{wave}": np.full(N, ages[wave - 1]) for wave in WAVES}
    columns |= {f"e{wave}": rng.uniform(0.5, 1.0, N) for wave in WAVES}
    ids = pd.Index(rng.permutation(N) + 1000, name="id")
    return pd.DataFrame(columns, index=ids).assign(wt=rng.uniform(0.5, 2.0, N))


def block(table: pd.DataFrame, stem: str) -> pd.DataFrame:
    return table[[f"{stem}{wave}" for wave in WAVES]]


def panel_of(table: pd.DataFrame) -> tr.Panel:
    return tr.Panel.from_wide(block(table, "y"), ages=block(table, "t"))


# ---- ages as columns of the file, t1-t20


def test_ages_that_everybody_shares_are_ages_in_common(table) -> None:
    panel = panel_of(table)
    assert panel.individual_ages is None
    assert panel.ages.tolist() == list(range(14, 22))
    gaps = block(table, "y").copy()
    gaps.iloc[5, 3] = np.nan
    ages = block(table, "t").copy()
    ages.iloc[5, 3] = np.nan  # unknown where nothing was observed
    assert tr.Panel.from_wide(gaps, ages=ages).individual_ages is None
    ages.iloc[7, 2] += 0.5
    assert tr.Panel.from_wide(gaps, ages=ages).individual_ages is not None


def test_a_table_of_ages_is_put_in_the_order_of_the_counts(table) -> None:
    rng = np.random.default_rng(1)
    own = block(table, "t") + rng.uniform(0, 0.9, (N, 1))
    straight = tr.Panel.from_wide(block(table, "y"), ages=own)
    mixed = own.sample(frac=1, random_state=2).iloc[:, ::-1]
    again = tr.Panel.from_wide(block(table, "y"), ages=mixed)
    assert straight.individual_ages is not None
    np.testing.assert_array_equal(straight.individual_ages, again.individual_ages)
    with pytest.raises(InputError, match=r"ages: 0 units of the counts absent, 1 not among"):
        tr.Panel.from_wide(block(table, "y").iloc[1:], ages=own)
    with pytest.raises(InputError, match=r"ages have shape \(300, 7\), counts \(300, 8\)"):
        tr.Panel.from_wide(block(table, "y"), ages=own.to_numpy()[:, 1:])


# ---- codes for missing, and persons without any outcome


def test_codes_for_missing_are_named_as_a_matter_of_reading(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("id,y1,y2\n1,0,.\n2,.,3\n3,-9,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"na_values=\['\.', '-9'\]"):
        tr.Panel.from_wide(pd.read_csv(path, index_col="id"))
    read = pd.read_csv(path, index_col="id", na_values=[".", "-9"])
    assert tr.Panel.from_wide(read).n_observed_cells == 3
    overlooked = pd.read_csv(path, index_col="id", na_values=["."])
    audit = tr.Panel.from_wide(overlooked).audit().set_index("check")
    assert audit.loc["outcomes below zero", ["cells", "units"]].tolist() == [1, 1]
    assert "outcomes below zero" not in tr.Panel.from_wide(read).audit()["check"].tolist()


def test_units_never_observed_are_left_out_on_request_and_counted(table) -> None:
    counts, exposure = block(table, "y").copy(), block(table, "e").copy()
    counts.iloc[4] = np.nan
    counts.iloc[9, 1:], exposure.iloc[9, 0] = np.nan, 0.0
    counts.iloc[9, 0] = 0.0
    covariates = {"job": exposure > 0.7}
    spread = {"exposure": exposure, "covariates": covariates, "weights": table["wt"] / 1.25}
    with pytest.raises(InputError, match="drop_unobserved=True"):
        tr.Panel.from_wide(counts, **spread)
    panel = tr.Panel.from_wide(counts, **spread, drop_unobserved=True)
    kept = np.delete(np.arange(N), [4, 9])
    assert panel.n_left_out == 2
    assert list(panel.units) == list(table.index[kept])
    direct = tr.Panel.from_wide(
        counts.iloc[kept],
        exposure=exposure.iloc[kept],
        covariates={"job": covariates["job"].iloc[kept]},
        weights=table["wt"].iloc[kept] / 1.25,
    )
    for name in ("outcomes", "exposure", "observed", "weights"):
        np.testing.assert_array_equal(getattr(panel, name), getattr(direct, name))
    assert panel.covariates is not None
    assert direct.covariates is not None
    np.testing.assert_array_equal(panel.covariates["job"], direct.covariates["job"])
    assert tr.Panel.from_wide(counts.to_numpy(), drop_unobserved=True).units.tolist() == [
        row for row in range(N) if row != 4
    ]
    with pytest.raises(InputError, match="none of the 300 units has an observed cell"):
        tr.Panel.from_wide(counts * np.nan, drop_unobserved=True)
    long = counts.reset_index().melt("id", var_name="age", value_name="count")
    long["age"] = long["age"].str[1:].astype(int)
    long["wt"] = 3.7
    long_panel = tr.Panel.from_long(long, unit="id", drop_unobserved=True, sampling_weight="wt")
    assert long_panel.n_left_out == 1
    assert long_panel.total_weight == pytest.approx(N - 1)
    wide_panel = tr.Panel.from_wide(counts, sampling_weights=table["wt"], drop_unobserved=True)
    assert wide_panel.total_weight == pytest.approx(N - 1)  # the mean is that of the units kept


def test_a_longer_table_beside_the_counts_is_told_how_to_be_cut(table) -> None:
    with pytest.raises(InputError, match=r"1 not among .*\.loc\[counts\.index\]"):
        tr.Panel.from_wide(block(table, "y").iloc[1:], exposure=block(table, "e"))


# ---- sampling weights


def test_sampling_weights_are_asked_for_a_mean_of_one(table) -> None:
    with pytest.warns(WeightWarning, match="Give sampling weights as sampling_weights="):
        raw = tr.Panel.from_wide(block(table, "y"), weights=table["wt"])
    scaled = tr.Panel.from_wide(block(table, "y"), sampling_weights=table["wt"])
    assert scaled.total_weight == pytest.approx(N)
    assert scaled.weights is not None
    np.testing.assert_allclose(scaled.weights, table["wt"] / table["wt"].mean())
    counts = table.drop(columns=[*block(table, "t"), *block(table, "e")])
    by_name = tr.Panel.from_wide(counts, sampling_weights="wt")
    np.testing.assert_array_equal(by_name.weights, scaled.weights)
    with pytest.raises(InputError, match="weights= and sampling_weights= are given"):
        tr.Panel.from_wide(counts, weights="wt", sampling_weights="wt")
    with pytest.raises(InputError, match="1 weight missing, infinite, zero or negative"):
        tr.Panel.from_wide(
            block(table, "y"), sampling_weights=table["wt"].where(table.index != table.index[3])
        )
    tr.Panel.from_wide(block(table, "y"), weights=np.full(N, 2.0))  # numbers of persons
    spec = tr.GroupTrajectories(2, degree=1)
    one = spec.fit(scaled, n_starts=4, covariance="cluster", clusters="units")
    with pytest.warns(WeightWarning):
        other = spec.fit(tr.Panel.from_wide(block(table, "y")), n_starts=4, weights=table["wt"])
    np.testing.assert_allclose(one.params, other.params, atol=1e-6)
    other = other.with_covariance("cluster", raw, clusters="units")
    # the scale of sampling weights means nothing, so that no error depends on it
    np.testing.assert_allclose(one.bse, other.bse, rtol=1e-5)
    assert one.n_clusters == N
    own = pd.Series(range(N), index=table.index)
    again = one.with_covariance("cluster", scaled, clusters=own)
    np.testing.assert_allclose(one.bse, again.bse, rtol=1e-12)


# ---- iorder(-1 0): groups without extra zeros


@pytest.fixture(scope="module")
def without(table) -> tr.GroupTrajectoriesResults:
    return tr.GroupTrajectories(2, ZIP((0, -1)), (2, 0)).fit(panel_of(table), n_starts=8, seed=1)


def test_a_group_without_extra_zeros_is_poisson(table, without) -> None:
    panel = panel_of(table)
    assert without.converged
    assert without.degree == (0, 2)
    assert without.family == ZIP((-1, 0))  # settings of groups are numbered as the groups are
    assert without.n_params == 1 + 1 + 3 + 1
    again = tr.GroupTrajectories(2, without.family, without.degree).fit(panel, n_starts=8)
    assert again.llf == pytest.approx(without.llf, abs=1e-6)
    from scipy.special import expit, gammaln, logsumexp

    age, y = panel.ages, panel.outcomes
    flat = np.exp(without.params["mean", 1, "intercept"])
    curve = np.exp(np.polyval(without.params.loc["mean", 2].to_numpy()[::-1], age))
    omega = expit(without.params["inflation", 2, "intercept"])
    poisson = [y * np.log(m) - m - gammaln(y + 1) for m in (flat, curve)]
    zero = np.log(omega + (1 - omega) * np.exp(-curve))
    inflated = np.where(y == 0, zero, np.log(1 - omega) + poisson[1])
    shares = without.group_probabilities.to_numpy()
    groups = np.stack([poisson[0].sum(axis=1), inflated.sum(axis=1)], axis=1) + np.log(shares)
    assert without.llf == pytest.approx(logsumexp(groups, axis=1).sum(), abs=1e-8)


def test_a_group_without_extra_zeros_is_kept_saved_and_compared_as_one(
    table, without, tmp_path: Path
) -> None:
    without.save(tmp_path / "m.json")
    loaded = tr.load(tmp_path / "m.json")
    pd.testing.assert_series_equal(loaded.params, without.params)
    assert loaded.family == without.family
    refused = without.test_equal_curves(1, 2)
    assert not refused.applies
    assert "only one of them has inflation" in refused.reason
    assert "inflation" not in without.params.loc[:, 1].index.get_level_values("part")
    boot = without.bootstrap(panel_of(table), n_replicates=2, n_starts=1)
    assert boot.outcomes.sum() == 2


@pytest.mark.parametrize("family", [ZIP, tr.families.ZeroInflatedNegativeBinomial])
def test_extra_zeros_in_no_group_are_another_family(family) -> None:
    with pytest.raises(InputError, match="no group with extra zeros: that is the family"):
        family(-1)
    with pytest.raises(InputError, match="no group with extra zeros"):
        family((-1, -1))
    with pytest.raises(InputError, match="-1 or more"):
        family((-2, 0))


# ---- start()


def test_a_named_start_is_climbed_from_and_alone_if_asked(table, without) -> None:
    panel = panel_of(table)
    spec = tr.GroupTrajectories(2, without.family, without.degree)
    errors = np.linalg.cholesky(without.cov_params())
    rough = without.params + errors @ np.ones(6)  # off by as much as another sample would be
    alone = spec.fit(panel, start=rough, n_starts=0)
    assert alone.n_finished == 1
    assert alone.llf == pytest.approx(without.llf, abs=1e-8)
    np.testing.assert_allclose(alone.params, without.params, atol=1e-6)
    both = spec.fit(panel, start=dict(rough), n_starts=3)
    assert both.n_finished == 4
    # groups that the start numbers otherwise get the numbers of their curves
    turned = tr.GroupTrajectories(2, ZIP((0, -1)), (2, 0))
    swapped = {(part, 3 - group, term): v for (part, group, term), v in rough.items()}
    swapped["membership", 2, "intercept"] = -swapped.pop(("membership", 1, "intercept"))
    again = turned.fit(panel, start=swapped, n_starts=0)
    np.testing.assert_allclose(again.params, alone.params, atol=1e-6)
    with pytest.raises(InputError, match="start= lacks 1 of the 6 parameters"):
        spec.fit(panel, start=rough.iloc[1:])
    with pytest.raises(InputError, match="finite numbers"):
        spec.fit(panel, start=rough * np.nan)
    with pytest.raises(InputError, match="not list"):
        spec.fit(panel, start=[0.1, 0.2])
    with pytest.raises(InputError, match="n_starts"):
        spec.fit(panel, n_starts=0)


def test_a_start_in_print_holds_with_covariates_of_both_kinds(table) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"male": rng.integers(0, 2, N)}, index=table.index)
    job = pd.DataFrame(
        rng.integers(0, 2, (N, 8)), index=table.index, columns=block(table, "y").columns
    )
    panel = tr.Panel.from_wide(block(table, "y"), covariates={"job": job})
    spec = tr.GroupTrajectories(2, "negbin", 1, time_varying=["job"], common_effects=True)
    options = {"membership": "~ male", "covariates": frame, "reference": 2}
    found = spec.fit(panel, n_starts=6, **options)
    again = spec.fit(panel, start=found.params, n_starts=0, **options)
    assert again.n_finished == 1
    np.testing.assert_allclose(again.params, found.params, atol=1e-6)


# ---- testparm and lincom


def test_a_restriction_may_be_given_by_the_labels_of_its_parameters(without) -> None:
    slope = ("mean", 2, "age")
    alone = without.wald_test({slope: 1.0})
    assert alone.statistic == pytest.approx((without.params[slope] / without.bse[slope]) ** 2)
    both = without.wald_test([{slope: 1}, {("mean", 2, "age^2"): 1}])
    terms = pd.MultiIndex.from_tuples([slope, ("mean", 2, "age^2")])
    table = pd.DataFrame(np.eye(2), columns=terms)
    assert both.statistic == pytest.approx(without.wald_test(table).statistic)
    with pytest.raises(InputError, match="1 label of the restrictions is no parameter"):
        without.wald_test({("mean", 7, "age"): 1})
    with pytest.raises(InputError, match="with the labels of results"):
        without.wald_test("mean[2]age = 0")


# ---- who is in which group of a dual model


def test_a_dual_model_assigns_a_group_of_each_outcome(table) -> None:
    y = block(table, "y")
    used = tr.Panel.from_wide((y > 0).astype(float))
    dual = tr.DualTrajectories(
        {"acts": tr.GroupTrajectories(2, degree=1), "any": tr.GroupTrajectories(2, "bernoulli", 1)}
    ).fit({"acts": tr.Panel.from_wide(y), "any": used}, n_starts=4)
    found = dual.assignments
    assert found.columns.tolist() == [
        (name, what) for name in ("acts", "any") for what in ("group", "probability")
    ]
    second = dual.posterior[[(1, 2), (2, 2)]].sum(axis=1)
    np.testing.assert_allclose(found["any", "probability"], np.maximum(second, 1 - second))
    np.testing.assert_array_equal(found["any", "group"], np.where(second > 0.5, 2, 1))


# ---- risk factors of groups that several outcomes share


def test_three_steps_work_on_groups_of_several_outcomes_and_of_leaving(table) -> None:
    rng = np.random.default_rng(5)
    weights = pd.Series(rng.integers(1, 4, N), index=table.index)
    y = block(table, "y")
    panel = tr.Panel.from_wide(y, weights=weights)
    high = (y.sum(axis=1) > 8).to_numpy()
    frame = pd.DataFrame(
        {"male": rng.random(N) < np.where(high, 0.8, 0.5), "later": rng.poisson(1 + high)},
        index=table.index,
    )
    single = tr.GroupTrajectories(2, degree=1).fit(panel, n_starts=4)
    spec = tr.MultiTrajectories(2, {"acts": tr.Outcome("poisson", 1)})
    several = spec.fit({"acts": panel}, n_starts=4)
    for ask in (
        lambda r: r.explain("~ male", frame).odds_ratios(),
        lambda r: r.profile(["male"], frame).table(),
        lambda r: r.distal("later", "poisson", covariates=frame).table(),
    ):
        pd.testing.assert_frame_equal(ask(several), ask(single), rtol=1e-5)
    assert "joint model is not added" in several.explain("~ male", frame).summary()
    with pytest.raises(InputError, match="leave panel= out"):
        several.explain("~ male", frame, panel=panel)
    gone = y.mask(np.arange(8) >= rng.integers(3, 12, N)[:, None])
    leaving = tr.DropoutTrajectories(tr.GroupTrajectories(2, degree=1), tr.Dropout(degree=0)).fit(
        tr.Panel.from_wide(gone), n_starts=4
    )
    assert len(leaving.explain("~ male", frame).odds_ratios()) == 1


# ---- words and numbers in sentences


def test_the_range_of_eventual_shares_leaves_out_what_is_no_estimate() -> None:
    rng = np.random.default_rng(2)
    time = np.where(rng.random(300) < 0.6, rng.weibull(1.2, 300) * 2, 99.0)
    frame = pd.DataFrame({"stop": np.minimum(time, 9.0), "event": time < 9.0})
    found = tr.recidivism.split_population(
        tr.FollowUp.from_frame(frame, stop="stop", event="event"),
        distributions=["exponential", "weibull"],
    )
    assert "quote the range." in found.summary()
    assert "runs off" not in found.summary()
    table = found.table.assign(converged=[True, False])
    off = replace(found, _table=table)
    assert off.range_of_shares == (table["eventual_share"].iloc[0],) * 2
    assert "Under weibull it runs off to an edge, and is no estimate" in off.summary()
    neither = replace(found, _table=table.assign(converged=False))
    assert "under every distribution: quote none" in neither.summary()


def test_ages_in_the_sentences_of_a_typology_are_short() -> None:
    age = np.linspace(12.0137, 23.68291, 60)
    mean = 1.4 * np.exp(-(((age - 19.33) / 5) ** 2))
    curve = pd.DataFrame({"group": 1, "age": age, "mean": mean})
    (reason,) = typology(curve)["reason"]
    assert re.search(r"peaks at age 19\.3 ", reason)
    assert not re.search(r"\d\.\d{3}", reason)


# ---- one population, one colour


def test_every_page_gives_populations_their_colour_by_category() -> None:
    root = Path(__file__).parents[2]
    pages = [*(root / "notebooks").glob("*.py"), *(root / "docs").glob("**/*.md")]
    pages += (root / "docs").glob("make_*.py")
    if not pages:
        pytest.skip("no documentation beside these tests")
    calls = re.compile(r"tr\.plot\.forest\(([^)]*?\.astype\([^)]*\))?[^)]*series=\"(\w+)\"", re.S)
    by_population = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for call in calls.finditer(text):
            if call[2] in ("population", "versus"):
                by_population.append(page.name)
                assert "CategoricalDtype" in text, page.name
    assert len(by_population) >= 6
