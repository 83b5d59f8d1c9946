"""Saved models load to the same answers, or are refused with a reason; they hold no person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, ModelFileError
from trajectories.groups.saving.storage import checksum

CANARY = "canary-person-7719"


@pytest.fixture(scope="module")
def panel() -> tr.Panel:
    rng = np.random.default_rng(3)
    rate = rng.choice([0.3, 3.0], 200)[:, None] * np.array([0.2, 0.6, 1.0, 0.8, 0.4])
    units = [CANARY, *(f"u{number}" for number in range(199))]
    counts = rng.poisson(rate).astype(float)
    counts[0] = [41, 43, 47, 53, 59]
    return tr.Panel.from_wide(counts, ages=np.arange(5) + 15, units=units)


@pytest.fixture(scope="module")
def results(panel: tr.Panel) -> tr.GroupTrajectoriesResults:
    return tr.GroupTrajectories(3, "poisson", (1, 2, 2)).fit(panel)


@pytest.fixture
def saved(results: tr.GroupTrajectoriesResults, tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    results.save(path)
    return path


def test_a_loaded_model_gives_the_same_answers(panel, results, saved) -> None:
    loaded = tr.load(saved)
    pd.testing.assert_series_equal(loaded.params, results.params)
    pd.testing.assert_series_equal(loaded.bse, results.bse)
    pd.testing.assert_frame_equal(loaded.adequacy(), results.adequacy())
    pd.testing.assert_frame_equal(loaded.trajectories(), results.trajectories())
    pd.testing.assert_frame_equal(loaded.predict_proba(panel), results.posterior)
    assert loaded.summary() == results.summary()
    assert loaded.stop_reason is results.stop_reason
    for name in ("llf", "aic", "bic", "bic_cells", "icl", "relative_entropy", "n_params"):
        assert getattr(loaded, name) == getattr(results, name)


def test_saving_twice_gives_the_same_bytes(results, saved, tmp_path) -> None:
    other = tmp_path / "again.json"
    tr.load(saved).save(other)
    assert other.read_bytes() == saved.read_bytes()


def test_a_saved_model_holds_no_person(saved) -> None:
    text = saved.read_text()
    assert CANARY not in text
    assert not any(str(number) in json.dumps(json.loads(text)["ages"]) for number in (41, 59))
    with pytest.raises(InputError, match="no person-level data"):
        _ = tr.load(saved).posterior


def test_a_truncated_file_is_refused(saved) -> None:
    saved.write_text(saved.read_text()[:-200])
    with pytest.raises(ModelFileError, match="truncated"):
        tr.load(saved)


def test_an_edited_file_is_refused(saved) -> None:
    content = json.loads(saved.read_text())
    content["theta"][0][0] += 1e-9
    saved.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match="changed after it was saved"):
        tr.load(saved)


def test_a_file_of_a_newer_version_is_refused(saved) -> None:
    content = json.loads(saved.read_text())
    content["schema_version"] = 99
    saved.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match="update the package"):
        tr.load(saved)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "something else"}', "not json"])
def test_a_file_that_is_no_model_is_refused(tmp_path, text) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ModelFileError):
        tr.load(path)


def test_a_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read"):
        tr.load(tmp_path / "nowhere.json")


def test_a_model_that_cannot_be_written_leaves_nothing_behind(results, tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        results.save(tmp_path / "no folder" / "model.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_first_schema_is_still_read() -> None:
    """Written by commit 5201bc5 from 200 invented persons, seed 0."""
    old = tr.load(Path(__file__).parent / "model_schema_1.json")
    assert old.llf == pytest.approx(-1779.2867756044202, rel=1e-12)
    assert sorted(old.degree) == [1, 2]
    rng = np.random.default_rng(0)
    rate = np.array([0.3, 2.0])[(rng.random(200) < 0.4).astype(int)][:, None] * np.ones(8)
    posterior = old.predict_proba(tr.Panel.from_wide(rng.poisson(rate)))
    assert posterior.iloc[0, 0] == pytest.approx(0.9999918891396798, rel=1e-9)


def _covariance(content: dict[str, Any]) -> None:
    content["covariance"][0][0] *= 4


def _smaller_covariance(content: dict[str, Any]) -> None:
    content["covariance"] = content["covariance"][:-1]


def _other_shares(content: dict[str, Any]) -> None:
    content["log_probability"] = [value - 0.1 for value in content["log_probability"]]


def _without_golden(content: dict[str, Any]) -> None:
    content["golden"] = None


def _without_any_golden(content: dict[str, Any]) -> None:
    del content["golden"]


def _no_number(content: dict[str, Any]) -> None:
    content["llf"] = "-12"


def _no_truth(content: dict[str, Any]) -> None:
    content["has_exposure"] = None


@pytest.mark.parametrize(
    "change",
    [
        _covariance,
        _smaller_covariance,
        _other_shares,
        _without_golden,
        _without_any_golden,
        _no_number,
        _no_truth,
    ],
)
def test_a_mended_checksum_hides_no_change_that_matters(saved: Path, change: Any) -> None:
    content = json.loads(saved.read_text())
    content.pop("checksum")
    saved.write_text(json.dumps({**content, "checksum": checksum(content)}))
    tr.load(saved)
    change(content)
    saved.write_text(json.dumps({**content, "checksum": checksum(content)}))
    with pytest.raises(ModelFileError):
        tr.load(saved)


def test_golden_profiles_are_scored_again_at_load(saved: Path) -> None:
    """Someone who edits a number and mends the checksum is still found out."""
    from trajectories.groups.saving.storage import checksum

    content = json.loads(saved.read_text())
    assert len(content["golden"]["posterior"]) >= 20
    content.pop("checksum")
    content["theta"][1][0] += 1e-3
    content["checksum"] = checksum(content)
    saved.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match="golden profiles"):
        tr.load(saved)
