"""A fit that is stopped anywhere goes on to the same answer, to the last bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trajectories as tr
from trajectories import StopReason
from trajectories.cli import main
from trajectories.errors import CheckpointError, DegenerateSolutionWarning, InputError
from trajectories.groups import Control
from trajectories.groups.search.checkpoint import Checkpoint
from trajectories.groups.search.plain_values import decode, encode
from trajectories.groups.search.watching import FitProgress

AGES = np.arange(14, 24)
# hardly any steps before the best starts climb, so that there is a climb to be stopped
SLOW = Control(n_starts=8, n_finish=8, first_steps=1, second_steps=1)
SPEC = tr.GroupTrajectories(3, "poisson", 2)


def counts(n_units: int = 300, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    peak = np.exp(-(((AGES - 18) / 3.0) ** 2))
    rate = rng.choice([0.1, 1.0, 4.0], n_units, p=[0.6, 0.3, 0.1])[:, None] * peak
    return rng.poisson(rate).astype(float)


PANEL = tr.Panel.from_wide(counts(), ages=AGES)
WHOLE = SPEC.fit(PANEL, seed=3, control=SLOW)


class KilledError(Exception):
    """Stands for a process that dies: nothing is tidied up after it."""


def killing(after: int) -> Any:
    passes = 0

    def callback(now: FitProgress) -> None:
        nonlocal passes
        passes += 1
        if passes > after:
            raise KilledError

    return callback


def same(one: tr.GroupTrajectoriesResults, other: tr.GroupTrajectoriesResults) -> bool:
    return (
        one.parameters.theta.tobytes() == other.parameters.theta.tobytes()
        and one.parameters.log_probability.tobytes() == other.parameters.log_probability.tobytes()
        and one.covariance.tobytes() == other.covariance.tobytes()
        and one.posterior.to_numpy().tobytes() == other.posterior.to_numpy().tobytes()
        and (one.llf, one.n_iter, one.n_replicated, one.stop_reason, one.notes)
        == (other.llf, other.n_iter, other.n_replicated, other.stop_reason, other.notes)
    )


def test_a_checkpoint_changes_nothing_and_is_removed_when_the_fit_is_done(tmp_path: Path) -> None:
    file = tmp_path / "fit.checkpoint"
    assert same(SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file), WHOLE)
    assert not list(tmp_path.iterdir())


def test_a_fit_killed_again_and_again_ends_at_the_same_bits(tmp_path: Path) -> None:
    file = Checkpoint(tmp_path / "fit.checkpoint", interval=0.0)
    rng = np.random.default_rng(0)
    for _ in range(12):
        # passes answered from the record count too, so that a later kill gets further
        limit = int(rng.integers(1, 60))
        try:
            again = SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file, callback=killing(limit))
        except KilledError:
            assert file.path.exists()
        else:
            break
    else:
        again = SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file)
    assert same(again, WHOLE)


def test_what_was_computed_is_not_computed_again(tmp_path: Path) -> None:
    file = Checkpoint(tmp_path / "fit.checkpoint", interval=0.0)
    with pytest.raises(KilledError):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file, callback=killing(40))
    document = json.loads(file.path.read_text(encoding="utf-8"))
    content = json.loads(document["content"])
    passes = [one for one in decode(content["entries"]) if one["call"] != "m_step"]
    assert len(content["finished"]) + len(passes) >= 2
    seen: list[FitProgress] = []

    def watch(now: FitProgress) -> bool:
        seen.append(now)
        return False

    assert same(SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file, callback=watch), WHOLE)
    assert seen[0].finished == len(content["finished"])


@pytest.mark.parametrize(
    ("panel", "spec", "seed", "what"),
    [
        (tr.Panel.from_wide(counts(seed=1), ages=AGES), SPEC, 3, "panel"),
        (PANEL, tr.GroupTrajectories(3, "poisson", 1), 3, "model, seed or settings"),
        (PANEL, tr.GroupTrajectories(3, "negbin", 2), 3, "model, seed or settings"),
        (PANEL, SPEC, 4, "model, seed or settings"),
    ],
)
def test_a_checkpoint_of_another_fit_is_refused(
    tmp_path: Path, panel: tr.Panel, spec: tr.GroupTrajectories, seed: int, what: str
) -> None:
    file = tmp_path / "fit.checkpoint"
    with pytest.raises(KilledError):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file, callback=killing(1))
    with pytest.raises(InputError, match=f"belongs to another {what}"):
        spec.fit(panel, seed=seed, control=SLOW, checkpoint=file)


def test_an_edited_or_foreign_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "fit.checkpoint"
    file.write_text("my notes", encoding="utf-8")
    with pytest.raises(InputError, match="is no checkpoint"):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file)
    assert file.read_text(encoding="utf-8") == "my notes"
    file.unlink()
    with pytest.raises(KilledError):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file, callback=killing(1))
    document = json.loads(file.read_text(encoding="utf-8"))
    document["content"] = document["content"].replace("A", "B", 1)
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="checksum"):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file)
    with pytest.raises(InputError, match="does not exist"):
        SPEC.fit(PANEL, checkpoint=tmp_path / "nowhere" / "fit.checkpoint")
    with pytest.raises(InputError, match="is a folder"):
        SPEC.fit(PANEL, checkpoint=tmp_path)


def test_a_checkpoint_holds_no_person(tmp_path: Path) -> None:
    # a panel of few: nothing in the file is as long as it has persons
    panel = tr.Panel.from_wide(counts(67), ages=AGES, units=[f"person-{i}" for i in range(67)])
    file = Checkpoint(tmp_path / "fit.checkpoint", interval=0.0)
    with pytest.raises(KilledError):
        SPEC.fit(panel, checkpoint=file, control=SLOW, callback=killing(30))
    text = file.path.read_text(encoding="utf-8")
    assert "person-" not in text
    content = json.loads(json.loads(text)["content"])
    sizes = [one.shape for part in content.values() for one in arrays(decode(part))]
    assert sizes
    assert all(67 not in shape for shape in sizes)


def arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    elif hasattr(value, "__dataclass_fields__"):
        value = [getattr(value, name) for name in value.__dataclass_fields__]
    if isinstance(value, list | tuple):
        return [found for one in value for found in arrays(one)]
    return []


def test_a_cancelled_fit_keeps_its_best_and_never_says_converged(tmp_path: Path) -> None:
    file = tmp_path / "fit.checkpoint"

    def stop(now: FitProgress) -> bool:
        return now.finished == 1 and now.iterations == 3

    with pytest.warns(DegenerateSolutionWarning, match="cancelled when 1 of its 8"):
        best = SPEC.fit(PANEL, seed=3, control=SLOW, callback=stop, checkpoint=file)
    assert best.stop_reason is StopReason.CANCELLED
    assert not best.converged
    assert best.llf <= WHOLE.llf + 1e-6
    assert file.exists()
    assert same(SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file), WHOLE)


def test_a_fit_interrupted_in_its_first_start_returns_where_it_stood() -> None:
    def interrupt(now: FitProgress) -> None:
        if now.iterations == 5:
            raise KeyboardInterrupt

    with pytest.warns(DegenerateSolutionWarning, match="cancelled when 0 of its"):
        best = SPEC.fit(PANEL, seed=3, control=SLOW, callback=interrupt)
    assert best.stop_reason is StopReason.CANCELLED
    assert best.bse.isna().all()
    assert np.isfinite(best.llf)


def test_progress_shows_starts_iterations_and_time_left(capfd: pytest.CaptureFixture[str]) -> None:
    def wait(now: FitProgress) -> None:
        time.sleep(0.12 if now.iterations == 2 else 0.0)  # the bar moves ten times a second

    SPEC.fit(PANEL, seed=3, control=SLOW, progress=True, callback=wait)
    shown = capfd.readouterr().err
    assert "start 1 of 8, iteration" in shown
    assert "<" in shown


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=4,
    )
)
def test_values_survive_the_file_to_the_last_bit(value: Any) -> None:
    assert repr(decode(json.loads(json.dumps(encode(value))))) == repr(value)


def test_a_selection_goes_on_where_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trajectories.groups.choosing import candidates

    arguments: dict[str, Any] = {"n_groups": range(1, 4), "degree": 2, "n_starts": 4}
    whole = tr.select(PANEL, **arguments)
    fits: list[int] = []
    fit_one = candidates.fit_one

    def killed_at_the_third(work: candidates.Work) -> candidates.Outcome:
        fits.append(work.spec.n_groups)
        if len(fits) == 3:
            raise KilledError
        return fit_one(work)

    folder = tmp_path / "candidates"
    monkeypatch.setattr(candidates, "fit_one", killed_at_the_third)
    with pytest.raises(KilledError):
        tr.select(PANEL, checkpoint=folder, **arguments)
    assert len(list(folder.glob("*.checkpoint"))) == 2
    other = tr.Panel.from_wide(counts(seed=1), ages=AGES)
    with pytest.raises(CheckpointError, match="another panel"):
        tr.select(other, checkpoint=folder, **arguments)
    again = tr.select(PANEL, checkpoint=folder, **arguments)
    pd.testing.assert_frame_equal(again.table, whole.table, check_exact=True)
    assert not folder.exists()


def test_a_bootstrap_goes_on_where_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trajectories.groups.inference import bootstrap as module

    whole = WHOLE.bootstrap(PANEL, n_replicates=5, seed=1, n_starts=2)
    one_replicate, drawn = module.one_replicate, []

    def killed_at_the_fourth(*work: Any) -> module.Replicate:
        drawn.append(1)
        if len(drawn) == 4:
            raise KilledError
        return one_replicate(*work)

    file = Checkpoint(tmp_path / "bootstrap.checkpoint", interval=0.0)
    monkeypatch.setattr(module, "one_replicate", killed_at_the_fourth)
    arguments: dict[str, Any] = {"n_replicates": 5, "seed": 1, "n_starts": 2, "checkpoint": file}
    with pytest.raises(KilledError):
        WHOLE.bootstrap(PANEL, **arguments)
    again = WHOLE.bootstrap(PANEL, **arguments)
    assert len(drawn) == 4 + 2
    pd.testing.assert_frame_equal(again.params, whole.params, check_exact=True)
    pd.testing.assert_frame_equal(again.replicates, whole.replicates, check_exact=True)
    assert not file.path.exists()


def test_the_command_line_goes_on_from_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from trajectories.groups.search import fitting

    table = tmp_path / "counts.csv"
    pd.DataFrame(counts(120).astype(int), columns=[f"age{age}" for age in AGES]).to_csv(
        table, index=False
    )
    finish, seen = fitting.finish, []

    def interrupted_at_the_second(*arguments: Any) -> Any:
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return finish(*arguments)

    monkeypatch.setattr(fitting, "finish", interrupted_at_the_second)
    file = tmp_path / "fit.checkpoint"
    command = ["fit", str(table), "--groups", "2", "--starts", "3", "--checkpoint", str(file)]
    assert main([*command, "--out", str(tmp_path / "out")]) == 130
    assert "goes on from" in capsys.readouterr().err
    assert file.exists()
    assert not (tmp_path / "out").exists()
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "report.html").exists()
    assert not file.exists()
    assert len(seen) == 2 + 2


FIT_AND_DIE = """
import sys
import numpy as np
import trajectories as tr
from trajectories.groups import Control
from trajectories.groups.search.checkpoint import Checkpoint

