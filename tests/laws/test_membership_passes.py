"""Laws of passes that find the group probabilities of rows where another pass left them."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

import trajectories as tr
from trajectories.groups.membership.terms import read_membership
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics import row_prior, shared_rows
from trajectories.numerics.em import MEMBERSHIP_CYCLE, run_em
from trajectories.numerics.mixture import Mixture, Parameters

N_GROUPS = 3


def panel_of(n_units: int, seed: int) -> tr.Panel:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n_units))
    rate = np.exp(rng.choice([-1.0, 0.3, 1.2], n_units) + 0.3 * x)[:, None]
    counts = rng.poisson(np.broadcast_to(rate, (n_units, 7))).astype(float)
    return tr.Panel.from_wide(counts).with_unit_covariates(pd.DataFrame({"x": x, "y": y}))


def mixture_of(
    panel: tr.Panel,
    engine: str = "moments",
    weights: np.ndarray | None = None,
    block: int = 16,
    n_jobs: int = 1,
) -> Mixture:
    terms, panel = read_membership("~ x + y", panel, N_GROUPS, 1, "refuse")
    if weights is not None:
        panel = replace(panel, weights=weights)
    model = replace(tr.GroupTrajectories(N_GROUPS, "poisson", 1).model(panel), membership=terms)
    own = model.unit_covariates(panel)
    prepared = prepare(panel, model.family, merge=False, engine=engine, unit_covariates=own)
    rows = prepared.statistics
    if engine == "moments":
        rows = rows.projected(model.designs(prepared.grid)[0])
    rows.block, rows.n_jobs = block, n_jobs
    return make_mixture(panel, model, rows, prepared.grid)


def start(mixture: Mixture, seed: int, wide: float = 0.7) -> Parameters:
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 0.3, mixture.active.shape)
    theta[:, 0] += np.linspace(-1, 1, N_GROUPS)
    slopes = rng.normal(0, wide, (N_GROUPS, mixture.n_covariates))
    slopes[0] = 0.0
    return Parameters(np.log(rng.dirichlet(np.full(N_GROUPS, 3.0))), theta, slopes)


def joint_of(mixture: Mixture, point: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Log priors and log joint densities of all rows, shape (K, N), in the plainest way."""
    held = mixture.statistics
    logits = point.intercepts[:, None] + point.slopes @ held.covariates.T
    prior = logits - logsumexp(logits, axis=0)
    table = mixture.density.log_density(point.theta)
    return prior, prior + held.unit_log_density(slice(0, held.n_rows), table)


def same_bits(one: object, other: object) -> None:
    assert one.llf == other.llf
    np.testing.assert_array_equal(one.group_weight, other.group_weight)
    np.testing.assert_array_equal(one.cell_weight, other.cell_weight)


