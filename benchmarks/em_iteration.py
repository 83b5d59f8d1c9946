"""Time and memory of one EM iteration, as multiples of summing the panel once.

Run: python benchmarks/em_iteration.py [--persons 1000000] [--rounds 15]

Every figure is a ratio within this run: the time of one EM iteration (E-step, totals, M-step) over
the time of ``Y.sum()`` on the same float64 panel, one process, the two measured in turn; by
processor time, because the machine is shared; how much quicker two processes are, by the clock, in
runs of five iterations; and with ``--peak`` the peak memory that a whole fit needs beyond the
panel, over the panel. No two rows of the panel are merged here.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import tracemalloc
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from results_file import markdown_table, write_section

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters

LIMITS = {"poisson": 2.5, "poisson, exposure": 5, "zip": 5, "zip_tau": 5, "negbin": 8}


def draw(n_units: int, n_ages: int, seed: int = 0) -> np.ndarray:
    """Draw a dense panel of counts, with extra zeros, in which few histories are equal."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2.0, 0.5, n_units)[:, None]
    counts = rng.poisson(np.broadcast_to(rate, (n_units, n_ages))).astype(np.float64)
    counts *= rng.random(counts.shape) < 0.7
    return counts


def in_turn(works: list[Callable[[], object]], rounds: int) -> np.ndarray:
    """Return seconds by the clock and of the processor, shape (2, rounds, works)."""
    times = np.empty((2, rounds, len(works)))
    for turn in range(rounds):
        for j, work in enumerate(works):
            wall, processor = time.perf_counter(), time.process_time()
            work()
            now = time.perf_counter() - wall, time.process_time() - processor
            times[:, turn, j] = now
    return times


def iteration(panel: tr.Panel, family: str, n_groups: int) -> tuple[Callable[[int], object], float]:
    """Return a function of the processes that runs an EM iteration, and the bytes held."""
    model = Model.build(resolve(family), (2,) * n_groups, panel.ages)
    tracemalloc.start()
    prepared = prepare(panel, model.family, merge=False)
    statistics = prepared.statistics.projected(model.designs(panel.ages)[0])
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    mixture = make_mixture(panel, model, statistics)
    rng = np.random.default_rng(1)
    theta = np.zeros((n_groups, model.n_group_parameters))
    theta[:, 0] = np.linspace(-2, 0.5, n_groups)
    theta[:, 1:3] = rng.normal(0, 0.3, (n_groups, 2))
    theta[:, 3:] = -1.0
    state = Parameters(np.full(n_groups, -np.log(n_groups)), theta)

    def step(n_jobs: int) -> None:
        nonlocal state
        statistics.n_jobs = n_jobs
        state = mixture.m_step(state, mixture.e_step(state))

    step(2)
    step(1)
    return step, float(held)


def in_a_row(step: Callable[[int], object], n_jobs: int) -> None:
    """Run iterations one after another, as a fit does: processes that wait are then awake."""
    for _ in range(5):
        step(n_jobs)


def peak_of_fit(panel: tr.Panel, family: str, n_groups: int) -> float:
    """Return the peak memory of a whole fit beyond the panel, in bytes."""
    tracemalloc.start()
    with warnings.catch_warnings():  # the drawn panel need not suit every family
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        tr.GroupTrajectories(n_groups, family, 2).fit(panel, n_starts=8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak)


def measure(
    name: str, family: str, panel: tr.Panel, n_groups: int, rounds: int, with_peak: bool
) -> list[str]:
    """Return one line of the table."""
    step, held = iteration(panel, family, n_groups)
    _, times = in_turn([panel.outcomes.sum, lambda: step(1)], rounds)
    base, one = times.min(axis=0)
    # two cores of a shared machine are seldom free at once: more rounds find such a moment
    wall, _ = in_turn([partial(in_a_row, step, 1), partial(in_a_row, step, 2)], 3 * rounds)
    alone, two = wall.min(axis=0)
    size = panel.outcomes.nbytes + (0 if panel.exposure is None else panel.exposure.nbytes)
    peak = f"{peak_of_fit(panel, family, n_groups) / size:.2f}" if with_peak else ""
    return [
        name,
        f"{base * 1e3:.1f}",
        f"{one * 1e3:.1f}",
        f"{one / base:.2f}",
        f"{np.median(times[:, 1] / times[:, 0]):.2f}",
        f"{LIMITS[name]:.1f}",
        f"{alone / two:.2f}",
        f"{np.median(wall[:, 0] / wall[:, 1]):.2f}",
        f"{held / size:.2f}",
        peak,
    ]


HEADER = [
    "family",
    "Y.sum() ms",
    "EM iteration ms",
    "ratio of shortest",
    "median ratio",
    "limit",
    "two processes, shortest",
    "two processes, median",
    "held / panel",
    "peak of a fit / panel",
]


def main() -> None:
    """Measure, print, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--ages", type=int, default=20)
    parser.add_argument("--groups", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peak", action="store_true", help="also the peak memory of a fit")
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    ages = np.arange(options.ages) + 12.0
    counts = draw(options.persons, options.ages)
    free = np.random.default_rng(2).choice([0.25, 0.5, 1.0, 1.0], counts.shape)
    plain = tr.Panel.from_wide(counts, ages=ages)
    exposed = tr.Panel.from_wide(counts, ages=ages, exposure=free)
    rows = [
        measure(name, family, panel, options.groups, options.rounds, options.peak)
        for name, family, panel in (
            ("poisson", "poisson", plain),
            ("poisson, exposure", "poisson", exposed),
            ("zip", "zip", plain),
            ("zip_tau", "zip_tau", plain),
            ("negbin", "negbin", plain),
        )
    ]
    size = f"{options.persons:,} x {options.ages}, K = {options.groups}, float64, one process"
    table = markdown_table(HEADER, rows)
    print(f"{size}\n\n{table}")
    if not options.no_results:
        title = "One EM iteration against summing the panel (em_iteration.py)"
        write_section(
            "em_iteration", title, f"{size}; memory is what comes on top of the panel.\n\n{table}"
        )


if __name__ == "__main__":
    main()
