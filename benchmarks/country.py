"""A whole fit of 17,000,000 persons x 30 ages, merging included, against one pass over its counts.

Run: python benchmarks/country.py [--persons 17000000] [--jobs 2]

The panel is register-like, in uint8: nine in ten never offend, most of the others seldom, and these
are inactive in some years. Time is that of ``fit`` (K = 5, degree 2, default settings) over the
time of ``Y.sum()`` on the same uint8 panel, on one thread, by the clock and by processor time: the
machine is shared. Processor time is that of all processes of the fit. Memory is the highest
resident size of the first process during the fit above that before it, when the panel had been read
once; in a later line it is what came on top of the lines before. The others see the panel where it
lies, and what they hold of their own is not in it. The answer is held against a fit of 200,000
persons drawn at random: differences of the log rates of groups over the standard error of the
sample's.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
from results_file import commit, markdown_table, write_section

import trajectories as tr

SHARES = (0.93, 0.036, 0.019, 0.011, 0.004)
PEAKS, WIDTHS = (21.0, 19.0, 16.0, 27.0, 20.0), (8.0, 8.0, 4.0, 7.0, 10.0)
HEIGHTS = (0.0012, 0.14, 0.6, 0.5, 2.0)
EXTRA_ZEROS = (0.0, 0.3, 0.2, 0.35, 0.15)
LIMIT, MEMORY_LIMIT = 40.0, 2_000.0


def register_like(n_units: int, n_ages: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw counts in uint8 from five groups, the first of which hardly ever offends."""
    rng = np.random.default_rng(seed)
    ages = np.arange(n_ages) + 12.0
    rates = [
        height * np.exp(-((ages - peak) ** 2) / (2 * width**2))
        for height, peak, width in zip(HEIGHTS, PEAKS, WIDTHS, strict=True)
    ]
    counts = np.zeros((n_units, n_ages), dtype=np.uint8)
    for low in range(0, n_units, 500_000):
        group = rng.choice(len(SHARES), min(500_000, n_units - low), p=SHARES)
        for k, rate in enumerate(rates):
            rows = low + np.flatnonzero(group == k)
            if k:
                drawn = rng.poisson(rate, (len(rows), n_ages))
                counts[rows] = drawn * (rng.random(drawn.shape) > EXTRA_ZEROS[k])
                continue
            for t in range(n_ages):  # hardly anybody: draw who, not everybody's count
                counts[rng.choice(rows, rng.binomial(len(rows), rate[t]), replace=False), t] = 1
    return ages, counts


def clocks(work: Callable[[], object]) -> tuple[float, float, object]:
    """Return seconds by the clock, seconds of the processor, and what the work returned.

    Processes that the work started, and that ended with it, count.
    """
    wall, processor = time.perf_counter(), sum(os.times()[:4])
    done = work()
    return time.perf_counter() - wall, sum(os.times()[:4]) - processor, done


def resident() -> float:
    """Return the highest resident size so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def furthest(results: tr.GroupTrajectoriesResults, sample: tr.GroupTrajectoriesResults) -> float:
    """Return the largest difference of log curves over the sample's error, groups after the first.

    The curve of who hardly ever offends is left out: at most ages a sample holds no offence of it.
    """
    whole, part = results.trajectories(), sample.trajectories()
    use = (part["group"] > 1).to_numpy() & (part["mean"] > 0.02).to_numpy()
    gap = np.log(whole["mean"].to_numpy() / part["mean"].to_numpy())
    error = np.log(part["upper"].to_numpy() / part["mean"].to_numpy()) / 1.96
    return float(np.abs(gap[use] / error[use]).max())


def measure(
    family: str, panel: tr.Panel, sample: tr.Panel, n_jobs: int
) -> tuple[list[str], tr.GroupTrajectoriesResults]:
    """Return a line of the table, and the results."""
    spec = tr.GroupTrajectories(5, family, 2)
    sums = [clocks(panel.outcomes.sum)[:2] for _ in range(5)]
    before = resident()
    wall, processor, results = clocks(lambda: spec.fit(panel, seed=0, n_jobs=n_jobs))
    beyond = resident() - before
    sums += [clocks(panel.outcomes.sum)[:2] for _ in range(5)]
    wall_sum, processor_sum = np.min(sums, axis=0)
    assert isinstance(results, tr.GroupTrajectoriesResults)
    return [
        f"{family}, {n_jobs} process{'es' if n_jobs > 1 else ''}",
        f"{1e3 * wall_sum:.0f}",
        f"{wall:.1f}",
        f"{wall / wall_sum:.0f}",
        f"{processor / processor_sum:.0f}",
        f"{LIMIT:.0f}",
        f"{beyond:.0f}",
        str(results.stop_reason),
        f"{results.n_iter}",
        f"{results.n_replicated} of {results.n_finished}",
        f"{furthest(results, spec.fit(sample, seed=0)):.2f}",
    ], results


HEADER = [
    "family",
    "Y.sum() ms",
    "fit s",
    "ratio",
    "ratio, processor time",
    "limit",
    "MB beyond the panel, first process",
    "ended",
    "steps on the whole",
    "starts in the mode",
    "furthest from a sample's fit, errors",
]


def main() -> None:
    """Measure, print, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=17_000_000)
    parser.add_argument("--ages", type=int, default=30)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--families", nargs="+", default=["poisson", "zip"])
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    at = commit()
    warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
    ages, counts = register_like(options.persons, options.ages)
    panel = tr.Panel.from_wide(counts, ages=ages)
    chosen = np.random.default_rng(5).choice(options.persons, min(200_000, options.persons), False)
    sample = panel.subset(np.sort(chosen))
    never = 1 - sum(float(counts[i::8].any(axis=1).sum()) for i in range(8)) / options.persons
    tr.GroupTrajectories(2, "poisson", 1).fit(sample.subset(slice(0, 2_000)))  # loads what it needs
    rows = []
    for family in options.families:
        for n_jobs in options.jobs:
            rows.append(measure(family, panel, sample, n_jobs)[0])
            print(rows[-1], flush=True)
    size = (
        f"{options.persons:,} x {options.ages} in uint8 ({counts.nbytes / 1e6:.0f} MB), K = 5; "
        f"{100 * never:.1f} % of rows are all zero."
    )
    table = markdown_table(HEADER, rows)
    print(f"{size}\n\n{table}")
    if not options.no_results:
        title = "A whole country in one fit (country.py)"
        write_section("country", title, f"{size}\n\n{table}", at=at)


if __name__ == "__main__":
    main()
