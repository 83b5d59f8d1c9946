"""Leaving after gaps, with previous outcomes and covariates: one group is a weighted logit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning

sm = pytest.importorskip("statsmodels.api")
N, T = 400, 4


def test_gaps_cost_no_standard_error_of_leaving() -> None:
    rng = np.random.default_rng(2)
    y = (rng.random((N, T)) < 0.3) * 1.0
    x, job = (rng.random(N) < 0.5) * 1.0, (rng.random((N, T)) < 0.5) * 1.0
    left = np.full(N, np.nan)
    for t in range(1, T):
        eta = -1.5 + 0.8 * x + 0.7 * y[:, t - 1] + 0.5 * job[:, t - 1]
        left[np.isnan(left) & (rng.random(N) < 1 / (1 + np.exp(-eta)))] = t
    y[left[:, None] <= np.arange(T)] = np.nan
    y[(rng.random(N) < 0.2) & np.isnan(left), 1] = np.nan
    weights = rng.integers(1, 4, N).astype(float)
    panel = replace(tr.Panel.from_wide(y, ages=np.arange(T)), weights=weights)
    panel = panel.with_covariates({"job": job})
    frame = pd.DataFrame({"x": x}, index=panel.units).sample(frac=1.0, random_state=3)
    dropout = tr.Dropout(previous=1, degree=1, covariates="~ x", time_varying=["job"])
    res = tr.DropoutTrajectories(tr.GroupTrajectories(1, "bernoulli", 0), dropout).fit(
        panel, covariates=frame, n_starts=2
    )
    assert res.converged

    # who comes back cannot have left: such periods say nothing
    unit, time = np.nonzero((np.arange(T) >= 1) & ~(left[:, None] < np.arange(T)))
    seen = ~np.isnan(y[unit, time - 1])
    unit, time = unit[seen], time[seen]
    columns = [np.ones(len(unit)), time, y[unit, time - 1], x[unit], job[unit, time - 1]]
    binomial = sm.families.Binomial()
    naive = sm.GLM(
        left[unit] == time, np.column_stack(columns), binomial, freq_weights=weights[unit]
    ).fit(tol=1e-12)

    own = res.params.loc["dropout", "leaving", 1]
    assert own.to_numpy() == pytest.approx(naive.params, abs=1e-6)
    assert res.bse.loc["dropout", "leaving", 1].to_numpy() == pytest.approx(naive.bse, abs=1e-5)
    assert 0 not in res.params.loc["dropout", "leaving"].index.get_level_values("group")
    assert res.n_params == 1 + 5
    told = tr.DropoutTrajectories(tr.GroupTrajectories(1, "bernoulli", 0), dropout)
    with pytest.warns(DegenerateSolutionWarning, match="after a wave that was missed"):
        same = told.fit(panel, left=left, covariates=frame, n_starts=2)
    assert same.llf == pytest.approx(res.llf, abs=1e-6)  # there the term is estimated, and runs off
    assert same.n_params == res.n_params + 1
    pd.testing.assert_frame_equal(same.leaving(), res.leaving(), rtol=1e-6, atol=1e-6)
    assert res.leaving()[["lower", "upper"]].notna().all().all()
