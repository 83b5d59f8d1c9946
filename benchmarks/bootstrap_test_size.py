"""Whether the bootstrap likelihood-ratio test rejects a true number of groups as often as it says.

    python benchmarks/bootstrap_test_size.py [--replications 100] [--replicates 39] [--write]

Panels of 250 persons at 7 ages are drawn from one and from two Poisson groups of degree 1; K
against K + 1 is tested at the true K. With 39 replicates a p-value of at most 0.05 has probability
exactly 0.05 if the observed panel is exchangeable with the drawn ones. The size is called off where
it leaves 5 % by more than 3 %. The power against one group too few is printed beside it.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import warnings

import numpy as np
from results_file import commit, markdown_table, write_section
from tqdm import tqdm

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning
from trajectories.groups import Control, bootstrap_likelihood_ratio
from trajectories.simulate import panel_from_groups

AGES = np.arange(14, 21)
LEVEL, MARGIN = 0.05, 0.03
FEW = Control(n_starts=6, n_finish=1)
"""Fewer starts than the test takes by itself: what a refit misses makes the test reject more."""
CURVES = {
    1: (np.array([1.0]), np.array([[1.0] * 7])),
    2: (np.array([0.6, 0.4]), np.array([[0.4] * 7, list(np.linspace(2.5, 1.0, 7))])),
}


def fit(panel: tr.Panel, n_groups: int, seed: int) -> tr.GroupTrajectoriesResults:
    """Fit a Poisson model of degree 1."""
    spec = tr.GroupTrajectories(n_groups, "poisson", 1)
    return spec.fit(panel, seed=seed, control=Control(n_starts=20, n_finish=6))


def p_value(truth: int, tested: int, seed: int, replicates: int) -> float:
    """Return the p-value of K = tested against one group more, on a panel from ``truth`` groups."""
    shares, curves = CURVES[truth]
    panel = panel_from_groups(shares, curves, n=250, ages=AGES, rng=seed).panel
    smaller, larger = fit(panel, tested, seed), fit(panel, tested + 1, seed)
    if larger.llf < smaller.llf:
        return 1.0
    test = bootstrap_likelihood_ratio(
        panel, smaller, larger, n_replicates=replicates, seed=seed, control=FEW
    )
    return test.p_value


def main() -> None:
    """Print size and power, and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=100)
    parser.add_argument("--replicates", type=int, default=39)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    at, began = commit(), time.perf_counter()
    warnings.simplefilter("ignore", DegenerateSolutionWarning)
    rows = []
    for truth, tested in ((1, 1), (2, 2), (2, 1)):
        number = args.replications if truth == tested else max(5, args.replications // 20)
        values = np.array(
            [
                p_value(truth, tested, seed, args.replicates)
                for seed in tqdm(range(number), desc=f"{truth} tested as {tested}")
            ]
        )
        share = float((values <= LEVEL).mean())
        error = np.sqrt(LEVEL * (1 - LEVEL) / number)
        off = truth == tested and abs(share - LEVEL) > MARGIN
        rows.append(
            [
                f"{truth} true, {tested} against {tested + 1}",
                "size" if truth == tested else "power",
                str(number),
                f"{share:.3f}",
                f"{error:.3f}" if truth == tested else "",
                f"{values.mean():.3f}",
                "off" if off else "",
            ]
        )
    head = ["groups", "", "panels", "rejected at 5 %", "error if 5 %", "mean p", ""]
    body = (
        f"250 persons, 7 ages, Poisson, degree 1, {args.replicates} replicates a test, "
        f"{time.perf_counter() - began:.0f} s.\n\n{markdown_table(head, rows)}"
    )
    print(body)
    if args.write:
        write_section(
            "bootstrap_test_size",
            "Size of the bootstrap likelihood-ratio test (bootstrap_test_size.py)",
            body,
            at=at,
        )


if __name__ == "__main__":
    main()
