"""Every improper way of stopping is noticed, named and warned about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import StopReason
from trajectories.errors import DegenerateSolutionWarning
from trajectories.groups import Control
from trajectories.groups.model import Model
from trajectories.groups.search.diagnosis import diagnose
from trajectories.groups.search.fitting import finish
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters


def counts_of_two_groups(n_units: int = 200, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rate = rng.choice([0.4, 4.0], n_units)[:, None] * np.array([0.3, 0.8, 1.0, 0.9, 0.6, 0.3])
    return rng.poisson(rate).astype(float)


def test_every_reason_has_advice() -> None:
    for reason in StopReason:
        assert len(reason.advice) > 20
        assert str(reason) == reason.value


def test_a_proper_solution_converges_with_a_zero_gradient() -> None:
    panel = tr.Panel.from_wide(counts_of_two_groups(), ages=np.arange(6))
    results = tr.GroupTrajectories(2, "poisson", 2).fit(panel)
    assert results.stop_reason is StopReason.CONVERGED
    assert results.converged
    assert results.gradient < 1e-6
    assert results.notes == ()
    assert results.n_replicated >= 1


def test_the_iteration_limit_is_not_convergence() -> None:
    panel = tr.Panel.from_wide(counts_of_two_groups(), ages=np.arange(6))
    short = Control(
        n_starts=2, n_finish=1, first_steps=1, second_steps=1, em_steps=1, newton_steps=1
    )
    with pytest.warns(DegenerateSolutionWarning, match="iteration_limit"):
        results = tr.GroupTrajectories(3, "poisson", 2).fit(panel, control=short)
    assert results.stop_reason is StopReason.ITERATION_LIMIT
    assert not results.converged


def test_too_many_groups_are_named_duplicate_empty_or_singular() -> None:
    rng = np.random.default_rng(5)
    panel = tr.Panel.from_wide(rng.binomial(1, 0.5, (80, 4)).astype(float), ages=np.arange(4))
    with pytest.warns(DegenerateSolutionWarning) as caught:
        results = tr.GroupTrajectories(4, "poisson", 0).fit(panel)
    assert not results.converged
    assert results.stop_reason in {
        StopReason.DUPLICATE_GROUPS,
        StopReason.EMPTY_GROUP,
        StopReason.SINGULAR_INFORMATION,
    }
    assert results.notes
    assert str(results.stop_reason) in str(caught[0].message)


def test_a_group_that_never_offends_is_a_boundary_and_its_errors_are_withheld() -> None:
    counts = counts_of_two_groups()
    counts[:120] = 0
    panel = tr.Panel.from_wide(counts, ages=np.arange(6))
    with pytest.warns(DegenerateSolutionWarning, match="rate went to zero"):
        results = tr.GroupTrajectories(3, "poisson", 1).fit(panel)
    assert results.stop_reason is StopReason.BOUNDARY
    hidden = results.bse.loc["mean", 1]
    assert hidden.isna().all()
    assert results.bse.drop(index=hidden.index, errors="ignore").loc["mean", 2].notna().all()
    assert results.bse.loc["mean", 3].notna().all()
    limits = results.trajectories().set_index("group")[["lower", "upper"]]
    assert limits.loc[1].isna().all(axis=None)
    assert limits.loc[[2, 3]].notna().all(axis=None)
    assert results.plot() is not None
    never = int((counts.sum(axis=1) == 0).sum())
    assert results.assignments["group"].eq(1).sum() == never


def test_inflation_that_runs_off_is_a_boundary(recwarn: pytest.WarningsRecorder) -> None:
    rng = np.random.default_rng(11)
    panel = tr.Panel.from_wide(rng.binomial(6, 0.5, (400, 5)).astype(float), ages=np.arange(5))
    results = tr.GroupTrajectories(1, "zip", 0).fit(panel)
    assert results.stop_reason is StopReason.BOUNDARY
    assert any(issubclass(w.category, DegenerateSolutionWarning) for w in recwarn)
    assert "extra zero" in results.notes[0]
    assert results.bse.loc["inflation"].isna().all()
    assert results.bse.loc["mean"].notna().all()


def test_the_degenerate_toronto_model_is_noticed(reference) -> None:
    counts = pd.read_csv(reference / "TO1adj.csv").set_index("id").to_numpy(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(8, 39))
    family = tr.families.ZeroInflatedPoisson(inflation_degree=3)
    with pytest.warns(DegenerateSolutionWarning):
        results = tr.GroupTrajectories(4, family, 3).fit(panel)
    rate = np.exp(results.model.channels(results.parameters.theta, results.ages)[0])
    assert rate.max() < 10 * counts.max()
    assert "ran off" in results.notes[0] or "set aside" in results.notes[-1]
    assert not results.converged or "set aside" in results.notes[-1]


def test_two_groups_with_one_curve_are_named_duplicates() -> None:
    rng = np.random.default_rng(2)
    panel = tr.Panel.from_wide(rng.poisson(2.0, (300, 6)).astype(float), ages=np.arange(6))
    model = Model.build(tr.families.Poisson(), (1, 1), panel.ages)
    mixture = make_mixture(panel, model, prepare(panel, model.family).statistics)
    one = tr.GroupTrajectories(1, "poisson", 1).fit(panel)
    same = Parameters(np.log([0.5, 0.5]), np.repeat(one.parameters.theta, 2, axis=0))
    fitted = finish(mixture, same, Control())
    verdict = diagnose(model, fitted, panel.ages, 300.0, panel.outcomes.max())
    assert verdict.reason is StopReason.DUPLICATE_GROUPS
    assert verdict.notes[0] == "groups 1 and 2 have the same curve"


def test_an_inflation_that_switches_at_an_age_is_a_boundary() -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(1.5, (400, 10)).astype(float)
    counts[:, 5:] = 0
    panel = tr.Panel.from_wide(counts, ages=np.arange(15, 25))
    with pytest.warns(DegenerateSolutionWarning, match="ran off"):
        results = tr.GroupTrajectories(1, "zip", 0).fit(panel)
    assert results.stop_reason is StopReason.BOUNDARY
    assert results.bse.loc["inflation"].isna().all()
    assert results.bse.loc["mean"].notna().all()
    assert np.exp(results.params.loc["mean"].item()) == pytest.approx(
        counts[:, :5].mean(), rel=0.02
    )


def test_standard_errors_are_withheld_where_the_fit_did_not_end_at_a_maximum() -> None:
    panel = tr.Panel.from_wide(counts_of_two_groups(), ages=np.arange(6))
    short = Control(
        n_starts=2, n_finish=1, first_steps=1, second_steps=1, em_steps=1, newton_steps=1
    )
    with pytest.warns(DegenerateSolutionWarning, match="step limit"):
        results = tr.GroupTrajectories(3, "poisson", 2).fit(panel, control=short)
    assert results.bse.isna().all()
    assert results.trajectories()[["lower", "upper"]].isna().all(axis=None)
    assert results.plot().axes[0].get_ylabel() == "offences per age step"


def test_a_group_that_nobody_is_assigned_to_is_said() -> None:
    rng = np.random.default_rng(5)
    panel = tr.Panel.from_wide(rng.poisson(1.0, (120, 6)).astype(float), ages=np.arange(6))
    with pytest.warns(DegenerateSolutionWarning) as caught:
        results = tr.GroupTrajectories(3, "poisson", 0).fit(panel)
    empty = results.adequacy().query("assigned_share == 0").index
    for group in empty:
        assert f"nobody is assigned to group {group}" in results.notes
    assert results.notes[-1].rstrip(".") in str(caught[0].message)


def test_a_runaway_rate_never_reaches_where_rounding_makes_up_likelihood(reference) -> None:
    counts = pd.read_csv(reference / "TO1.csv").set_index("id").to_numpy(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(8, 39))
    with pytest.warns(DegenerateSolutionWarning, match="ran off"):
        results = tr.GroupTrajectories(4, "zip", 3).fit(panel, n_starts=12)
    assert results.stop_reason is StopReason.RUNAWAY_GROUP
    channels = results.model.channels(results.parameters.theta, results.ages)
    assert channels[0].max() <= 15.0
    family = results.family
    ones = np.ones((len(results.ages), 1))
    by_person = [
        results.parameters.log_probability
        + family.log_density(row[:, None], ones, channels).sum(axis=0)
        for row in counts
    ]
    direct = np.logaddexp.reduce(by_person, axis=1).sum() + family.base_measure(counts, 1.0).sum()
    assert results.llf == pytest.approx(direct, rel=1e-9)
