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


def who_left(seed: int = 4) -> tuple[tr.Panel, dict]:
    """Counts with gaps and a covariate that varies over time; who left when, and their sex."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, (240, 1))
    counts = rng.poisson(0.4 + 2 * group, (240, 6)).astype(float)
    work = (rng.random((240, 6)) < 0.4).astype(float)
    gone = np.cumsum(rng.random((240, 6)) < 0.12 + 0.15 * group, axis=1) > 0
    gone[:, 0] = False
    counts[:, 1:-1][rng.random((240, 4)) < 0.15] = np.nan
    counts[gone] = np.nan
    units = [f"secret{number}" for number in range(240)]
    panel = tr.Panel.from_wide(counts, ages=range(14, 20), units=units, covariates={"work": work})
    sex = pd.DataFrame({"sex": rng.integers(0, 2, 240).astype(float)}, index=units)
    left = np.where(gone.any(axis=1), 14.0 + gone.argmax(axis=1), np.nan)
    return panel, {"left": left, "covariates": sex}


LEAVING = tr.DropoutTrajectories(
    tr.GroupTrajectories(2, "poisson", 1),
    tr.Dropout(previous=1, degree=1, covariates="~ sex", time_varying=["work"]),
)


@pytest.mark.parametrize("spec", [LEAVING, tr.DropoutTrajectories(LEAVING.curves)])
def test_a_model_with_leaving_comes_back_without_persons(spec, tmp_path) -> None:
    panel, told = who_left()
    asked = {"left": told["left"]} if spec.dropout.covariates is None else told
    res = spec.fit(panel, n_starts=4, **asked)
    path = tmp_path / "model.json"
    res.save(path)
    assert "secret" not in path.read_text()
    back = tr.DropoutTrajectoriesResults.load(path)
    assert back.dropout == res.dropout
    assert (back.llf, back.bic, back.n_params, back.n_left) == (
        res.llf,
        res.bic,
        res.n_params,
        res.n_left,
    )
    pd.testing.assert_series_equal(back.params, res.params)
    pd.testing.assert_frame_equal(back.cov_params(), res.cov_params())
    for table in ("trajectories", "leaving", "staying", "adequacy"):
        pd.testing.assert_frame_equal(getattr(back, table)(), getattr(res, table)())
    pd.testing.assert_frame_equal(back.predict_proba(panel), res.predict_proba(panel))
    assert back.summary() == res.summary()
    with pytest.raises(tr.errors.InputError, match="no person-level data"):
        _ = back.posterior
    robust = res.with_covariance("robust", panel, **asked)
    again = back.with_covariance("robust", panel, **asked)
    pd.testing.assert_frame_equal(again.cov_params(), robust.cov_params())
    robust.save(path)
    back = tr.DropoutTrajectoriesResults.load(path)
    assert back.covariance_kind == "robust"
    pd.testing.assert_frame_equal(back.leaving(), robust.leaving())


def resealed(path, change) -> None:
    """Change a file's content and give it the checksum that fits."""
    from trajectories.groups.saving.storage import checksum

    content = json.loads(path.read_text())
    content.pop("checksum")
    change(content)
    content["checksum"] = checksum(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["leaving"]["theta"][0].__setitem__(0, 1.0),
        lambda content: content["leaving"]["spread"].__setitem__(0, 9.0),
        lambda content: content["leaving"]["basis"].update(centre=1.0),
        lambda content: content["log_probability"].reverse(),
    ],
    ids=["parameter", "spread", "basis", "shares"],
)
def test_numbers_that_differ_from_the_golden_profiles_are_refused(change, tmp_path) -> None:
    panel, told = who_left()
    path = tmp_path / "model.json"
    LEAVING.fit(panel, n_starts=4, **told).save(path)
    resealed(path, change)
    with pytest.raises(tr.errors.ModelFileError, match="golden profiles"):
        tr.DropoutTrajectoriesResults.load(path)


def test_shares_of_combinations_that_differ_from_the_golden_profiles_are_refused(tmp_path) -> None:
    path = tmp_path / "model.json"
    DUAL.fit(panels(), n_starts=6).save(path)
    resealed(path, lambda content: content["log_probability"].reverse())
    with pytest.raises(tr.errors.ModelFileError, match="golden profiles"):
        tr.DualTrajectoriesResults.load(path)


def test_a_file_that_lacks_an_entry_is_refused_in_words(tmp_path) -> None:
    panel, told = who_left()
    path = tmp_path / "model.json"
    LEAVING.fit(panel, n_starts=4, **told).save(path)
    for entry in ("leaving", "classification", "n_left", "group_of"):
        text = path.read_text()
        resealed(path, lambda content, entry=entry: content.pop(entry))
        with pytest.raises(tr.errors.ModelFileError, match="lacks or garbles an entry"):
            tr.DropoutTrajectoriesResults.load(path)
        path.write_text(text)
