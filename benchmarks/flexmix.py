"""One start of the same model with flexmix (R) and with this package, in the same run.

Run: python benchmarks/flexmix.py [--persons 630 10000]   (needs Rscript with r-cran-flexmix)

A Poisson mixture of four quadratic curves over 20 ages. flexmix starts from a partition of the
persons made as the package makes its own, and runs EM to a relative change of the log-likelihood of
1e-8 (its default is 1e-6, which stops earlier). Ours is a whole ``fit`` with ``n_starts=1``: start,
EM and Newton to a stationary point, standard errors and the posterior. Processor time of both, on
one thread, because the machine is shared; of the call alone in R, and in Python the median of
eighteen fits, nine before and nine after.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.groups.search.features import smoothed_histories
from trajectories.groups.search.starts import partition

SCRIPT = Path(__file__).with_suffix(".R")
LIMIT = 500.0


def draw(n_units: int, n_ages: int = 20, seed: int = 0) -> np.ndarray:
    """Draw counts from four groups that overlap."""
    rng = np.random.default_rng(seed)
    age = np.linspace(-1, 1, n_ages)
    terms = np.stack([np.ones(n_ages), age, age**2])
    curves = np.exp(
        np.array([[-2.2, 0.1, -0.4], [-0.6, -0.9, -0.8], [-0.4, 0.8, -1.0], [0.7, 0.0, -0.6]])
        @ terms
    )
    group = rng.choice(4, n_units, p=[0.55, 0.2, 0.15, 0.1])
    return rng.poisson(curves[group])


def by_flexmix(counts: np.ndarray, start: np.ndarray) -> pd.Series:
    """Return seconds, log-likelihood and iterations of flexmix from a partition (from 1)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pd.DataFrame(counts).to_csv(folder / "counts.csv", header=False, index=False)
        pd.DataFrame(start).to_csv(folder / "start.csv", header=False, index=False)
        files = [str(folder / each) for each in ("counts.csv", "start.csv", "out.csv")]
        subprocess.run(["Rscript", str(SCRIPT), *files], check=True)
        return pd.read_csv(files[2]).iloc[0]


def ours(panel: tr.Panel, rounds: int = 9) -> tuple[list[float], tr.GroupTrajectoriesResults]:
    """Return the times of several fits, and the last of them."""
    spec, seconds = tr.GroupTrajectories(4, "poisson", 2), []
    for _ in range(rounds):
        begin = time.process_time()
        results = spec.fit(panel, n_starts=1)
        seconds.append(time.process_time() - begin)
    return seconds, results


def main() -> None:
    """Measure, print, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, nargs="+", default=[630, 10_000])
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    if shutil.which("Rscript") is None:
        print("Rscript is not installed")
        return
    at, rows = commit(), []
    for n_units in options.persons:
        counts = draw(n_units)
        panel = tr.Panel.from_wide(counts, ages=np.arange(counts.shape[1]) + 12.0)
        features = smoothed_histories(panel, tr.families.resolve("poisson"), np.arange(n_units), 2)
        begin = partition(features, None, 4, np.random.default_rng(0)) + 1
        first, _ = ours(panel)
        theirs = by_flexmix(counts, begin)
        second, results = ours(panel)
        best = float(np.median(first + second))
        rows.append(
            [
                f"{n_units:,}",
                f"{theirs['seconds']:.1f}",
                f"{theirs['iterations']:.0f}",
                f"{theirs['llf']:.3f}",
                f"{1e3 * best:.1f}",
                f"{results.llf:.3f}",
                f"{theirs['seconds'] / best:,.0f}",
                f"{results.llf - theirs['llf']:+.4f}",
                str(results.stop_reason),
            ]
        )
        print(rows[-1], flush=True)
    header = ["persons", "flexmix s", "flexmix iterations", "flexmix llf", "ours ms", "our llf"]
    header += ["times faster", "llf higher by", "ended"]
    table = markdown_table(header, rows)
    print(table)
    if not options.no_results:
        body = f"Poisson, K = 4, quadratic, 20 ages, one start; wanted at 10,000: {LIMIT:.0f}.\n\n"
        write_section("flexmix", "Against flexmix (flexmix.py)", body + table, at=at)


if __name__ == "__main__":
    main()
