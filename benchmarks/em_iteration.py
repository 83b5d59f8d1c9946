"""Time and memory of one EM iteration, as multiples of summing the panel once.

Run: python benchmarks/em_iteration.py [--persons 1000000] [--rounds 7]

Every figure is a ratio within this run: the time of one EM iteration (E-step, totals, M-step) over
the time of ``Y.sum()`` on the same float64 panel, one thread; and the peak memory that a whole fit
needs beyond the panel, over the panel. No two rows of the panel are merged here.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.fitting import make_mixture
from trajectories.groups.model import Model
from trajectories.groups.prepare import prepare
from trajectories.numerics.mixture import Parameters

LIMITS = {"poisson": 3.0, "zip": 6.0, "zip_tau": 6.0}


def draw(n_units: int, n_ages: int, seed: int = 0) -> np.ndarray:
    """Draw a dense panel of counts, with extra zeros, in which few histories are equal."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2.0, 0.5, n_units)[:, None]
    counts = rng.poisson(np.broadcast_to(rate, (n_units, n_ages))).astype(np.float64)
    counts *= rng.random(counts.shape) < 0.7
    return counts


def quickest(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the shortest and the median time of several rounds, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times), float(np.median(times))


def iteration(panel: tr.Panel, family: str, n_groups: int) -> tuple[Callable[[], object], float]:
    """Return a function that runs one EM iteration, and the bytes its statistics hold."""
    model = Model.build(resolve(family), (2,) * n_groups, panel.ages)
    tracemalloc.start()
    prepared = prepare(panel, model.family, merge=False)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    mixture = make_mixture(panel, model, prepared.statistics)
    rng = np.random.default_rng(1)
    theta = np.zeros((n_groups, model.n_group_parameters))
    theta[:, 0] = np.linspace(-2, 0.5, n_groups)
    theta[:, 1:3] = rng.normal(0, 0.3, (n_groups, 2))
    theta[:, 3:] = -1.0
    state = Parameters(np.full(n_groups, -np.log(n_groups)), theta)

    def step() -> None:
        nonlocal state
        state = mixture.m_step(state, mixture.e_step(state))

    step()
    return step, float(held)


def peak_of_fit(panel: tr.Panel, family: str, n_groups: int) -> float:
    """Return the peak memory of a whole fit beyond the panel, in bytes."""
    tracemalloc.start()
    tr.GroupTrajectories(n_groups, family, 2).fit(panel, n_starts=8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--ages", type=int, default=20)
    parser.add_argument("--groups", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    counts = draw(options.persons, options.ages)
    panel = tr.Panel.from_wide(counts, ages=np.arange(options.ages) + 12.0)
    size = counts.nbytes
    print(f"{options.persons:,} persons x {options.ages} ages, K = {options.groups}, float64")
    print(
        f"{'family':<10}{'Y.sum() ms':>12}{'EM ms':>9}{'ratio':>8}{'median':>8}{'limit':>7}"
        f"{'held':>8}{'peak of fit':>13}"
    )
    for family, limit in LIMITS.items():
        step, held = iteration(panel, family, options.groups)
        base, base_median = quickest(counts.sum, options.rounds)
        best, median = quickest(step, options.rounds)
        again, again_median = quickest(counts.sum, options.rounds)
        base, base_median = min(base, again), (base_median + again_median) / 2
        peak = peak_of_fit(panel, family, options.groups) if options.persons <= 2_000_000 else 0.0
        print(
            f"{family:<10}{base * 1e3:>12.1f}{best * 1e3:>9.1f}{best / base:>8.2f}"
            f"{median / base_median:>8.2f}{limit:>7.1f}{held / size:>8.2f}{peak / size:>13.2f}"
        )


if __name__ == "__main__":
    main()