counts = np.load(sys.argv[1])
spec = tr.GroupTrajectories(3, "poisson", 2)
control = Control(n_starts=8, n_finish=8, first_steps=1, second_steps=1)
panel = tr.Panel.from_wide(counts, ages=np.arange(14, 24))
passes = 0


def die(now):
    global passes
    passes += 1
    if passes > int(sys.argv[3]):
        import os, signal

        os.kill(os.getpid(), signal.SIGKILL)


file = Checkpoint(__import__("pathlib").Path(sys.argv[2]), interval=0.0)
spec.fit(panel, seed=3, control=control, checkpoint=file, callback=die)
"""


def test_a_process_that_is_killed_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    np.save(tmp_path / "counts.npy", counts())
    file = tmp_path / "fit.checkpoint"
    for passes in (60,):
        command = [sys.executable, "-c", FIT_AND_DIE, str(tmp_path / "counts.npy"), str(file)]
        done = subprocess.run([*command, str(passes)], check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
        assert file.exists()
    assert same(SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=file), WHOLE)


def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    taken = tmp_path / f"a.checkpoint.{os.getpid()}.part"
    taken.mkdir()  # where the file would be drafted
    with pytest.raises(CheckpointError, match="cannot be written"):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=tmp_path / "a.checkpoint")
    with pytest.raises(CheckpointError, match="cannot be written"):
        WHOLE.bootstrap(PANEL, n_replicates=20, checkpoint=tmp_path / "a.checkpoint")


def test_a_disk_that_fills_up_does_not_end_a_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(now: FitProgress) -> None:
        if now.iterations > 2:
            monkeypatch.setattr(os, "fsync", no_room)

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.warns(tr.errors.TrajectoriesWarning, match=r"No space left.*the work goes on"):
        fit = SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=tmp_path / "a", callback=full)
    assert same(fit, WHOLE)


def test_a_file_without_its_version_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.checkpoint"
    path.write_text('{"format": "trajectories.checkpoint"}')
    with pytest.raises(CheckpointError, match="version unknown"):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=path)


def test_select_removes_its_own_checkpoints_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    mine, other = folder / "fit.checkpoint", tr.Panel.from_wide(counts(seed=8), ages=AGES)
    with pytest.raises(KilledError):
        SPEC.fit(PANEL, seed=3, control=SLOW, checkpoint=mine, callback=killing(3))
    again = Checkpoint(folder, many=True, keep=True)
    tr.GroupTrajectories(1, "poisson", 2).fit(other, checkpoint=again)  # another, half done
    kept = sorted(folder.iterdir())
    assert len(kept) == 2
    tr.select(PANEL, n_groups=[1, 2], degree=1, checkpoint=folder)
    assert sorted(folder.iterdir()) == kept
