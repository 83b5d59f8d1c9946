"""Score 1,000,000 profiles without intervals, against reading them once.

    python benchmarks/scoring.py [--profiles 1000000] [--repeats 5] [--write]

"Reading once" has three meanings, and all are measured: one sum over the float64 array in memory,
which is as fast as memory allows; making a Panel of the wide table, which checks it; and reading
the CSV file that the profiles come in, which is what an analyst has to do anyway. The aim of at
most 5 is met for the file by far, and cannot be met for the sum: probabilities of four groups,
their entropy, flags and refusals take more arithmetic than an addition a cell. Processor time of
one thread; the ratio is that of the shortest times.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.simulate import panel_from_groups

AGES = np.arange(12, 32)
CURVES = np.stack(
    [
        np.full(20, 0.15),
        1.5 * np.exp(-(((AGES - 17) / 3.0) ** 2)) + 0.02,
        0.9 * np.exp(-(((AGES - 25) / 5.0) ** 2)) + 0.02,
        np.full(20, 1.4),
    ]
)
SHARES = [0.5, 0.2, 0.2, 0.1]


def published(family: str) -> tr.profiles.ScoringModel:
    """A model of four groups, fitted to 2,000 persons."""
    panel = panel_from_groups(shares=SHARES, curves=CURVES, n=2_000, ages=AGES, rng=5).panel
    results = tr.GroupTrajectories(4, family, 3).fit(panel, n_starts=6)
    card = tr.profiles.ModelCard(
        population="simulated persons of a benchmark",
        country="nowhere",
        years=(2000, 2020),
        inclusion="drawn by a random generator",
        n_by_subgroup={"all": 2_000},
        fitted_by="benchmarks/scoring.py",
        intended_use="timing this package only",
        limits="says nothing about anybody",
        valid_until="2199-12-31",
    )
    return tr.profiles.publish(results, panel, card)


def shortest(work: Callable[[], object], repeats: int) -> float:
    """Shortest processor time of some runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    options = parser.parse_args()
    at, n = commit(), options.profiles
    panel = panel_from_groups(shares=SHARES, curves=CURVES, n=n, ages=AGES, rng=6).panel
    counts = panel.outcomes
    last = np.random.default_rng(1).integers(4, 21, n)
    short = np.where(np.arange(20) < last[:, None], counts, np.nan)
    partial = tr.Panel.from_wide(short, ages=AGES)
    frame = pd.DataFrame(counts.astype(np.int64), columns=[f"count_{age}" for age in AGES])
    sums = shortest(counts.sum, options.repeats)
    made = shortest(lambda: tr.Panel.from_wide(frame), 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profiles.csv"
        frame.to_csv(path, index_label="id")
        file = shortest(lambda: pd.read_csv(path), 2)
    rows, worst = [], np.zeros(3)
    for family in ("poisson", "negbin"):
        model = published(family)
        for name, profiles in (("whole histories", panel), ("histories so far", partial)):
            seconds = shortest(
                lambda model=model, profiles=profiles: tr.profiles.score(
                    model, profiles, intervals=False
                ),
                options.repeats,
            )
            rows.append(
                [
                    f"{family}, {name}",
                    f"{1e3 * seconds:.0f}",
                    f"{seconds / sums:.1f}",
                    f"{seconds / made:.2f}",
                    f"{seconds / file:.2f}",
                ]
            )
            worst = np.maximum(worst, seconds / np.array([sums, made, file]))
    heads = ["profiles", "score, ms", "/ sum of the array", "/ making a Panel", "/ reading CSV"]
    body = (
        f"{n:,} profiles x {len(AGES)} ages, four groups, no intervals, one thread, processor "
        f"time. One sum of the float64 array {1e3 * sums:.1f} ms, a Panel of the table "
        f"{1e3 * made:.0f} ms, reading the CSV file {1e3 * file:.0f} ms. Aim: at most 5 times "
        f"reading once; largest ratio {worst[2]:.2f} for the file, {worst[1]:.2f} for the Panel, "
        f"{worst[0]:.0f} for the bare sum.\n\n" + markdown_table(heads, rows)
    )
    print(body)
    if options.write:
        write_section("scoring", "Scoring many profiles (scoring.py)", body, at=at)


if __name__ == "__main__":
    main()
