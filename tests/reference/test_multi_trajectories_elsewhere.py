"""Multi-trajectories against the single model and against a likelihood written naively."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

import trajectories as tr

_spec = importlib.util.spec_from_file_location("naive", Path(__file__).parent / "naive_joint.py")
naive = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naive)


def made_up(n_units: int = 90, seed: int = 3) -> dict[str, tr.Panel]:
    """Return three outcomes of two groups, at different ages, with gaps and absent units."""
    rng = np.random.default_rng(seed)
    group = rng.random(n_units) < 0.4
    units = pd.Index([f"u{i}" for i in range(n_units)])
    counts = rng.poisson(np.where(group, 1.6, 0.5)[:, None], (n_units, 5)).astype(float)
    counts[rng.random(counts.shape) < 0.15] = np.nan
    counts[:, 0] = np.nan_to_num(counts[:, 0])
    drugs = (rng.random((n_units, 3)) < np.where(group, 0.6, 0.3)[:, None]).astype(float)
    score = rng.normal(np.where(group, 0.8, -0.5)[:, None], 1.0, (n_units, 4))
    return {
        "violence": tr.Panel.from_wide(counts, ages=np.arange(5.0), units=units),
        "drugs": tr.Panel.from_wide(drugs[7:], ages=np.arange(3.0), units=units[7:]),
        "score": tr.Panel.from_wide(score[:-5], ages=np.arange(4.0), units=units[:-5]),
    }


SPEC = {
    "violence": tr.Outcome("poisson", 1),
    "drugs": tr.Outcome("bernoulli", 0),
    "score": tr.Outcome("censored_normal", 1),
}


def test_estimates_and_errors_are_those_of_a_naive_likelihood() -> None:
    panels = made_up()
    res = tr.MultiTrajectories(2, SPEC).fit(panels, incomplete="keep", n_starts=12)
    units = panels["violence"].units
    wide = {
        name: pd.DataFrame(
            np.where(
                np.ones_like(p.outcomes, dtype=bool) if p.observed is None else p.observed,
                p.outcomes,
                np.nan,
            ),
            index=p.units,
        )
        .reindex(units)
        .to_numpy()
        for name, p in panels.items()
    }
    sizes = {"violence": ("poisson", 2), "drugs": ("bernoulli", 1), "score": ("normal", 3)}

    def log_likelihood(x: np.ndarray) -> float:
        joint = np.tile(naive.shares(x[:1])[:, None], (1, len(units)))
        start = 1
        for name, (family, size) in sizes.items():
            times = panels[name].ages
            for k in range(2):
                own = x[start : start + size]
                joint[k] += naive.curve(family, wide[name], times, own)
                start += size
        return float(logsumexp(joint, axis=0).sum())

    # the order of the naive parameters: outcome, group, then mean before log sigma
    order = ["all", *SPEC]
    table = pd.DataFrame({"value": res.params, "bse": res.bse}).reset_index()
    table["outcome"] = pd.Categorical(table["outcome"], order)
    table["part"] = pd.Categorical(table["part"], ["membership", "mean", "logit", "log_sigma"])
    table = table.sort_values(["outcome", "group", "part"], kind="stable")
    start = table["value"].to_numpy()
    assert log_likelihood(start) == pytest.approx(res.llf, rel=1e-12)
    llf, found, errors = naive.maximised(log_likelihood, start + 0.05)
    assert res.llf >= llf - 1e-6
    assert llf == pytest.approx(res.llf, abs=1e-6)
    np.testing.assert_allclose(start, found, atol=2e-4)
    np.testing.assert_allclose(table["bse"], errors, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "family"),
    [("ZIP2gr", "zip"), ("POIS2gr", "poisson"), ("CNORM2gr", "censored_normal")],
)
def test_one_outcome_is_the_single_model(reference, name, family) -> None:
    frame = pd.read_csv(reference / f"{name}.csv")
    outcome = frame[[f"Y{wave}" for wave in range(1, 6)]].to_numpy(float)
    panel = tr.Panel.from_wide(outcome, ages=np.arange(1, 6))
    single = tr.GroupTrajectories(2, family, 2).fit(panel)
    multi = tr.MultiTrajectories(2, {"only": tr.Outcome(family, 2)}).fit({"only": panel})
    assert multi.llf == pytest.approx(single.llf, rel=1e-13)
    np.testing.assert_allclose(multi.params.to_numpy(), single.params.to_numpy(), rtol=1e-6)
    np.testing.assert_allclose(multi.bse.to_numpy(), single.bse.to_numpy(), rtol=1e-6)
    assert (multi.n_params, multi.stop_reason) == (single.n_params, single.stop_reason)
    assert (multi.bic, multi.bic_cells) == pytest.approx((single.bic, single.bic_cells))
    np.testing.assert_allclose(multi.posterior, single.posterior, atol=1e-6)
    curves = multi.trajectories().drop(columns="outcome")
    pd.testing.assert_frame_equal(curves, single.trajectories(), rtol=1e-6)
