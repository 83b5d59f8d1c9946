"""Laws of time-varying covariates: what must not change, and what must change with what."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import trajectories as tr
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters

AGES = np.arange(15.0, 21.0)
FAMILIES = ("poisson", "zip", "negbin", "bernoulli", "censored_normal")


@lru_cache
def persons(family: str = "poisson", n: int = 160, binary: bool = True) -> tr.Panel:
    """Return persons of two groups whose outcomes depend on two covariates."""
    rng = np.random.default_rng(11)
    group = rng.random(n) < 0.4
    job = (rng.random((n, 6)) < 0.5).astype(float)
    hours = rng.integers(0, 2, (n, 6)) * 1.0 if binary else rng.normal(30, 9, (n, 6))
    centred = (hours - hours.mean()) / hours.std()
    eta = np.where(group[:, None], 0.9, -0.8) + 0.1 * (AGES - 17.5)
    eta = eta + np.where(group[:, None], -0.6, 0.2) * job + 0.15 * centred
    if family == "censored_normal":
        outcome = rng.normal(3 * eta, 1.0)
    elif family == "bernoulli":
        outcome = (rng.random((n, 6)) < 1 / (1 + np.exp(-2 * eta))).astype(float)
    else:
        rate = np.exp(eta) * (rng.gamma(2.0, 0.5, (n, 6)) if family == "negbin" else 1.0)
        outcome = rng.poisson(rate).astype(float)
        if family == "zip":
            outcome = rng.poisson(2.5 * rate) * (rng.random((n, 6)) > 0.3) * 1.0
    outcome[rng.random((n, 6)) < 0.1] = np.nan
    outcome[:, 0] = np.nan_to_num(outcome[:, 0])
    return tr.Panel.from_wide(outcome, ages=AGES, covariates={"job": job, "hours": hours})


def named(family: str):
    return tr.families.ZeroInflatedPoisson(0) if family == "zip" else family


def fitted(panel: tr.Panel, family: str = "poisson", **more):
    spec = tr.GroupTrajectories(2, named(family), 1, time_varying=["job", "hours"], **more)
    return spec.fit(panel, n_starts=6)


@lru_cache
def fit_of(family: str = "poisson", binary: bool = True):
    return fitted(persons(family, binary=binary), family)


def changed(panel: tr.Panel, **values: np.ndarray) -> tr.Panel:
    return replace(panel, covariates={**panel.covariates, **values})


def test_the_order_of_persons_does_not_matter() -> None:
    panel = persons()
    order = np.random.default_rng(0).permutation(panel.n_units)
    one, other = fit_of(), fitted(panel.subset(order))
    assert other.llf == pytest.approx(one.llf, abs=1e-8)
    assert other.params.to_numpy() == pytest.approx(one.params.to_numpy(), abs=1e-6)


def test_a_weight_of_two_is_the_same_person_twice() -> None:
    panel = persons()
    weights = 1.0 + (np.arange(panel.n_units) % 3 == 0)
    rows = np.repeat(np.arange(panel.n_units), weights.astype(int))
    twice = tr.Panel(
        panel.outcomes[rows],
        AGES,
        observed=panel.observed[rows],
        covariates={name: values[rows] for name, values in panel.covariates.items()},
    )
    one, other = fitted(replace(panel, weights=weights)), fitted(twice)
    assert one.llf == pytest.approx(other.llf, abs=1e-7)
    assert one.params.to_numpy() == pytest.approx(other.params.to_numpy(), abs=1e-5)
    assert one.bse.to_numpy() == pytest.approx(other.bse.to_numpy(), rel=1e-5)
    assert one.trajectories()["job"].to_numpy() == pytest.approx(
        other.trajectories()["job"].to_numpy()
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_constant_added_moves_the_intercept_only(family: str) -> None:
    panel, one = persons(family), fit_of(family)
    other = fitted(changed(panel, job=panel.covariates["job"] + 7.0), family)
    assert other.llf == pytest.approx(one.llf, abs=1e-6)
    moved = one.params.copy()
    for group in (1, 2):
        first = one.family.channels[0]
        moved.loc[(first, group, "intercept")] -= 7.0 * moved.loc[(first, group, "job")]
    assert other.params.to_numpy() == pytest.approx(moved.to_numpy(), abs=2e-4)
    others = [label for label in one.params.index if label[2] != "intercept"]
    assert other.bse[others].to_numpy() == pytest.approx(one.bse[others].to_numpy(), rel=1e-4)


def test_scaling_a_covariate_scales_its_effect() -> None:
    panel, one = persons(), fit_of()
    other = fitted(changed(panel, hours=panel.covariates["hours"] * 1000.0))
    for group in (1, 2):
        label = ("mean", group, "hours")
        assert other.params[label] * 1000 == pytest.approx(one.params[label], abs=1e-6)
        assert other.bse[label] * 1000 == pytest.approx(one.bse[label], rel=1e-6)
    assert other.llf == pytest.approx(one.llf, abs=1e-7)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_any_effect_it_is_the_plain_likelihood(family: str) -> None:
    panel = persons(family)
    plain = tr.GroupTrajectories(2, named(family), 1).fit(panel, n_starts=4)
    spec = tr.GroupTrajectories(2, named(family), 1, time_varying=["job", "hours"])
    model = spec.model(panel)
    prepared = prepare(panel, model.family, covariates=model.time_varying)
    mixture = make_mixture(panel, model, prepared.statistics, prepared.grid)
    size = plain.model.bases[0].n_terms
    theta = np.insert(plain.parameters.theta, [size, size], 0.0, axis=1)
    llf = mixture.e_step(Parameters(plain.parameters.log_probability, theta)).llf
    assert llf == pytest.approx(plain.llf, abs=1e-8)
    assert fit_of(family).llf > plain.llf


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("binary", [True, False])
def test_the_score_is_the_numerical_gradient(family: str, binary: bool) -> None:
    panel = persons(family, binary=binary)
    spec = tr.GroupTrajectories(2, named(family), 1, time_varying=["job", "hours"])
    model = spec.model(panel)
    prepared = prepare(panel, model.family, covariates=model.time_varying)
    mixture = make_mixture(panel, model, prepared.statistics, prepared.grid)
    rng = np.random.default_rng(3)
    packed = rng.normal(0, 0.3, 1 + 2 * model.n_group_parameters)
    packed = np.where(model.free(), packed, 0.0)

    def llf(at: np.ndarray) -> float:
        return mixture.e_step(Parameters.unpack(at, 2)).llf

    _, score, information, _ = mixture.score_and_information(Parameters.unpack(packed, 2))
    step = 1e-5
    unit = np.eye(len(packed)) * step
    numerical = [(llf(packed + u) - llf(packed - u)) / (2 * step) for u in unit]
    free = model.free()
    assert score[free] == pytest.approx(np.array(numerical)[free], rel=1e-5, abs=1e-4)
    by_score = [
        mixture.score_and_information(Parameters.unpack(packed + u, 2))[1]
        - mixture.score_and_information(Parameters.unpack(packed - u, 2))[1]
        for u in unit
    ]
    hessian = np.array(by_score) / (2 * step)
    assert -information[np.ix_(free, free)] == pytest.approx(
        hessian[np.ix_(free, free)], rel=1e-4, abs=1e-2
    )


@pytest.mark.parametrize("merge", [True, False])
def test_merging_and_blocks_change_nothing(merge: bool) -> None:
    results, panel = fit_of(), persons()
    rows = np.r_[np.arange(panel.n_units), np.arange(panel.n_units)]
    doubled = tr.Panel(
        panel.outcomes[rows],
        AGES,
        observed=panel.observed[rows],
        covariates={name: values[rows] for name, values in panel.covariates.items()},
    )
    names = results.model.time_varying
    prepared = prepare(doubled, results.family, merge=merge, covariates=names)
    assert (prepared.first is not None) == merge
    prepared.statistics.block = 17
    mixture = make_mixture(doubled, results.model, prepared.statistics, prepared.grid)
    assert mixture.e_step(results.parameters).llf == pytest.approx(2 * results.llf, abs=1e-7)


def test_persons_who_differ_in_a_covariate_only_are_not_merged() -> None:
    outcome = np.zeros((40, 3))
    outcome[::4, 1] = 1.0
    job = np.zeros((40, 3))
    job[20:, 2] = 1.0
    panel = tr.Panel.from_wide(outcome, ages=[1, 2, 3], covariates={"job": job})
    family = tr.families.Poisson()
    assert prepare(panel, family).statistics.n_rows == 2
    assert prepare(panel, family, covariates=["job"]).statistics.n_rows == 4


def test_common_effects_are_equal_effects_imposed() -> None:
    panel = persons()
    common = fitted(panel, common_effects=True)
    own = fit_of()
    assert common.n_params == own.n_params - 2
    assert common.llf < own.llf
    shared = common.params["mean", 0]
    assert list(shared.index) == ["job", "hours"]
    theta = common.parameters.theta
    assert theta[0, -2:] == pytest.approx(theta[1, -2:], abs=0)
    # the score of the model with an effect per group adds up to zero over the groups
    prepared = prepare(panel, own.family, covariates=own.model.time_varying)
    mixture = make_mixture(panel, own.model, prepared.statistics, prepared.grid)
    _, score, _, _ = mixture.score_and_information(common.parameters)
    by_group = score[1:].reshape(2, -1)
    assert by_group[:, :2] == pytest.approx(np.zeros((2, 2)), abs=1e-3)
    assert by_group[:, 2:].sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-3)
    assert np.abs(by_group[0, 2:]).max() > 1
    assert own.likelihood_ratio_test(common).df == 2


def test_one_covariate_common_and_one_per_group() -> None:
    results = fitted(persons(), common_effects=["hours"])
    table = results.covariate_effects()
    assert list(zip(table["covariate"], table["group"], strict=True)) == [
        ("job", 1),
        ("job", 2),
        ("hours", 0),
    ]
    assert results.test_equal_effects("job").df == 1
    assert results.test_equal_effects().null == "the effect of job is the same in all groups"
    assert not results.test_equal_effects("hours").applies
    assert results.test_equal_curves(1, 2).df == 3


def test_relabelling_the_groups_does_not_change_the_likelihood() -> None:
    results, panel = fit_of(), persons()
    model = results.model.ordered(np.array([1, 0]))
    prepared = prepare(panel, results.family, covariates=model.time_varying)
    mixture = make_mixture(panel, model, prepared.statistics, prepared.grid)
    turned = results.parameters.ordered(np.array([1, 0]))
    assert mixture.e_step(turned).llf == pytest.approx(results.llf, abs=1e-9)


def test_one_group_is_the_generalised_linear_model() -> None:
    from statsmodels.api import GLM
    from statsmodels.api import families as sm

    panel = persons()
    spec = tr.GroupTrajectories(1, "poisson", 1, time_varying=["job", "hours"])
    results = spec.fit(panel)
    seen = panel.observed
    ages = np.broadcast_to(AGES, seen.shape)[seen]
    design = np.column_stack(
        [np.ones(len(ages)), ages, *(values[seen] for values in panel.covariates.values())]
    )
    glm = GLM(panel.outcomes[seen], design, family=sm.Poisson()).fit(tol=1e-12)
    assert results.params.to_numpy() == pytest.approx(glm.params, abs=1e-6)
    assert results.bse.to_numpy() == pytest.approx(glm.bse, rel=1e-6)
    assert results.llf == pytest.approx(glm.llf, abs=1e-6)


def test_an_offset_is_an_exposure_beside_covariates() -> None:
    panel = persons()
    half = replace(panel, exposure=np.full(panel.outcomes.shape, 0.5))
    one, other = fit_of(), fitted(half)
    for group in (1, 2):
        for term in ("age", "job", "hours"):
            assert other.params["mean", group, term] == pytest.approx(
                one.params["mean", group, term], abs=1e-5
            )


def test_own_ages_that_are_the_common_ones_change_nothing() -> None:
    panel, one = persons(), fit_of()
    own = replace(
        panel,
        ages=np.arange(1.0, 7.0),
        individual_ages=np.broadcast_to(AGES, panel.outcomes.shape).copy(),
    )
    other = fitted(own)
    assert other.llf == pytest.approx(one.llf, abs=1e-7)
    assert other.params.to_numpy() == pytest.approx(one.params.to_numpy(), abs=1e-5)


def test_values_in_cells_not_observed_do_not_matter() -> None:
    panel = persons()
    job = np.where(panel.observed, panel.covariates["job"], np.nan)
    assert fitted(changed(panel, job=job)).llf == fit_of().llf


@given(
    arrays(float, 6, elements=st.floats(-3, 3)),
    st.sampled_from(["poisson", "zip", "bernoulli", "censored_normal"]),
)
def test_a_path_moves_the_curve_by_the_effect(path: np.ndarray, family: str) -> None:
    results = fit_of(family)
    zero = results.model.along({"job": 0, "hours": 0}, results.ages)
    moved = results.model.along({"job": path, "hours": 0}, results.ages)
    theta = results.parameters.theta
    change = moved.channels(theta, results.ages) - zero.channels(theta, results.ages)
    first = results.family.channels[0]
    effects = results.params[first].xs("job", level="term").to_numpy()
    assert change[0] == pytest.approx(path[:, None] * effects, abs=1e-9)
    assert not change[1:].any()


def test_persons_do_not_depend_on_the_path() -> None:
    results, panel = fit_of(), persons()
    at = results.at({"job": 1})
    pd.testing.assert_frame_equal(at.predict_proba(panel), results.predict_proba(panel))
    pd.testing.assert_series_equal(at.params, results.params)


def test_predictions_are_the_posterior_of_those_fitted() -> None:
    results, panel = fit_of("zip"), persons("zip")
    again = results.predict_proba(panel)
    pd.testing.assert_frame_equal(again, results.posterior, atol=1e-12)


def test_residuals_add_up_to_zero_where_the_model_has_an_intercept() -> None:
    table = fit_of().residuals(persons())
    assert table.groupby("group")["residual"].sum().to_numpy() == pytest.approx(0, abs=1e-4)
    slope = (table["residual"] * table["age"]).groupby(table["group"]).sum()
    assert slope.to_numpy() == pytest.approx(0, abs=1e-3)


def test_outcomes_drawn_from_the_model_have_its_means() -> None:
    from trajectories.groups.adequacy.cell_curves import cell_curves
    from trajectories.groups.adequacy.simulated_outcomes import simulate_outcomes

    results, panel = fit_of(), persons()
    rng = np.random.default_rng(5)
    drawn = np.mean(
        [
            simulate_outcomes(results.model, results.parameters, panel, rng).outcomes
            for _ in range(400)
        ],
        axis=0,
    )
    curves = cell_curves(results.model, results.parameters, panel)
    shares = np.exp(results.parameters.log_probability)
    everybody = np.broadcast_to(shares, (panel.n_units, 2))
    expected = curves.expected(slice(None), everybody, np.ones(6, dtype=bool)) * panel.observed
    job = panel.covariates["job"] == 1
    for cells in (job, ~job):
        assert drawn[cells].mean() == pytest.approx(expected[cells].mean(), rel=0.03)