@pytest.mark.parametrize("engine", ["moments", "table"])
def test_what_is_held_changes_no_bit(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_of(70, 0)
    mixture = mixture_of(panel, engine)
    one, two = start(mixture, 1), start(mixture, 2)
    first = mixture.e_step(one)
    again = mixture.e_step(one)
    mixture.e_step(two)
    held = mixture.statistics.__dict__["_held"]
    assert len(held._blocks) == len(mixture.statistics.blocks(16))
    back = mixture.e_step(one, moves=False)
    monkeypatch.setattr(row_prior, "HELD_BYTES", 0)
    bare = mixture_of(panel, engine)
    none = bare.e_step(one)
    assert not bare.statistics.__dict__["_held"]._blocks
    for other in (again, back, none):
        same_bits(first, other)
    for other in (again, none):
        np.testing.assert_array_equal(first.membership, other.membership)
        np.testing.assert_array_equal(first.spread.prior, other.spread.prior)
    assert back.membership is None
    assert back.spread is None


def test_nothing_held_goes_to_another_process() -> None:
    mixture = mixture_of(panel_of(40, 0))
    point = start(mixture, 1)
    here = mixture.e_step(point)
    there = pickle.loads(pickle.dumps(mixture.statistics))
    assert not there.__dict__["_held"]._blocks
    mixture.statistics = there
    same_bits(here, mixture.e_step(point))


@pytest.mark.parametrize("engine", ["moments", "table"])
def test_processes_change_no_bit_of_a_climb(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_rows, "SMALLEST", 10)
    panel = panel_of(130, 3)
    mixtures = [mixture_of(panel, engine, n_jobs=n_jobs) for n_jobs in (1, 2, 3)]
    climbs = [run_em(one, start(one, 4), 10, -np.inf) for one in mixtures]
    for parameters, trace in climbs[1:]:
        assert trace == climbs[0][1]
        np.testing.assert_array_equal(parameters.pack(), climbs[0][0].pack())


@pytest.mark.parametrize("engine", ["moments", "table"])
def test_a_weight_of_two_is_two_persons(engine: str) -> None:
    panel = panel_of(60, 5)
    twice = mixture_of(panel, engine, weights=np.full(60, 2.0), block=60)
    both = pd.concat([panel.unit_covariates] * 2, ignore_index=True)
    every = tr.Panel.from_wide(np.tile(panel.outcomes, (2, 1))).with_unit_covariates(both)
    doubled = mixture_of(every, engine, block=120)
    a, b = (run_em(one, start(one, 6), 10, -np.inf) for one in (twice, doubled))
    np.testing.assert_allclose(a[1], b[1], rtol=1e-12)
    np.testing.assert_allclose(a[0].pack(), b[0].pack(), atol=1e-9)


@given(seed=st.integers(0, 10_000), wide=st.sampled_from([0.7, 20.0, 500.0, 2_000.0]))
def test_likelihood_and_totals_are_the_plain_sums_however_wide_the_slopes(
    seed: int, wide: float
) -> None:
    panel = panel_of(50, seed % 5)
    weights = np.random.default_rng(seed).uniform(0.5, 2.0, 50)
    for engine in ("moments", "table"):
        mixture = mixture_of(panel, engine, weights)
        point = start(mixture, seed, wide)
        prior, joint = joint_of(mixture, point)
        total = logsumexp(joint, axis=0)
        pi, r = np.exp(prior), np.exp(joint - total)
        found = mixture.e_step(point)
        llf = mixture.statistics.constant + weights @ total
        assert found.llf == pytest.approx(llf, rel=1e-11)
        np.testing.assert_allclose(found.group_weight, r @ weights, atol=1e-9)
        extended = np.column_stack([np.ones(50), mixture.statistics.covariates])
        np.testing.assert_allclose(found.membership, ((r - pi) * weights) @ extended, atol=1e-9)
        for spread, share in ((found.spread.prior, pi), (found.spread.posterior, r)):
            expected = np.diag(share @ weights) - (share * weights) @ share.T
            np.testing.assert_allclose(spread, expected, atol=1e-9)


@pytest.mark.parametrize("engine", ["moments", "table"])
def test_probabilities_stand_between_their_moves(engine: str) -> None:
    mixture = mixture_of(panel_of(80, 7), engine)
    point = start(mixture, 8)
    after = mixture.m_step(point, mixture.e_step(point, moves=False), cautious=False)
    np.testing.assert_array_equal(after.slopes, point.slopes)
    np.testing.assert_array_equal(after.intercepts, point.intercepts)
    assert not np.array_equal(after.theta, point.theta)
    path = [run_em(mixture, point, n, -np.inf)[0].slopes for n in range(1, MEMBERSHIP_CYCLE + 2)]
    for standing in path[1:MEMBERSHIP_CYCLE]:
        np.testing.assert_array_equal(standing, path[0])
    assert not np.array_equal(path[MEMBERSHIP_CYCLE], path[0])


def test_the_climb_ends_at_the_maximum() -> None:
    mixture = mixture_of(panel_of(150, 9))
    point, trace = run_em(mixture, start(mixture, 10), 6_000, 1e-12)
    assert (np.diff(trace) >= -1e-10 * abs(trace[0])).all()
    score = mixture.score_and_information(point)[1]
    assert np.abs(score).max() < 1e-3
