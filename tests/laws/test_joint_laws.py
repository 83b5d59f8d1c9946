"""Laws of joint models: score and likelihood, and what must change nothing."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.joint.alignment import align
from trajectories.groups.joint.dropout import departures
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.joint_problem import JointProblem, Rows
from trajectories.groups.joint.leaving_part import leaving_part
from trajectories.groups.joint.panel_part import PanelPart
from trajectories.groups.joint.stacking import stack
from trajectories.groups.model import Model
from trajectories.numerics.em import polish, run_em
from trajectories.numerics.joint_mixture import JointMixture
from trajectories.numerics.mixture import Parameters

FEW = settings(max_examples=6, suppress_health_check=list(HealthCheck))
FAMILIES = ("poisson", "bernoulli", "censored_normal")
SHARED, OWN = ((0, 1), (0, 1), (0, 1)), ((0, 0, 1, 1), (0, 1, 0, 1), (0, 1, 0, 1))


def made_up(rng: np.random.Generator, n_units: int = 60, absent: bool = True) -> dict:
    group = rng.integers(0, 2, n_units)[:, None]
    units = np.array([f"u{i}" for i in range(n_units)])
    counts = rng.poisson(0.4 + 1.5 * group, (n_units, 4)).astype(float)
    counts[1:, 1:][rng.random((n_units - 1, 3)) < 0.2] = np.nan
    drugs = (rng.random((n_units, 3)) < 0.3 + 0.4 * group).astype(float)
    score = rng.normal(1.5 * group, 1.0, (n_units, 5))
    late = 5 if absent else 0
    return {
        "poisson": tr.Panel.from_wide(counts, ages=np.arange(4), units=units),
        "bernoulli": tr.Panel.from_wide(drugs[late:], ages=np.arange(3), units=units[late:]),
        "censored_normal": tr.Panel.from_wide(score, ages=np.arange(10, 15), units=units),
    }


def mixture_of(panels: dict, group_of: tuple) -> tuple[JointMixture, JointModel]:
    aligned = align(panels, "keep")
    models = tuple(
        Model.build(resolve(family), (1,) * (max(own) + 1), panel.ages)
        for family, panel, own in zip(FAMILIES, aligned.panels, group_of, strict=True)
    )
    model = JointModel(FAMILIES, models, group_of)
    stacked = stack(aligned)
    parts = [
        PanelPart.make(name, panel, own, present)
        for name, panel, own, present in zip(
            FAMILIES, stacked.panels, models, stacked.present, strict=True
        )
    ]
    return JointProblem(parts, Rows.of(stacked)).mixture(model), model


def point(model: JointModel, mixture: JointMixture, rng: np.random.Generator) -> np.ndarray:
    """Return random numbers for what is estimated."""
    return rng.normal(0, 0.4, mixture.expansion.shape[1])


@pytest.mark.parametrize("group_of", [SHARED, OWN], ids=["shared", "own"])
@FEW
@given(seed=st.integers(0, 10_000))
def test_score_and_information_are_the_numerical_derivatives(group_of, seed) -> None:
    rng = np.random.default_rng(seed)
    mixture, model = mixture_of(made_up(rng), group_of)
    expand, x = mixture.expansion, point(model, mixture, rng)

    def at(x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        parameters = Parameters.unpack(expand @ x, model.n_groups)
        llf, score, information, _ = mixture.score_and_information(parameters)
        return llf, expand.T @ score, expand.T @ information @ expand

    _, score, information = at(x)
    h = 1e-5
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i], down[i] = up[i] + h, down[i] - h
        high, low = at(up), at(down)
        assert score[i] == pytest.approx((high[0] - low[0]) / (2 * h), rel=1e-5, abs=1e-4)
        slope = -(high[1] - low[1]) / (2 * h)
        np.testing.assert_allclose(information[i], slope, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("group_of", [SHARED, OWN], ids=["shared", "own"])
@FEW
@given(seed=st.integers(0, 10_000))
def test_the_likelihood_never_falls_at_any_step(group_of, seed) -> None:
    rng = np.random.default_rng(seed)
    mixture, model = mixture_of(made_up(rng), group_of)
    start = Parameters.unpack(mixture.expansion @ point(model, mixture, rng), model.n_groups)
    parameters, trace = run_em(mixture, start, 20, 0.0)
    fitted = polish(mixture, parameters, trace, 15, 1e-8, 1e-6)
    steps = np.diff(fitted.trace)
    assert len(steps) >= 2
    assert steps.min() >= -1e-9 * abs(fitted.llf)
    tied = mixture.expansion @ np.linalg.pinv(mixture.expansion) @ fitted.parameters.pack()
    np.testing.assert_allclose(tied, fitted.parameters.pack(), atol=1e-12)


def fit(panels: dict, n_groups: int = 2) -> tr.MultiTrajectoriesResults:
    outcomes = {name: tr.Outcome(name, 1) for name in panels}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        return tr.MultiTrajectories(n_groups, outcomes).fit(panels, incomplete="keep", n_starts=8)


@settings(max_examples=3)
@given(seed=st.integers(0, 10_000))
def test_order_of_units_and_of_outcomes_changes_nothing(seed) -> None:
    rng = np.random.default_rng(seed)
    panels = made_up(rng)
    first = fit(panels)
    shuffled = {
        name: panels[name].subset(rng.permutation(panels[name].n_units))
        for name in reversed(panels)
    }
    other = fit(shuffled)
    assert other.llf == pytest.approx(first.llf, abs=1e-7)
    aligned = other.params.reindex(first.params.index)
    np.testing.assert_allclose(aligned, first.params, atol=2e-4)
    np.testing.assert_allclose(other.bse.reindex(first.bse.index), first.bse, rtol=1e-3)
    np.testing.assert_allclose(
        other.posterior.loc[first.posterior.index], first.posterior, atol=1e-4
    )


def test_weight_two_is_every_unit_twice() -> None:
    panels = made_up(np.random.default_rng(4), absent=False)
    twice = {
        name: tr.Panel.from_wide(
            np.vstack([p.outcomes, p.outcomes])
            if p.observed is None
            else np.vstack([np.where(p.observed, p.outcomes, np.nan)] * 2),
            ages=p.ages,
        )
        for name, p in panels.items()
    }
    heavy = {name: replace(p, weights=np.full(p.n_units, 2.0)) for name, p in panels.items()}
    one, two = fit(heavy), fit(twice)
    assert one.llf == pytest.approx(two.llf, rel=1e-10)
    np.testing.assert_allclose(one.params, two.params, atol=1e-5)
    np.testing.assert_allclose(one.bse, two.bse, rtol=1e-5)
    assert one.bic == pytest.approx(two.bic)


def test_one_group_is_every_outcome_by_itself() -> None:
    panels = made_up(np.random.default_rng(5), absent=False)
    together = fit(panels, n_groups=1)
    alone = [tr.GroupTrajectories(1, name, 1).fit(panel) for name, panel in panels.items()]
    assert together.llf == pytest.approx(sum(one.llf for one in alone), rel=1e-10)
    np.testing.assert_allclose(
        together.bse.to_numpy(), np.concatenate([one.bse.to_numpy() for one in alone]), rtol=1e-6
    )


def test_dual_models_do_not_care_about_the_order_of_units_or_weights_or_of_the_outcomes() -> None:
    rng = np.random.default_rng(6)
    group = rng.integers(0, 2, 120)
    other_group = np.where(rng.random(120) < 0.7, group, 1 - group)
    counts = rng.poisson(0.4 + 2.5 * group[:, None], (120, 5)).astype(float)
    score = rng.normal(2.0 * other_group[:, None], 1.0, (120, 4))
    panels = {
        "poisson": tr.Panel.from_wide(counts, ages=np.arange(5)),
        "censored_normal": tr.Panel.from_wide(score, ages=np.arange(4)),
    }
    specs = {name: tr.GroupTrajectories(2, name, 0) for name in panels}
    first = tr.DualTrajectories(specs).fit(panels, n_starts=6)
    shuffled = {name: panels[name].subset(rng.permutation(120)) for name in reversed(panels)}
    turned = {name: specs[name] for name in reversed(specs)}
    other = tr.DualTrajectories(turned).fit(shuffled, n_starts=6)
    assert other.llf == pytest.approx(first.llf, rel=1e-10)
    keys = ["given", "given_group", "outcome", "group"]
    one, two = (
        res.conditional_probabilities().set_index(keys).sort_index() for res in (first, other)
    )
    np.testing.assert_allclose(one, two, rtol=1e-4)
    assert other.test_independence().statistic == pytest.approx(
        first.test_independence().statistic, rel=1e-5
    )
    assert other.test_independence("wald").statistic == pytest.approx(
        first.test_independence("wald").statistic, rel=1e-4
    )

    heavy = {n: replace(p, weights=np.full(120, 2.0)) for n, p in panels.items()}
    double = tr.DualTrajectories(specs).fit(heavy, n_starts=6)
    assert double.llf == pytest.approx(2 * first.llf, rel=1e-10)
    np.testing.assert_allclose(double.bse, first.bse / np.sqrt(2), rtol=1e-4)


def test_a_bar_of_progress_changes_no_bit_and_leaves_curves_that_combinations_share_one() -> None:
    rng = np.random.default_rng(3)
    first = rng.integers(0, 2, 300)
    second = np.where(rng.random(300) < 0.8, first, 1 - first)
    panels = {
        name: tr.Panel.from_wide(rng.poisson(np.array([0.4, 3.0])[own][:, None] * np.ones(6)))
        for name, own in (("a", first), ("b", second))
    }
    one = tr.GroupTrajectories(2, "poisson", 1)
    dual = tr.DualTrajectories({"a": one, "b": one})
    quiet, shown = (dual.fit(panels, n_starts=3, progress=bar) for bar in (False, True))
    assert np.array_equal(shown.parameters.theta, quiet.parameters.theta)
    for columns, groups in zip((slice(0, 2), slice(2, 4)), shown.model.group_of, strict=True):
        curves = shown.parameters.theta[:, columns]
        assert len(np.unique(curves, axis=0)) == len(set(groups))
    assert shown.llf == quiet.llf


def test_covariates_of_the_curves_enter_joint_models_too() -> None:
    rng = np.random.default_rng(7)
    w = rng.normal(0, 1, (150, 4))
    level = np.array([-1.0, 1.5])[rng.integers(0, 2, 150)][:, None]
    score = rng.normal(level + 0.6 * w, 1.0)
    panel = tr.Panel.from_wide(score, ages=np.arange(4), covariates={"w": w})
    curves = tr.GroupTrajectories(2, "censored_normal", 0, time_varying=["w"])
    flat = tr.GroupTrajectories(1, "censored_normal", 0)
    pair = tr.DualTrajectories({"a": curves, "b": flat}).fit({"a": panel, "b": panel}, n_starts=6)
    alone = curves.fit(panel, n_starts=6)
    assert pair.llf == pytest.approx(alone.llf + flat.fit(panel).llf, rel=1e-10)
    own = pair.bse.xs("a", level="outcome").to_numpy()
    np.testing.assert_allclose(own, alone.bse.iloc[1:].to_numpy(), rtol=1e-6)


@FEW
@given(seed=st.integers(0, 10_000))
def test_with_leaving_the_likelihood_never_falls_and_the_score_is_its_gradient(seed) -> None:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, 70)[:, None]
    counts = rng.poisson(0.4 + 2.0 * group, (70, 5)).astype(float)
    gone = rng.random((70, 5)) < 0.05 + 0.2 * group
    gone[:, 0] = False
    gone[0, 1:] = [False, False, False, True]
    counts[np.cumsum(gone, axis=1) > 0] = np.nan
    counts[1:, 1:3][rng.random((69, 2)) < 0.1] = np.nan
    panel = tr.Panel.from_wide(counts, ages=np.arange(5.0))
    curves = Model.build(resolve("poisson"), (1, 1), panel.ages)
    stacked = stack(align({"outcome": panel}), departures(panel).stacked())
    rows = stacked.panels[0]
    leaving, model = leaving_part(rows, departures(rows), tr.Dropout(previous=1), 2)
    joint = JointModel(("outcome", "dropout"), (curves, model), ((0, 1), (0, 1)))
    parts = [PanelPart.make("outcome", rows, curves, None), leaving]
    mixture = JointProblem(parts, Rows.of(stacked)).mixture(joint)
    expand, x = mixture.expansion, rng.normal(0, 0.3, mixture.expansion.shape[1])

    def llf(x: np.ndarray) -> float:
        return mixture.e_step(Parameters.unpack(expand @ x, 2)).llf

    start = Parameters.unpack(expand @ x, 2)
    score = expand.T @ mixture.score_and_information(start)[1]
    numerical = [(llf(x + h) - llf(x - h)) / 2e-5 for h in 1e-5 * np.eye(len(x))]
    np.testing.assert_allclose(score, numerical, rtol=1e-5, atol=1e-4)
    parameters, trace = run_em(mixture, start, 20, 0.0)
    fitted = polish(mixture, parameters, trace, 15, 1e-8, 1e-6)
    assert np.diff(fitted.trace).min() >= -1e-9 * abs(fitted.llf)
