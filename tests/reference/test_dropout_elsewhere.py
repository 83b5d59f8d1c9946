"""Trajectories with leaving against a likelihood written naively, on the reference panel."""

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
WAVES = np.arange(1.0, 6.0)


def reference_panel(reference: Path) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    frame = pd.read_csv(reference / "CNORM2grwithNA.csv")
    drop = frame["drop"].to_numpy()
    outcome = frame[[f"Y{wave}" for wave in range(1, 6)]].to_numpy(float).copy()
    left = np.where(drop > 1, drop, np.nan).astype(float)
    outcome[left[:, None] <= WAVES] = np.nan
    return frame, outcome, left


def leaving(
    outcome: np.ndarray,
    left: np.ndarray,
    own: np.ndarray,
    missing: float = 0.0,
    extra: np.ndarray | None = None,
) -> np.ndarray:
    """Log probability of staying and leaving, (N,); own: intercept, slope in wave, previous, x."""
    total = np.zeros(len(outcome))
    for wave in range(2, 6):
        eta = np.full(len(outcome), own[0] + own[1] * wave)
        if len(own) > 2:
            before = outcome[:, wave - 2]
            eta += np.where(np.isnan(before), missing, own[2] * np.nan_to_num(before))
        if extra is not None:
            eta += own[3] * extra
        at_risk = np.isnan(left) | (wave <= left)
        total += at_risk * ((left == wave) * eta - np.logaddexp(0.0, eta))
    return total


def log_likelihood(x, outcome, left, extra=None) -> float:
    joint = np.tile(naive.shares(x[:1])[:, None], (1, len(outcome)))
    for k in (0, 1):
        joint[k] += naive.curve("normal", outcome, WAVES, x[1 + 4 * k : 5 + 4 * k])
        if extra is None:
            joint[k] += leaving(outcome, left, x[9 + 2 * k : 11 + 2 * k])
        else:
            own = x[10 + 4 * k : 14 + 4 * k]
            joint[k] += leaving(outcome, left, own, x[9], extra)
    return float(logsumexp(joint, axis=0).sum())


def in_naive_order(res: tr.DropoutTrajectoriesResults) -> pd.DataFrame:
    table = pd.DataFrame({"value": res.params, "bse": res.bse}).reset_index()
    table["outcome"] = pd.Categorical(table["outcome"], ["all", "outcome", "dropout"])
    return table.sort_values(["outcome", "group"], kind="stable")


def test_estimates_and_errors_on_the_reference_panel_with_its_drop_column(reference) -> None:
    frame, outcome, left = reference_panel(reference)
    panel = tr.Panel.from_wide(outcome, ages=WAVES, units=frame["Id"])
    spec = tr.DropoutTrajectories(
        tr.GroupTrajectories(2, "censored_normal", 2), tr.Dropout(degree=1)
    )
    res = spec.fit(panel, left=left, n_starts=10)
    assert spec.fit(panel, n_starts=10).llf == pytest.approx(
        res.llf, rel=1e-12
    )  # all left for good

    table = in_naive_order(res)
    start = table["value"].to_numpy()

    def naively(x: np.ndarray) -> float:
        return log_likelihood(x, outcome, left)

    assert naively(start) == pytest.approx(res.llf, rel=1e-12)
    llf, _, _ = naive.maximised(naively, start + 0.02)
    assert llf == pytest.approx(res.llf, abs=1e-6)
    errors = np.sqrt(np.diag(np.linalg.inv(-naive.hessian(naively, start))))
    np.testing.assert_allclose(table["bse"], errors, rtol=1e-4)


def test_errors_with_previous_outcomes_gaps_and_a_covariate() -> None:
    rng = np.random.default_rng(8)
    n_units = 150
    group, x = rng.random(n_units) < 0.5, rng.normal(0, 1, n_units)
    outcome = rng.normal(np.where(group, 2.0, -2.0)[:, None], 1.0, (n_units, 5))
    left = np.full(n_units, np.nan)
    for wave in range(2, 6):
        chance = 1 / (1 + np.exp(1.2 - 0.4 * outcome[:, wave - 2] - 0.5 * x))
        goes = np.isnan(left) & (rng.random(n_units) < chance)
        left[goes] = wave
    gap = rng.random(outcome.shape) < 0.1
    gap[:, [0, 4]] = False
    outcome[gap] = np.nan
    outcome[left[:, None] <= WAVES] = np.nan
    panel = tr.Panel.from_wide(outcome, ages=WAVES)
    spec = tr.DropoutTrajectories(
        tr.GroupTrajectories(2, "censored_normal", 2),
        tr.Dropout(previous=1, degree=1, covariates="~ x"),
    )
    frame = pd.DataFrame({"x": x})
    res = spec.fit(panel, left=left, covariates=frame, n_starts=10)
    table = in_naive_order(res)
    assert "previous_1_missing" in res.params["dropout", "leaving", 0].index
    start = table["value"].to_numpy()

    def naively(values: np.ndarray) -> float:
        return log_likelihood(values, outcome, left, x)

    assert naively(start) == pytest.approx(res.llf, rel=1e-12)
    gradient = [(naively(start + h) - naively(start - h)) / 2e-5 for h in np.eye(len(start)) * 1e-5]
    np.testing.assert_allclose(gradient, 0.0, atol=2e-4)
    errors = np.sqrt(np.diag(np.linalg.inv(-naive.hessian(naively, start))))
    np.testing.assert_allclose(table["bse"], errors, rtol=1e-4)
