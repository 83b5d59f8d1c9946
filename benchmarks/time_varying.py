"""What time-varying covariates cost: one EM iteration and a whole fit, over those without.

Run: python benchmarks/time_varying.py [--persons 5000] [--rounds 5]

Every figure is a ratio within this run. Two binary covariates leave few distinct cells (age,
pattern, count); a continuous one makes nearly every cell of the panel a cell of its own. The plain
model runs on the table route as well (``engine="table"``), and on the route by moments, which has
no covariates. One thread.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare

AGES = np.arange(16, 36)


def draw(n_units: int, seed: int = 0) -> tr.Panel:
    """Draw three groups whose rates depend on work, a partner and income."""
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n_units, p=[0.6, 0.3, 0.1])[:, None]
    job, partner = (
        (rng.random((n_units, len(AGES))) < share).astype(float) for share in (0.6, 0.3)
    )
    income = rng.normal(20, 6, job.shape)
    level = np.array([-3.0, -1.2, 0.3])[group] - 0.004 * (AGES - 22.0) ** 2
    rate = np.exp(level - 0.3 * job - 0.2 * partner - 0.01 * (income - 20))
    counts = rng.poisson(rate).astype(float)
    held = {"job": job, "partner": partner, "income": income}
    return tr.Panel.from_wide(counts, ages=AGES, covariates=held)


def iteration(panel: tr.Panel, names: tuple[str, ...], engine: str) -> Callable[[], object]:
    """Return a function that runs one EM iteration, on rows that are not merged."""
    model = tr.GroupTrajectories(3, "poisson", 2, time_varying=names).model(panel)
    family = resolve("poisson")
    prepared = prepare(panel, family, engine=engine, merge=False, covariates=names)
    mixture = make_mixture(panel, model, prepared.statistics, prepared.grid)
    spec = tr.GroupTrajectories(3, "poisson", 2, time_varying=names)
    state = spec.fit(panel.subset(slice(0, 500)), n_starts=2).parameters

    def step() -> None:
        nonlocal state
        state = mixture.m_step(state, mixture.e_step(state))

    step()
    return step


def main() -> None:
    """Measure, print and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    at = commit()
    panel = draw(options.persons)
    cases = {
        "none, by moments": ((), "auto"),
        "none, by table": ((), "table"),
        "job, partner (binary)": (("job", "partner"), "auto"),
        "income (continuous)": (("income",), "auto"),
    }
    steps = {label: iteration(panel, *case) for label, case in cases.items()}
    times = {label: [] for label in cases}
    for _ in range(options.rounds):
        for label, step in steps.items():
            start = time.perf_counter()
            for _ in range(5):
                step()
            times[label].append((time.perf_counter() - start) / 5)
    fits = {}
    for label, (names, _) in cases.items():
        if label == "none, by table":
            continue
        spec = tr.GroupTrajectories(3, "poisson", 2, time_varying=names)
        start = time.perf_counter()
        spec.fit(panel, n_starts=20)
        fits[label] = time.perf_counter() - start
    once = np.median(times["none, by table"])
    base = fits["none, by moments"]
    rows = [
        [
            label,
            f"{np.median(times[label]) / once:.1f}",
            f"{fits[label] / base:.1f} ({fits[label]:.1f} s)" if label in fits else "",
        ]
        for label in cases
    ]
    body = (
        f"{options.persons:,} persons, {len(AGES)} ages, three Poisson groups of degree 2. An "
        "iteration is over one of the table route without covariates; a fit (20 starts) over the "
        "fit without.\n\n"
        + markdown_table(["time-varying covariates", "EM iteration", "whole fit"], rows)
    )
    print(body)
    write_section("time-varying", "What time-varying covariates cost", body, at=at)


if __name__ == "__main__":
    main()
