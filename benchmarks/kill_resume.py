"""A fit killed twenty times at random moments, against the same fit left alone.

Run: python benchmarks/kill_resume.py [--kills 20] [--units 20000]

A child process fits ``poisson`` with three groups to a synthetic panel, with a checkpoint that is
written at every pass. It is sent SIGKILL after a random time and started again, until it was killed
so often; then it is left to end. Its answer must be that of the fit without a checkpoint, bit for
bit. Reported are also the times that both took, Python's start left out for neither.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.groups import Control
from trajectories.groups.search.checkpoint import Checkpoint

AGES = np.arange(12, 42)
CONTROL = Control(n_starts=12, n_finish=12, first_steps=1, second_steps=1, em_steps=300)


def panel_of(path: Path) -> tr.Panel:
    return tr.Panel.from_wide(np.load(path), ages=AGES)


def fit(path: Path, out: Path, checkpoint: Path | None) -> None:
    start = time.perf_counter()
    keep = None if checkpoint is None else Checkpoint(checkpoint, interval=0.0)
    results = tr.GroupTrajectories(3, "poisson", 3).fit(
        panel_of(path), seed=1, control=CONTROL, checkpoint=keep
    )
    packed = results.parameters.pack()  # the file appears whole, under its own name
    values = np.concatenate([packed, results.covariance.ravel(), [results.llf]])
    part = out.with_suffix(".part.npy")
    np.save(part, np.append(values, time.perf_counter() - start))
    part.replace(out)


def written(checkpoint: Path) -> int:
    """When the checkpoint was last written; 0 where there is none."""
    try:
        return checkpoint.stat().st_mtime_ns
    except OSError:
        return 0


def child(*arguments: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, __file__, "--fit", *map(str, arguments)]
    return subprocess.Popen(words)


def same_answer(one: Path, other: Path) -> bool:
    """Whether all but the last number, the time, have the same bits."""
    return np.load(one)[:-1].tobytes() == np.load(other)[:-1].tobytes()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--fit", nargs="+", type=Path)
    given = parser.parse_args()
    if given.fit:
        fit(given.fit[0], given.fit[1], given.fit[2] if len(given.fit) > 2 else None)
        return
    at = commit()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate = rng.choice([0.2, 0.7, 2.0], given.units, p=[0.5, 0.3, 0.2])[:, None]
        curve = np.exp(-(((AGES - 20) / 8.0) ** 2))
        np.save(folder / "counts.npy", rng.poisson(rate * curve).astype(float))
        start = time.perf_counter()
        child(folder / "counts.npy", folder / "whole.npy").wait()
        alone = time.perf_counter() - start
        climb = float(np.load(folder / "whole.npy")[-1])
        checkpoint, out = folder / "fit.checkpoint", folder / "resumed.npy"
        kills, rounds, with_file, spent = 0, 0, 0, 0.0
        while not out.exists():
            rounds += 1
            start = time.perf_counter()
            process = child(folder / "counts.npy", out, checkpoint)
            if kills < given.kills:
                before = written(checkpoint)
                while process.poll() is None and written(checkpoint) == before:
                    time.sleep(0.005)
                try:  # at any moment of the climb; a twentieth of it is got through on average
                    process.wait(rng.uniform(0.0, climb / 10))
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
            process.wait()
            spent += time.perf_counter() - start
            with_file += checkpoint.exists()
            if out.exists() and kills < given.kills:
                if not same_answer(out, folder / "whole.npy"):
                    raise SystemExit("a resumed fit differs")
                out.unlink()  # it ended before it could be killed: once more from the start
        same = same_answer(out, folder / "whole.npy")
        rows = [
            ["killed (SIGKILL)", str(kills)],
            ["of these with a checkpoint on disk", str(with_file)],
            ["processes started", str(rounds)],
            ["same bits as the fit left alone", "yes" if same else "NO"],
            ["time of the fit left alone, s", f"{alone:.1f}"],
            ["time of all its pieces together, s", f"{spent:.1f}"],
        ]
    body = (
        f"{given.units:,} × {len(AGES)} counts, poisson, K = 3, twelve starts run to the end.\n\n"
        + markdown_table(["", "value"], rows)
    )
    print(body)
    if not same:
        raise SystemExit("the resumed fit differs")
    write_section("kill-resume", "A fit killed at random moments", body, at=at)


if __name__ == "__main__":
    main()
