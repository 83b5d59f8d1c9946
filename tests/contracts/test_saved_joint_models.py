"""Saved joint models come back as they were, without persons, or are refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import trajectories as tr


def panels() -> dict[str, tr.Panel]:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 2, 90)[:, None]
    units = [f"secret{number}" for number in range(90)]
    return {
        "violence": tr.Panel.from_wide(
            rng.poisson(0.4 + 2 * group, (90, 5)).astype(float), ages=np.arange(5), units=units
        ),
        "drugs": tr.Panel.from_wide(
            (rng.random((90, 4)) < 0.2 + 0.5 * group).astype(float), ages=np.arange(4), units=units
        ),
    }


MULTI = tr.MultiTrajectories(
    2, {"violence": tr.Outcome("poisson", 1), "drugs": tr.Outcome("bernoulli", 1)}
)
DUAL = tr.DualTrajectories(
    {
        "violence": tr.GroupTrajectories(2, "poisson", 0),
        "drugs": tr.GroupTrajectories(2, "bernoulli", 0),
    }
)


@pytest.mark.parametrize("spec", [MULTI, DUAL], ids=["multi", "dual"])
def test_a_saved_model_comes_back_without_persons(spec, tmp_path) -> None:
    given = panels()
    res = spec.fit(given, n_starts=6)
    path = tmp_path / "model.json"
    res.save(path)
    assert "secret" not in path.read_text()
    back = type(res).load(path)
    pd.testing.assert_series_equal(back.params, res.params)
    pd.testing.assert_frame_equal(back.cov_params(), res.cov_params())
    pd.testing.assert_frame_equal(back.trajectories(), res.trajectories())
    pd.testing.assert_frame_equal(back.adequacy(), res.adequacy())
    pd.testing.assert_frame_equal(back.predict_proba(given), res.predict_proba(given))
    assert (back.llf, back.bic, back.n_params) == (res.llf, res.bic, res.n_params)
    assert back.summary() == res.summary()
    with pytest.raises(tr.errors.InputError, match="no person-level data"):
        _ = back.posterior


def test_a_dual_model_keeps_its_conditional_probabilities(tmp_path) -> None:
    res = DUAL.fit(panels(), n_starts=6)
    res.save(tmp_path / "model.json")
    back = tr.DualTrajectoriesResults.load(tmp_path / "model.json")
    pd.testing.assert_frame_equal(back.conditional_probabilities(), res.conditional_probabilities())
    assert back.test_independence().statistic == res.test_independence().statistic


def test_edited_and_other_files_are_refused(tmp_path) -> None:
    path = tmp_path / "model.json"
    MULTI.fit(panels(), n_starts=6).save(path)
    content = json.loads(path.read_text())
    content["outcomes"]["violence"]["theta"][0][0] += 0.1
    (tmp_path / "edited.json").write_text(json.dumps(content))
    with pytest.raises(tr.errors.ModelFileError, match="checksum"):
        tr.MultiTrajectoriesResults.load(tmp_path / "edited.json")
    with pytest.raises(tr.errors.ModelFileError, match="another use"):
        tr.DualTrajectoriesResults.load(path)
    with pytest.raises(tr.errors.ModelFileError, match="another use"):
        tr.load(path)
    (tmp_path / "cut.json").write_text(path.read_text()[:500])
    with pytest.raises(tr.errors.ModelFileError, match="truncated"):
        tr.MultiTrajectoriesResults.load(tmp_path / "cut.json")
