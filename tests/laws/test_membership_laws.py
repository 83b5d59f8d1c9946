"""Laws of group probabilities that depend on covariates."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trajectories as tr
from trajectories.groups.membership.terms import read_membership
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.em import run_em
from trajectories.numerics.mixture import Mixture, Parameters

FORMULA = "~ x + sex"


def drawn(n_units: int = 240, seed: int = 0, n_ages: int = 6) -> tr.Panel:
    """Two kinds of careers; who is in which depends on x and sex."""
    rng = np.random.default_rng(seed)
    x, sex = rng.normal(3.0, 2.0, n_units), rng.choice(["f", "m"], n_units)
    logit = 0.5 * (x - 3.0) + 0.8 * (sex == "m") - 0.4
    high = rng.random(n_units) < 1 / (1 + np.exp(-logit))
    rate = np.where(high[:, None], np.linspace(1.5, 3.0, n_ages), 0.4)
    frame = pd.DataFrame({"x": x, "sex": sex})
    return tr.Panel.from_wide(rng.poisson(rate).astype(float)).with_unit_covariates(frame)


@cache
def fit(**options: object) -> tr.GroupTrajectoriesResults:
    return tr.GroupTrajectories(2, "poisson", 1).fit(drawn(), membership=FORMULA, **options)


def mixture_of(panel: tr.Panel, n_groups: int, family: str = "poisson", **how: object) -> Mixture:
    terms, panel = read_membership(FORMULA, panel, n_groups, 1, "refuse")
    spec = tr.GroupTrajectories(n_groups, family, 1)
    model = replace(spec.model(panel), membership=terms)
    prepared = prepare(panel, model.family, unit_covariates=model.unit_covariates(panel), **how)
    return make_mixture(panel, model, prepared.statistics, prepared.grid)


def some_point(mixture: Mixture, seed: int) -> Parameters:
    rng = np.random.default_rng(seed)
    n_groups = mixture.n_groups
    theta = rng.normal(0, 0.4, mixture.active.shape)
    theta[:, 0] += np.linspace(-1, 0.8, n_groups)
    slopes = rng.normal(0, 0.7, (n_groups, mixture.n_covariates))
    slopes[0] = 0.0
    share = rng.dirichlet(np.full(n_groups, 3.0))
    return Parameters(np.log(share), theta, slopes)


def moved(mixture: Mixture, packed: np.ndarray) -> Parameters:
    return Parameters.unpack(packed, mixture.n_groups, mixture.n_covariates)


@pytest.mark.parametrize(
    ("family", "n_groups", "engine"),
    [("poisson", 3, "moments"), ("poisson", 3, "table"), ("zip", 2, "auto"), ("negbin", 2, "auto")],
)
def test_score_and_information_are_the_numerical_derivatives(
    family: str, n_groups: int, engine: str
) -> None:
    mixture = mixture_of(drawn(60), n_groups, family, engine=engine)
    point = some_point(mixture, 3)
    packed = point.pack()
    llf, score, information, _ = mixture.score_and_information(point)
    assert llf == pytest.approx(mixture.e_step(point).llf, rel=1e-12)
    step = 1e-5
    for j in range(len(packed)):
        up, down = packed.copy(), packed.copy()
        up[j] += step
        down[j] -= step
        above, below = moved(mixture, up), moved(mixture, down)
        slope = (mixture.e_step(above).llf - mixture.e_step(below).llf) / (2 * step)
        assert score[j] == pytest.approx(slope, abs=2e-5 * max(1, abs(llf) / 100))
        bend = (
            mixture.score_and_information(above)[1] - mixture.score_and_information(below)[1]
        ) / (2 * step)
        np.testing.assert_allclose(information[j], -bend, rtol=1e-5, atol=1e-4)


def test_units_scores_add_up_to_the_score() -> None:
    from trajectories.numerics.unit_scores import score_blocks

    mixture = mixture_of(drawn(80), 3)
    point = some_point(mixture, 1)
    total = sum(
        (block if (w := mixture.statistics.row_weights(rows)) is None else block * w).sum(axis=1)
        for rows, block in score_blocks(mixture, point)
    )
    np.testing.assert_allclose(total, mixture.score_and_information(point)[1], atol=1e-9)


@given(seed=st.integers(0, 10_000), n_groups=st.integers(2, 4))
def test_likelihood_never_falls(seed: int, n_groups: int) -> None:
    mixture = mixture_of(drawn(50, seed % 7), n_groups)
    point = some_point(mixture, seed)
    wild = replace(point, slopes=3 * point.slopes)
    _, trace = run_em(mixture, wild, 25, -np.inf)
    assert (np.diff(trace) >= -1e-9 * np.abs(trace[0])).all()
    totals = mixture.e_step(wild)
    cautious = mixture.m_step(wild, totals)
    assert mixture.e_step(cautious).llf >= totals.llf - 1e-9 * abs(totals.llf)


@given(seed=st.integers(0, 10_000))
def test_relabelling_changes_nothing(seed: int) -> None:
    mixture = mixture_of(drawn(40), 3)
    point = some_point(mixture, seed)
    order = np.random.default_rng(seed).permutation(3)
    other = point.ordered(order)
    assert (other.slopes[0] == 0).all()
    assert mixture.e_step(other).llf == pytest.approx(mixture.e_step(point).llf, rel=1e-12)
    np.testing.assert_allclose(
        mixture.posterior(other), mixture.posterior(point)[:, order], atol=1e-12
    )


@given(seed=st.integers(0, 10_000))
def test_engine_block_size_and_merging_make_no_difference(seed: int) -> None:
    panel = drawn(90, 2, 3)
    frame = panel.unit_covariates.assign(x=panel.unit_covariates["x"].round())
    panel = panel.with_unit_covariates(frame)
    plain = mixture_of(panel, 3, engine="moments", merge=False)
    point = some_point(plain, seed)
    expected = plain.e_step(point)
    few = mixture_of(panel, 3, engine="moments", merge=False)
    few.statistics.block = 64
    projected = mixture_of(panel, 3, engine="moments", merge=False)
    design = projected.density.designs[0]
    projected.statistics = projected.statistics.projected(design)
    for other in (few, projected, mixture_of(panel, 3, engine="table"), mixture_of(panel, 3)):
        found = other.e_step(point)
        assert found.llf == pytest.approx(expected.llf, rel=1e-11)
        np.testing.assert_allclose(found.group_weight, expected.group_weight, rtol=1e-9)
        np.testing.assert_allclose(found.membership, expected.membership, atol=1e-8)


@given(seed=st.integers(0, 10_000))
def test_slopes_of_zero_are_the_plain_model(seed: int) -> None:
    panel = drawn(50)
    mixture = mixture_of(panel, 3)
    point = some_point(mixture, seed)
    zero = replace(point, slopes=np.zeros_like(point.slopes))
    plain_model = tr.GroupTrajectories(3, "poisson", 1).model(panel)
    prepared = prepare(panel, plain_model.family)
    plain = make_mixture(panel, plain_model, prepared.statistics, prepared.grid)
    bare = Parameters(point.intercepts, point.theta)
    n_plain = len(bare.pack())
    a, b = mixture.score_and_information(zero), plain.score_and_information(bare)
    assert a[0] == pytest.approx(b[0], rel=1e-12)
    np.testing.assert_allclose(a[1][:n_plain], b[1], atol=1e-8)
    np.testing.assert_allclose(a[2][:n_plain, :n_plain], b[2], atol=1e-7)


def test_order_of_persons_and_weights() -> None:
    panel, spec = drawn(), tr.GroupTrajectories(2, "poisson", 1)
    plain = fit()
    order = np.random.default_rng(5).permutation(panel.n_units)
    shuffled = spec.fit(panel.subset(order), membership=FORMULA)
    np.testing.assert_allclose(shuffled.params, plain.params, atol=1e-7)
    twice = spec.fit(panel, membership=FORMULA, weights=np.full(panel.n_units, 2.0))
    np.testing.assert_allclose(twice.params, plain.params, atol=1e-4)
    np.testing.assert_allclose(twice.bse, plain.bse / np.sqrt(2), rtol=1e-4)
    assert twice.llf == pytest.approx(2 * plain.llf, rel=1e-10)


def test_a_covariate_coded_twice_as_wide_halves_the_slope() -> None:
    panel, spec = drawn(), tr.GroupTrajectories(2, "poisson", 1)
    frame = panel.unit_covariates
    wide = spec.fit(
        panel.with_unit_covariates(frame.assign(x=1e6 + 2 * frame["x"])), membership=FORMULA
    )
    a, b = wide.params, fit().params
    assert wide.llf == pytest.approx(fit().llf, abs=1e-6)
    assert a["membership", 2, "x"] == pytest.approx(b["membership", 2, "x"] / 2, rel=1e-5)
    assert wide.bse["membership", 2, "x"] == pytest.approx(
        fit().bse["membership", 2, "x"] / 2, rel=1e-5
    )
    np.testing.assert_allclose(wide.params["mean"], fit().params["mean"], atol=1e-6)


def test_order_of_the_covariates_changes_nothing() -> None:
    other = tr.GroupTrajectories(2, "poisson", 1).fit(drawn(), membership="~ sex + x")
    np.testing.assert_allclose(
        other.params.sort_index(), fit().params.loc[other.params.sort_index().index], atol=1e-6
    )


def test_the_reference_changes_the_sign_and_no_probability() -> None:
    one, two = fit(), fit(reference=2)
    assert two.membership.reference == 2
    assert two.params["membership", 1, "x"] == pytest.approx(-one.params["membership", 2, "x"])
    assert two.bse["membership", 1, "intercept"] == pytest.approx(
        one.bse["membership", 2, "intercept"]
    )
    pd.testing.assert_frame_equal(one.posterior, two.posterior)
    largest = fit(reference="largest")
    assert largest.membership.reference == int(largest.group_probabilities.idxmax())
    assert one.membership.test().statistic == pytest.approx(two.membership.test().statistic)


def test_group_probabilities_are_the_mean_prior_and_the_mean_posterior() -> None:
    results = fit()
    prior = results.prior(drawn().unit_covariates)
    mean = prior.groupby("group")["probability"].mean()
    np.testing.assert_allclose(mean, results.group_probabilities, atol=1e-10)
    np.testing.assert_allclose(results.posterior.mean(), results.group_probabilities, atol=1e-6)


def test_predictions_for_the_persons_fitted_are_their_posterior() -> None:
    results, panel = fit(), drawn()
    bare = replace(panel, unit_covariates=None)
    found = results.predict_proba(bare, covariates=panel.unit_covariates)
    pd.testing.assert_frame_equal(found, results.posterior)


def test_marginal_effects_are_differences_of_mean_probabilities() -> None:
    results, panel = fit(), drawn()
    frame = panel.unit_covariates
    table = results.membership.marginal_effects(panel).set_index(["variable", "group"])

    def mean(**value: object) -> pd.Series:
        return results.prior(frame.assign(**value)).groupby("group")["probability"].mean()

    by_sex = mean(sex="m") - mean(sex="f")
    np.testing.assert_allclose(table.loc["sex", "effect"], by_sex, atol=1e-12)
    assert set(table.loc["sex", "contrast"]) == {"m against f"}
    step = 1e-3
    by_x = (mean(x=frame["x"] + step) - mean(x=frame["x"] - step)) / (2 * step)
    np.testing.assert_allclose(table.loc["x", "effect"], by_x, atol=1e-7)
    assert table["effect"].groupby("variable").sum().abs().max() < 1e-10


def test_standard_errors_of_effects_are_the_delta_method_s() -> None:
    results, panel = fit(), drawn()
    table = results.membership.marginal_effects(panel)
    frame = panel.unit_covariates
    packed = results.parameters.pack()

    def effect(at: np.ndarray) -> float:
        moved_there = replace(results, parameters=Parameters.unpack(at, 2, 2))
        man, woman = (
            moved_there.prior(frame.assign(sex=sex)).query("group == 2")["probability"].mean()
            for sex in ("m", "f")
        )
        return man - woman

    step = 1e-5
    gradient = np.array(
        [(effect(packed + d) - effect(packed - d)) / (2 * step) for d in step * np.eye(len(packed))]
    )
    delta = table.query("variable == 'sex' and group == 2")["standard_error"].item()
    assert delta == pytest.approx(np.sqrt(gradient @ results.covariance @ gradient), rel=1e-6)


def test_the_model_is_the_same_after_saving(tmp_path) -> None:
    panel = drawn()
    frame = panel.unit_covariates.assign(born=np.where(panel.unit_covariates["x"] > 3, True, False))
    panel = panel.with_unit_covariates(frame)
    spec = tr.GroupTrajectories(2, "poisson", 1)
    results = spec.fit(panel, membership="~ scale(x) * sex + born", reference=2)
    results.save(tmp_path / "model.json")
    loaded = tr.load(tmp_path / "model.json")
    pd.testing.assert_series_equal(loaded.params, results.params)
    pd.testing.assert_series_equal(loaded.group_probabilities, results.group_probabilities)
    pd.testing.assert_frame_equal(loaded.predict_proba(panel), results.posterior)
    pd.testing.assert_frame_equal(loaded.prior(frame.head(3)), results.prior(frame.head(3)))
    pd.testing.assert_frame_equal(
        loaded.membership.marginal_effects(panel), results.membership.marginal_effects(panel)
    )
    text = (tmp_path / "model.json").read_text()
    assert f"{frame['x'].iloc[0]:.6f}" not in text


def test_simulated_outcomes_follow_the_covariates() -> None:
    from trajectories.groups.adequacy.simulated_outcomes import drawn_groups

    results, panel = fit(), drawn().subset(np.repeat([True, False], [20, 220]))
    rng = np.random.default_rng(4)
    times = np.stack(
        [drawn_groups(results.model, results.parameters, panel, rng) for _ in range(150)]
    )
    prior = results.prior(panel.unit_covariates)
    expected = prior[prior["group"] == 2]["probability"].to_numpy()
    error = np.sqrt(expected * (1 - expected) / 150)
    assert (np.abs(times.mean(axis=0) - expected) < 5 * error).all()


def test_robust_and_cluster_covariances_agree_where_every_person_is_a_cluster() -> None:
    results, panel = fit(), drawn()
    robust = results.with_covariance("robust", panel)
    clusters = pd.Series(np.arange(panel.n_units), index=panel.units)
    cluster = results.with_covariance("cluster", panel, clusters)
    np.testing.assert_allclose(robust.bse, cluster.bse, rtol=1e-8)
    assert (robust.bse / results.bse).between(0.7, 1.4).all()
