"""Dual trajectories against a likelihood written naively."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logsumexp

import trajectories as tr

_spec = importlib.util.spec_from_file_location("naive", Path(__file__).parent / "naive_joint.py")
naive = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naive)


def made_up(n_units: int = 120, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = rng.random(n_units) < 0.5
    other = np.where(rng.random(n_units) < 0.7, group, ~group)
    counts = rng.poisson(np.where(group, 2.5, 0.4)[:, None], (n_units, 5)).astype(float)
    score = rng.normal(np.where(other, 1.2, -1.2)[:, None], 1.0, (n_units, 4))
    score[:6] = np.nan
    return counts, score


def test_estimates_errors_and_conditional_limits_are_those_of_a_naive_likelihood() -> None:
    counts, score = made_up()
    units = np.arange(len(counts))
    panels = {
        "crime": tr.Panel.from_wide(counts, ages=np.arange(5.0), units=units),
        "score": tr.Panel.from_wide(score[6:], ages=np.arange(4.0), units=units[6:]),
    }
    spec = tr.DualTrajectories(
        {
            "crime": tr.GroupTrajectories(2, "poisson", 1),
            "score": tr.GroupTrajectories(2, tr.families.CensoredNormal(sigma="common"), 0),
        }
    )
    res = spec.fit(panels, incomplete="keep", n_starts=12)
    pairs = list(zip(*res.model.group_of, strict=True))

    def log_likelihood(x: np.ndarray) -> float:
        log_share, sigma = naive.shares(x[:3]), x[9]
        first = [
            naive.curve("poisson", counts, np.arange(5.0), x[3 + 2 * j : 5 + 2 * j]) for j in (0, 1)
        ]
        second = [
            naive.curve("normal", score, np.arange(4.0), np.array([x[7 + k], sigma]))
            for k in (0, 1)
        ]
        joint = [
            share + first[j] + second[k] for share, (j, k) in zip(log_share, pairs, strict=True)
        ]
        return float(logsumexp(joint, axis=0).sum())

    start = res.params.to_numpy()
    assert log_likelihood(start) == pytest.approx(res.llf, rel=1e-12)
    llf, found, errors = naive.maximised(log_likelihood, start + 0.05)
    assert llf == pytest.approx(res.llf, abs=1e-6)
    assert res.llf >= llf - 1e-6
    np.testing.assert_allclose(start, found, atol=2e-4)
    np.testing.assert_allclose(res.bse.to_numpy(), errors, rtol=1e-4)

    # P(score 2 | crime 1) by hand from the logits, its error by numerical differentiation
    covariance = np.linalg.inv(-naive.hessian(log_likelihood, start))[:3, :3]

    def log_odds(logits: np.ndarray) -> float:
        share = dict(zip(pairs, np.append(0.0, logits), strict=True))
        return share[0, 1] - share[0, 0]

    slope = (
        np.array([log_odds(start[:3] + h) - log_odds(start[:3]) for h in np.eye(3) * 1e-6]) / 1e-6
    )
    half = 1.959964 * np.sqrt(slope @ covariance @ slope)
    row = res.conditional_probabilities("crime").query("given_group == 1 and group == 2").iloc[0]
    centre = log_odds(start[:3])
    expected = expit([centre, centre - half, centre + half])
    np.testing.assert_allclose(
        row[["probability", "lower", "upper"]].astype(float), expected, rtol=1e-4
    )


def test_one_group_of_the_second_outcome_is_two_separate_fits() -> None:
    counts, score = made_up()
    panels = {
        "crime": tr.Panel.from_wide(counts, ages=np.arange(5)),
        "score": tr.Panel.from_wide(np.nan_to_num(score), ages=np.arange(4)),
    }
    one = tr.GroupTrajectories(2, "poisson", 1)
    two = tr.GroupTrajectories(1, "censored_normal", 1)
    res = tr.DualTrajectories({"crime": one, "score": two}).fit(panels, n_starts=12)
    alone = [one.fit(panels["crime"], n_starts=12), two.fit(panels["score"])]
    assert res.llf == pytest.approx(sum(single.llf for single in alone), rel=1e-10)
    errors = pd.concat([single.bse for single in alone]).to_numpy()
    np.testing.assert_allclose(res.bse.to_numpy(), errors, rtol=1e-5)
    assert not res.test_independence().applies
    assert not res.test_independence("wald").applies
