"""Known truth in, honest errors out: sandwiches, bands, bootstrap, exposure."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import adjusted_rand_score

import trajectories as tr

AGES = np.arange(14.0, 22.0)
CURVES = np.exp(np.array([[-1.2], [1.0]]) - 0.03 * (AGES - [[17.0], [19.0]]) ** 2)
SHARES = np.array([0.6, 0.4])
THREE_ERRORS = 3 * np.sqrt(0.95 * 0.05)


def covers(lower: float, truth: float, upper: float) -> bool:
    return bool(lower <= truth <= upper)


@cache
def two_groups(seed: int, n: int = 400) -> tuple[tr.Panel, tr.GroupTrajectoriesResults]:
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < SHARES[1]).astype(int)
    panel = tr.Panel.from_wide(rng.poisson(CURVES[group]).astype(float), ages=AGES)
    return panel, tr.GroupTrajectories(2, "poisson", 2).fit(panel, n_starts=4)


def interval(results: tr.GroupTrajectoriesResults) -> tuple[float, float]:
    """The interval of the only parameter of one constant group."""
    half = 1.959964 * np.sqrt(results.covariance[0, 0])
    return results.parameters.theta[0, 0] - half, results.parameters.theta[0, 0] + half


def test_sandwiches_cover_where_counts_are_overdispersed_or_houses_share_a_level() -> None:
    rng = np.random.default_rng(1)
    runs = 110
    hits = dict.fromkeys(("robust", "naive", "cluster", "robust to persons"), 0)
    house = np.repeat(np.arange(60), 4)
    spec = tr.GroupTrajectories(1, "poisson", 0)
    for _ in range(runs):
        level = rng.gamma(2.0, 0.5, 240)[:, None]  # mean 1, variance 1/2 between persons
        panel = tr.Panel.from_wide(rng.poisson(level * np.ones((240, 4))).astype(float))
        results = spec.fit(panel)
        low, high = interval(results)
        hits["naive"] += low <= 0 <= high
        low, high = interval(results.with_covariance("robust", panel))
        hits["robust"] += low <= 0 <= high
        shared = rng.gamma(4.0, 0.25, 60)[house][:, None]
        panel = tr.Panel.from_wide(rng.poisson(shared * np.ones((240, 3))).astype(float))
        results = spec.fit(panel)
        low, high = interval(results.with_covariance("robust", panel))
        hits["robust to persons"] += low <= 0 <= high
        names = pd.Series(house, index=panel.units)
        low, high = interval(results.with_covariance("cluster", panel, names))
        hits["cluster"] += low <= 0 <= high
    for name in ("robust", "cluster"):
        assert hits[name] / runs == pytest.approx(0.95, abs=THREE_ERRORS / np.sqrt(runs))
    assert hits["naive"] / runs < 0.85
    assert hits["robust to persons"] / runs < 0.9


def test_a_simultaneous_band_holds_the_whole_curve_and_a_pointwise_one_does_not() -> None:
    rng = np.random.default_rng(3)
    curve = CURVES[1]
    runs = 110
    whole = dict.fromkeys(("pointwise", "simultaneous"), 0)
    for _ in range(runs):
        panel = tr.Panel.from_wide(rng.poisson(curve, (80, len(AGES))).astype(float), ages=AGES)
        results = tr.GroupTrajectories(1, "poisson", 2).fit(panel)
        for band in whole:
            table = results.trajectories(band=band, draws=2000)
            whole[band] += bool(((table["lower"] <= curve) & (curve <= table["upper"])).all())
    assert whole["simultaneous"] / runs == pytest.approx(0.95, abs=THREE_ERRORS / np.sqrt(runs))
    assert whole["pointwise"] / runs < 0.91


def test_intervals_of_shares_peaks_and_areas_cover() -> None:
    runs = 40
    hits = dict.fromkeys(("share", "peak", "peak by draws", "area", "area by draws"), 0)
    area = CURVES[1][2:6].sum()
    for seed in range(100, 100 + runs):
        _, results = two_groups(seed)
        share = results.group_probability_intervals().loc[2]
        hits["share"] += covers(share["lower"], SHARES[1], share["upper"])
        for name, method in (("", "delta"), (" by draws", "simulation")):
            peak = results.peak_age(method=method, draws=1000).loc[2]
            hits[f"peak{name}"] += covers(peak["lower"], 19.0, peak["upper"])
            sums = results.expected_outcome(16, 19, method=method, draws=1000).loc[2]
            hits[f"area{name}"] += covers(sums["lower"], area, sums["upper"])
    for name, count in hits.items():
        assert count / runs >= 0.95 - THREE_ERRORS / np.sqrt(runs), name


def test_the_bootstrap_finds_the_errors_that_the_information_says() -> None:
    panel, results = two_groups(7)
    boot = results.bootstrap(panel, n_replicates=100, seed=3, n_starts=1)
    assert boot.n_usable == 100
    assert (boot.bse / results.with_covariance("robust", panel).bse).between(0.75, 1.33).all()
    curves, theirs = boot.trajectories(), results.trajectories()
    width = theirs["upper"] - theirs["lower"]
    assert ((curves["upper"] - curves["lower"]) / width).between(0.7, 1.4).all()
    stability = boot.stability()
    assert (stability["jaccard"] > 0.9).all()
    assert (stability["recovered"] > 0.95).all()
    assert boot.replicates["adjusted_rand"].mean() > 0.85


def test_groups_that_are_not_there_are_not_stable() -> None:
    rng = np.random.default_rng(4)
    panel = tr.Panel.from_wide(rng.negative_binomial(4, 0.7, (120, 5)).astype(float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        results = tr.GroupTrajectories(3, "poisson", 1).fit(panel, n_starts=10)
    boot = results.bootstrap(panel, n_replicates=40, seed=3, n_starts=4)
    assert boot.stability()["jaccard"].min() < 0.6
    assert boot.replicates["adjusted_rand"].mean() < 0.8
    assert boot.n_usable <= 40
    assert boot.outcomes.sum() == 40


def test_drawing_households_gives_the_wider_intervals_they_need() -> None:
    rng = np.random.default_rng(5)
    house = np.repeat(np.arange(40), 6)
    level = rng.gamma(3.0, 1 / 3, 40)[house][:, None]
    panel = tr.Panel.from_wide(rng.poisson(level * np.ones((240, 4))).astype(float))
    results = tr.GroupTrajectories(1, "poisson", 0).fit(panel)
    clusters = pd.Series(house, index=panel.units)
    boot = results.bootstrap(panel, n_replicates=100, seed=1, clusters=clusters, n_starts=1)
    expected = results.with_covariance("cluster", panel, clusters).bse
    assert (boot.bse / expected).between(0.75, 1.33).all()
    assert (boot.bse > 2 * results.bse).all()


def test_a_test_of_parallel_curves_holds_its_size() -> None:
    rng = np.random.default_rng(6)
    shape = -0.02 * (AGES - 17.0) ** 2
    runs, wald, ratio = 45, 0, 0
    for _ in range(runs):
        mean = np.exp(np.array([[-1.0], [1.2]]) + shape)
        group = (rng.random(300) < 0.5).astype(int)
        panel = tr.Panel.from_wide(rng.poisson(mean[group]).astype(float), ages=AGES)
        results = tr.GroupTrajectories(2, "poisson", 3).fit(panel, n_starts=2)
        wald += results.test_equal_curves(1, 2, shape_only=True).p_value < 0.05
        smaller = tr.GroupTrajectories(2, "poisson", 2).fit(panel, n_starts=2)
        ratio += results.likelihood_ratio_test(smaller).p_value < 0.05
    for count in (wald, ratio):
        assert count / runs == pytest.approx(0.05, abs=THREE_ERRORS / np.sqrt(runs))


def harmful_panel(seed: int) -> tuple[tr.Panel, np.ndarray]:
    """Two groups; an offence often leads to detention, so that little time was free with it."""
    rng = np.random.default_rng(seed)
    group = (rng.random(300) < 0.4).astype(int)
    counts = rng.poisson(CURVES[group]).astype(float)
    jailed = (counts > 0) & (rng.random(counts.shape) < 0.25)
    free = np.where(jailed, rng.uniform(0.01, 0.2, counts.shape), 1.0)
    return tr.Panel.from_wide(counts, ages=AGES, exposure=free), group


def test_exposure_that_follows_from_offences_is_seen_to_do_harm() -> None:
    panel, group = harmful_panel(3)
    results = tr.GroupTrajectories(2, "poisson", 2).fit(panel, n_starts=10)
    table = results.exposure_sensitivity(panel, floor=[0.1, 0.5], n_starts=10)
    assert list(table.index) == ["none", "floor 0.1", "floor 0.5", "full"]
    assert table.loc["none", "llf"] > table.loc["full", "llf"] + 100
    assert table.loc["full", "llf"] == results.llf
    cells = panel.exposure < 0.1
    assert table.loc["floor 0.1", "raised_cells"] == cells.sum()
    assert (table.filter(like="share_").sum(axis=1) - 1).abs().max() < 1e-9
    rand = table.filter(like="adjusted_rand_").to_numpy()
    np.testing.assert_allclose(rand, rand.T)
    np.testing.assert_allclose(np.diag(rand), 1.0)
    plain = tr.GroupTrajectories(2, "poisson", 2).fit(
        tr.Panel.from_wide(panel.outcomes, ages=AGES), n_starts=10
    )
    assert table.loc["none", "llf"] == pytest.approx(plain.llf, abs=1e-4)
    expected = adjusted_rand_score(plain.assignments["group"], results.assignments["group"])
    assert table.loc["none", "adjusted_rand_full"] == pytest.approx(expected, abs=1e-9)
    assert adjusted_rand_score(group, plain.assignments["group"]) > 0.8


def test_exposure_on_the_toronto_data_moves_likelihood_and_groups(reference: Path) -> None:
    counts = pd.read_csv(reference / "TO1.csv").set_index("id").to_numpy(float)
    free = pd.read_csv(reference / "TO1Risk.csv").set_index("id").to_numpy()
    panel = tr.Panel.from_wide(counts, ages=np.arange(8, 39), exposure=free)
    results = tr.GroupTrajectories(2, "poisson", 2).fit(panel, n_starts=6)
    table = results.exposure_sensitivity(panel, floor=0.25, n_starts=6)
    # the offset takes away likelihood, a floor gives some of it back, and persons move
    assert table["llf"].loc[["none", "floor 0.25", "full"]].is_monotonic_decreasing
    assert table.loc["floor 0.25", "raised_cells"] == (free < 0.25).sum()
    assert 0.2 < table.loc["none", "adjusted_rand_full"] < 0.9


def test_shares_by_simulation_cover_even_near_the_edge() -> None:
    rng = np.random.default_rng(9)
    runs, hits = 60, 0
    for _ in range(runs):
        group = (rng.random(250) < 0.05).astype(int)
        chance = expit(np.array([[-2.5], [2.5]]))[group]
        panel = tr.Panel.from_wide((rng.random((250, 8)) < chance).astype(float))
        results = tr.GroupTrajectories(2, "bernoulli", 0).fit(panel, n_starts=2)
        row = results.group_probability_intervals(method="simulation", draws=1000).loc[2]
        hits += covers(row["lower"], 0.05, row["upper"])
    assert hits / runs == pytest.approx(0.95, abs=THREE_ERRORS / np.sqrt(runs))
