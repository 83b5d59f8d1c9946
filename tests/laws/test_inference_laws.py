"""Laws of covariances, bands and the bootstrap, for every family listed in the registry."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.families import FAMILIES
from trajectories.families.links import INVERSE
from trajectories.groups.inference.bands import envelope
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.unit_scores import outer_by_cluster, outer_by_unit, score_blocks

EVERY_FAMILY = pytest.mark.parametrize("family", sorted(FAMILIES))
SCALE = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
FEW = settings(max_examples=3 * SCALE, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2 if SCALE == 1 else 10**6)
"""Few panels, so that the fits of one law serve the next one too."""


@cache
def fitted(family: str, seed: int) -> tuple[tr.Panel, tr.GroupTrajectoriesResults]:
    """Two well separated groups of weighted persons, drawn from the family, and their fit."""
    rng = np.random.default_rng(seed)
    member = FAMILIES[family]()
    ages = np.arange(6.0)
    model = Model.build(member, (1, 1), ages)
    theta = np.zeros((2, model.n_group_parameters))
    theta[:, 0], theta[:, 1] = [-0.6, 1.3], [0.3, -0.2]
    theta[:, 2:] = 0.0 if family == "zip_tau" else -0.7
    channels = model.channels(theta, ages).transpose(0, 2, 1)
    group = (rng.random(160) < 0.4).astype(int)
    outcome = member.draw(channels[:, group], np.ones((160, 6)), rng)
    panel = tr.Panel.from_wide(outcome, ages=ages, weights=rng.integers(1, 3, 160).astype(float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        return panel, tr.GroupTrajectories(2, member, 1).fit(panel, n_starts=8)


def proper(family: str, seed: int) -> tuple[tr.Panel, tr.GroupTrajectoriesResults]:
    panel, results = fitted(family, seed)
    assume(results.converged)
    return panel, results


def same(one: tr.GroupTrajectoriesResults, other: tr.GroupTrajectoriesResults) -> None:
    """Check that two covariances are equal, as correlations and as errors."""
    scale = np.outer(one.bse, one.bse)
    np.testing.assert_allclose(one.cov_params() / scale, other.cov_params() / scale, atol=1e-7)


def repeated(panel: tr.Panel) -> tr.Panel:
    """Every person as often as it weighs."""
    rows = np.repeat(np.arange(panel.n_units), panel.weights.astype(int))
    return tr.Panel(outcomes=panel.outcomes[rows], ages=panel.ages)


@EVERY_FAMILY
@FEW
@given(seed=SEEDS)
def test_scores_of_units_add_up_to_the_score_and_their_squares_to_its_moment(family, seed) -> None:
    panel, results = fitted(family, seed)
    mixture = make_mixture(panel, results.model, prepare(panel, results.family).statistics)
    rng = np.random.default_rng(seed)
    packed = results.parameters.pack() + 0.05 * rng.normal(size=len(results.withheld))
    at = Parameters.unpack(packed, 2)
    total, outer = np.zeros(len(packed)), outer_by_unit(mixture, at)
    for rows, scores in score_blocks(mixture, at):
        weights = mixture.statistics.row_weights(rows)
        total += scores.sum(axis=1) if weights is None else scores @ weights
    score = mixture.score_and_information(at)[1]
    np.testing.assert_allclose(total, score, rtol=1e-8, atol=1e-8 * np.abs(score).max())
    moments = mixture.statistics.score_moments(
        mixture.density.log_density(at.theta),
        at.log_probability,
        mixture.density.score_table(at.theta),
    )
    np.testing.assert_allclose(
        outer, moments.mean_outer, rtol=1e-8, atol=1e-10 * np.abs(outer).max()
    )


@EVERY_FAMILY
@FEW
@given(seed=SEEDS)
def test_a_weight_of_two_is_the_person_twice_in_the_robust_covariance(family, seed) -> None:
    panel, results = proper(family, seed)
    twice = repeated(panel)
    weighted = results.with_covariance("robust", panel)
    plain = results.with_covariance("robust", twice)
    same(weighted, plain)
    house = np.random.default_rng(seed).integers(0, 25, panel.n_units)
    clustered = results.with_covariance("cluster", panel, pd.Series(house, index=panel.units))
    both = pd.Series(np.repeat(house, panel.weights.astype(int)), index=twice.units)
    again = results.with_covariance("cluster", twice, both)
    same(clustered, again)


@EVERY_FAMILY
@FEW
@given(seed=SEEDS)
def test_clusters_of_one_person_are_the_robust_covariance(family, seed) -> None:
    panel, results = proper(family, seed)
    twice = repeated(panel)
    names = pd.Series([f"p{unit}" for unit in twice.units], index=twice.units)
    robust = results.with_covariance("robust", twice)
    cluster = results.with_covariance("cluster", twice, clusters=names)
    same(cluster, robust)
    pd.testing.assert_series_equal(cluster.params, results.params)


@EVERY_FAMILY
@FEW
@given(seed=SEEDS)
def test_order_of_persons_blocks_and_names_of_clusters_change_no_covariance(family, seed) -> None:
    panel, results = proper(family, seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(panel.n_units)
    house = pd.Series(rng.integers(0, 25, panel.n_units), index=panel.units)
    for kind, clusters in (("robust", None), ("cluster", house)):
        one = results.with_covariance(kind, panel, clusters)
        renamed = None if clusters is None else clusters.map(lambda number: f"house {90 - number}")
        other = results.with_covariance(kind, panel.subset(order), renamed)
        same(one, other)
    mixture = make_mixture(
        panel, results.model, prepare(panel, results.family, merge=False).statistics
    )
    whole = outer_by_cluster(mixture, results.parameters, house.to_numpy(), 25)
    mixture.statistics.block = 64
    pieces = outer_by_cluster(mixture, results.parameters, house.to_numpy(), 25)
    np.testing.assert_allclose(whole, pieces, rtol=1e-8, atol=1e-10 * np.abs(whole).max())


@EVERY_FAMILY
@FEW
@given(seed=SEEDS)
def test_numbering_the_groups_the_other_way_numbers_the_errors_the_other_way(family, seed) -> None:
    panel, results = proper(family, seed)
    turned = replace(results, parameters=results.parameters.ordered(np.array([1, 0])))
    one = results.with_covariance("robust", panel)
    other = turned.with_covariance("robust", panel)
    shared = results.family.common_channels()
    part = next(name for name in results.family.channels if name not in shared)
    np.testing.assert_allclose(one.bse.loc[part, 1], other.bse.loc[part, 2], rtol=1e-6)
    np.testing.assert_allclose(one.bse["membership"], other.bse["membership"], rtol=1e-6)
    mine, theirs = one.group_probability_intervals(), other.group_probability_intervals()
    np.testing.assert_allclose(
        mine.loc[1, ["lower", "upper"]].astype(float),
        theirs.loc[2, ["lower", "upper"]].astype(float),
        rtol=1e-6,
    )


@EVERY_FAMILY
@FEW
@given(seed=SEEDS, level=st.sampled_from([0.8, 0.95]))
def test_a_band_for_all_ages_holds_the_one_for_each_and_stays_where_a_mean_can_be(
    family, seed, level
) -> None:
    _, results = proper(family, seed)
    for method in ("delta", "simulation"):
        each = results.trajectories(level, method=method, draws=2000)
        every = results.trajectories(level, method=method, draws=2000, band="simultaneous")
        assert (every["lower"] <= each["lower"] + 1e-12).all()
        assert (every["upper"] >= each["upper"] - 1e-12).all()
        assert (each["lower"] <= each["mean"]).all()
        assert (each["mean"] <= each["upper"]).all()
        if results.family.link != "identity":
            assert (every["lower"] > 0).all()
        if results.family.link == "logit":
            assert (every["upper"] < 1).all()
        shares = results.group_probability_intervals(level, method=method)
        assert ((shares["lower"] > 0) & (shares["upper"] < 1)).all()
        area = results.expected_outcome(level=level, method=method, draws=2000)
        means = each.groupby("group")["mean"].sum()
        np.testing.assert_allclose(area["expected"], means, rtol=1e-12)
        assert (area["lower"] < area["expected"]).all()
        assert (area["expected"] < area["upper"]).all()


@EVERY_FAMILY
@FEW
@given(seed=SEEDS)
def test_simulation_and_delta_method_agree_where_the_errors_are_small(family, seed) -> None:
    _, results = proper(family, seed)
    sure = replace(results, covariance=results.covariance / 400)
    for band in ("pointwise", "simultaneous"):
        one = sure.trajectories(band=band)
        other = sure.trajectories(band=band, method="simulation")
        width = (one["upper"] - one["lower"]).to_numpy()
        for side in ("lower", "upper"):
            assert (np.abs(one[side] - other[side]) < 0.12 * width).all()
    one, other = sure.expected_outcome(), sure.expected_outcome(method="simulation")
    width = one["upper"] - one["lower"]
    assert (np.abs(one["upper"] - other["upper"]) < 0.1 * width).all()


@settings(max_examples=20 * SCALE)
@given(seed=st.integers(0, 10**6), level=st.floats(0.5, 0.99), draws=st.integers(200, 600))
def test_a_band_by_ranks_holds_at_least_its_share_of_the_drawn_curves(seed, level, draws) -> None:
    curves = np.random.default_rng(seed).normal(size=(draws, 12)).cumsum(axis=1)
    lower, upper = envelope(curves, level, simultaneous=True)
    inside = ((curves >= lower) & (curves <= upper)).all(axis=1).mean()
    assert inside >= level - 1e-12


@pytest.mark.parametrize("family", ["poisson", "zip", "negbin", "bernoulli"])
def test_the_bootstrap_does_not_depend_on_order_weights_or_processes(family) -> None:
    panel, results = fitted(family, 3)
    first = results.bootstrap(panel, n_replicates=4, seed=5, n_starts=2)
    shuffled = panel.subset(np.random.default_rng(1).permutation(panel.n_units))
    for other in (shuffled, repeated(panel)):
        again = results.bootstrap(other, n_replicates=4, seed=5, n_starts=2)
        np.testing.assert_allclose(again.params, first.params, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(again.jaccard, first.jaccard)
    if family == "poisson":
        apart = results.bootstrap(panel, n_replicates=4, seed=5, n_starts=2, n_jobs=2)
        pd.testing.assert_frame_equal(apart.params, first.params, rtol=1e-9)
        pd.testing.assert_frame_equal(apart.replicates, first.replicates)
    assert not np.allclose(
        results.bootstrap(panel, n_replicates=4, seed=6, n_starts=2).params, first.params
    )


def test_drawing_clusters_of_one_person_each_draws_persons() -> None:
    panel, results = fitted("poisson", 3)
    twice = repeated(panel)
    own = pd.Series(twice.units, index=twice.units)
    rng = np.random.default_rng(2)
    by_person = results.bootstrap(twice, n_replicates=40, seed=1, n_starts=2)
    by_cluster = results.bootstrap(twice, n_replicates=40, seed=1, n_starts=2, clusters=own)
    assert by_cluster.n_clusters == twice.n_units
    ratio = by_cluster.bse / by_person.bse
    assert ratio.between(0.6, 1.6).all()
    couples = pd.Series(rng.permutation(np.arange(twice.n_units) // 2), index=twice.units)
    shuffled = couples.sample(frac=1.0, random_state=3).map(lambda number: f"couple {number}")
    one, other = (
        results.bootstrap(twice, n_replicates=3, seed=1, n_starts=2, clusters=clusters)
        for clusters in (couples, shuffled)
    )
    np.testing.assert_allclose(one.params, other.params, rtol=1e-5, atol=1e-6)


def test_every_inverse_link_rises() -> None:
    grid = np.linspace(-3, 3, 50)
    assert all((np.diff(inverse(grid)) > 0).all() for inverse in INVERSE.values())
