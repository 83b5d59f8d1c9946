"""Laws of the bootstrap of joint models: the groups stay themselves, and errors are as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

N = 200
GROUP = np.random.default_rng(1).integers(0, 2, (N, 1))


def outcomes() -> dict[str, tr.Panel]:
    rng = np.random.default_rng(2)
    other = np.where(rng.random((N, 1)) < 0.75, GROUP, 1 - GROUP)
    return {
        "counts": tr.Panel.from_wide(
            rng.poisson(0.5 + 2.5 * GROUP, (N, 4)).astype(float), ages=np.arange(4)
        ),
        "drugs": tr.Panel.from_wide(
            (rng.random((N, 5)) < 0.15 + 0.6 * other).astype(float), ages=np.arange(5)
        ),
    }


MULTI = tr.MultiTrajectories(
    2, {"counts": tr.Outcome("poisson", 0), "drugs": tr.Outcome("bernoulli", 0)}
)
DUAL = tr.DualTrajectories(
    {
        "counts": tr.GroupTrajectories(2, "poisson", 0),
        "drugs": tr.GroupTrajectories(2, "bernoulli", 0),
    }
)


@pytest.mark.parametrize("spec", [MULTI, DUAL], ids=["multi", "dual"])
def test_errors_are_those_of_the_sandwich_and_groups_stay_themselves(spec) -> None:
    panels = outcomes()
    fit = spec.fit(panels, n_starts=6)
    boot = fit.bootstrap(panels, n_replicates=60, seed=1, n_starts=1)
    assert boot.n_usable == 60
    robust = fit.with_covariance("robust", panels).bse
    assert (boot.bse / robust).between(0.7, 1.4).all()
    assert ((boot.params.mean() - fit.params).abs() < 0.35 * robust).all()
    limits = boot.conf_int(0.9)
    assert ((limits["lower"] < fit.params) & (fit.params < limits["upper"])).all()
    curves = boot.trajectories(0.9)
    assert curves["mean"].to_numpy() == pytest.approx(fit.trajectories()["mean"].to_numpy())
    assert ((curves["lower"] < curves["mean"]) & (curves["mean"] < curves["upper"])).all()
    shares = boot.group_probability_intervals(0.9)
    assert shares["lower"].between(0.2, shares["probability"]).all()
    assert list(curves["outcome"].unique()) == list(fit.outcomes)


def test_the_seed_decides_and_the_number_of_processes_does_not() -> None:
    panels = outcomes()
    fit = DUAL.fit(panels, n_starts=6)
    one = fit.bootstrap(panels, n_replicates=4, seed=3)
    two = fit.bootstrap(panels, n_replicates=4, seed=3, n_jobs=2)
    pd.testing.assert_frame_equal(one.params, two.params)
    assert not one.params.equals(fit.bootstrap(panels, n_replicates=4, seed=4).params)


def test_leaving_is_drawn_with_the_persons_whatever_their_order() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(1.0 + 3.0 * GROUP, (N, 5)).astype(float)
    gone = np.cumsum(rng.random((N, 5)) < 0.12 + 0.15 * GROUP, axis=1) > 0
    gone[:, 0] = False
    counts[gone] = np.nan
    counts[:, 4] = np.where(np.arange(N) < 3, 1.0, np.nan)  # an age that few draws have
    left = pd.Series(np.where(gone[:, :4].any(axis=1), gone.argmax(axis=1), np.nan))
    left[:3] = np.nan
    counts[:3] = np.nan_to_num(counts[:3], nan=1.0)
    panel = tr.Panel.from_wide(counts, ages=np.arange(5))
    sex = pd.DataFrame({"sex": rng.integers(0, 2, N).astype(float)})
    spec = tr.DropoutTrajectories(
        tr.GroupTrajectories(2, "poisson", 0), tr.Dropout(1, degree=0, covariates="~ sex")
    )
    told = {"left": left, "covariates": sex}
    fit = spec.fit(panel, n_starts=4, **told)
    boot = fit.bootstrap(panel, n_replicates=40, seed=1, n_starts=1, **told)
    robust = fit.with_covariance("robust", panel, **told).bse
    assert boot.n_usable == 40
    assert not boot.ran_off.to_numpy().any()
    assert (boot.bse / robust).between(0.6, 1.6).all()
    assert boot.trajectories(0.9)["outcome"].unique().tolist() == ["outcome"]


def test_weights_are_numbers_of_persons_and_other_panels_are_refused() -> None:
    panels = outcomes()
    fit = MULTI.fit(panels, n_starts=4)
    with pytest.raises(tr.errors.InputError, match="not the panel that was fitted"):
        fit.bootstrap(
            {**panels, "drugs": panels["drugs"].subset(np.arange(N)[::-1][: N - 1])},
            incomplete="leave_out",
        )
    half = {name: replace(panel, weights=np.full(N, 0.5)) for name, panel in panels.items()}
    light = MULTI.fit(half, n_starts=4)
    with pytest.raises(tr.errors.InputError, match="200 of 200 weights are no whole numbers"):
        light.bootstrap(half, n_replicates=2)
    with pytest.raises(tr.errors.InputError, match="n_replicates must be a whole number"):
        fit.bootstrap(panels, n_replicates=0)
    with pytest.raises(tr.errors.InputError, match="needs at least 40"):
        fit.bootstrap(panels, n_replicates=3).conf_int()
