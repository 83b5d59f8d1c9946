"""How often BIC finds the planted number of groups in well separated panels, family by family.

    python benchmarks/bic_selection.py [--panels 40] [--families poisson zip ...] [--write]

Every panel has 400 persons at 8 ages, drawn from three groups of the family (shares 0.5, 0.3, 0.2);
models of the same family with 1 to 4 groups are compared by BIC (n = persons). It should choose
three in at least 90 % of the panels.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time

import numpy as np
from results_file import commit, markdown_table, write_section
from tqdm import tqdm

import trajectories as tr
from trajectories.families import Family, resolve
from trajectories.groups import Control

TITLE = "Number of groups chosen by BIC (bic_selection.py)"
FAMILIES = ("bernoulli", "poisson", "zip", "zip_tau", "negbin", "zinb", "censored_normal", "beta")
AGES = np.arange(14, 22)
SHARES = np.array([0.5, 0.3, 0.2])
X = (AGES - 17.5) / 3.5
RATE = np.stack([np.full(8, 0.3), 2.2 * np.exp(-1.2 * (X + 0.4) ** 2), 1.5 + 1.5 * X * (X > 0)])
LOG_RATE = np.log(np.maximum(RATE, 0.15))
SLOPES = np.stack([-2.2 + 0 * X, 1.6 - 2.5 * X**2, 0.6 + 1.8 * X])


def channels(name: str) -> tuple[Family, np.ndarray]:
    """Return a family and the channels of the three groups, shape (q, T, K)."""
    flat = np.ones((3, 8))
    if name in ("zip", "zinb"):
        parts = [LOG_RATE + 0.4, -1.2 * flat]
        family = resolve(name, inflation_degree=0)
    elif name == "zip_tau":
        parts, family = [LOG_RATE + 0.8, np.log(0.4) * flat], resolve(name)
    elif name == "censored_normal":
        family = tr.families.CensoredNormal(lower=0.0, upper=6.0)
        parts = [SLOPES + 3.0, np.log(0.8) * flat]
    elif name == "beta":
        parts, family = [SLOPES, np.log(8.0) * flat], resolve(name)
    elif name == "bernoulli":
        parts, family = [1.5 * SLOPES], resolve(name)
    else:
        parts, family = [LOG_RATE], resolve(name)
    if name in ("negbin", "zinb"):
        parts = [*parts, np.log(0.3) * flat]
    return family, np.stack(parts).transpose(0, 2, 1)


def draw(name: str, seed: int) -> tuple[Family, tr.Panel]:
    """Draw one panel from three groups of a family."""
    family, planted = channels(name)
    rng = np.random.default_rng(seed)
    group = rng.choice(3, size=400, p=SHARES)
    own = planted[:, :, group].transpose(0, 2, 1)
    outcome = family.draw(own, np.ones(own.shape[1:]), rng)
    if name == "beta":
        outcome = np.clip(outcome, 1e-6, 1 - 1e-6)
    return family, tr.Panel.from_wide(outcome, ages=AGES)


def main() -> None:
    """Print how often three groups were chosen, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=40)
    parser.add_argument("--families", nargs="*", default=FAMILIES)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    at, control = commit(), Control(n_starts=20, n_finish=6)
    rows = []
    for name in args.families:
        began = time.perf_counter()
        chosen = []
        for seed in tqdm(range(args.panels), desc=name):
            family, panel = draw(name, seed)
            choice = tr.select(panel, range(1, 5), 2, family, seed=seed, control=control)
            chosen.append(choice.recommend("bic")[0].n_groups)
        counts = np.bincount(chosen, minlength=5)
        found = counts[3] / args.panels
        rows.append(
            [
                name,
                str(args.panels),
                f"{found:.3f}",
                *[str(count) for count in counts[1:5]],
                f"{time.perf_counter() - began:.0f}",
                "" if found >= 0.9 else "off",
            ]
        )
        print(rows[-1], flush=True)
        if args.write:  # after every family: the last ones take long
            write_section("bic_selection", TITLE, report(rows), at=at)
    print(report(rows))


def report(rows: list[list[str]]) -> str:
    """Return the families measured so far as a table, with what was done above it."""
    head = ["family", "panels", "chose 3", "1", "2", "3", "4", "seconds", ""]
    return (
        "400 persons, 8 ages, three planted groups; columns 1 to 4: panels in which so many were "
        f"chosen by BIC (n = persons).\n\n{markdown_table(head, rows)}"
    )


if __name__ == "__main__":
    main()
