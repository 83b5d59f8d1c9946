"""Shares of groups when persons of high rates leave earlier, with and without a drop-out model.

    python benchmarks/dropout.py [--replicates 300]

Two groups over ten ages, with rates that differ by a factor of 2.2 so that short histories leave
doubt. Persons of the high group leave at 25 % an age, others at 3 %. Planted: 60 and 40 %.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from results_file import commit, markdown_table, write_section

import trajectories as tr

SHARE, RATES, LEAVING = 0.4, np.array([0.35, 0.77]), np.array([0.03, 0.25])
N_UNITS, N_AGES = 1_000, 10


def draw(rng: np.random.Generator, previous: float) -> tr.Panel:
    """Draw a panel; leaving depends on the group and, by ``previous``, on the last outcome."""
    group = (rng.random(N_UNITS) < SHARE).astype(int)
    counts = rng.poisson(RATES[group][:, None], (N_UNITS, N_AGES)).astype(float)
    there = np.ones(N_UNITS, dtype=bool)
    for age in range(1, N_AGES):
        logit = np.log(LEAVING / (1 - LEAVING))[group] + previous * counts[:, age - 1]
        there &= rng.random(N_UNITS) >= 1 / (1 + np.exp(-logit))
        counts[~there, age] = np.nan
    return tr.Panel.from_wide(counts, ages=np.arange(15, 15 + N_AGES))


def one(rng: np.random.Generator, previous: float) -> tuple[list[float], list[bool]]:
    """Return the share of the high group by three models, and whether intervals hold the truth."""
    panel = draw(rng, previous)
    curves = tr.GroupTrajectories(2, "poisson", 0)
    fits = [
        curves.fit(panel, n_starts=4),
        tr.DropoutTrajectories(curves, tr.Dropout(0, degree=0)).fit(panel, n_starts=4),
        tr.DropoutTrajectories(curves, tr.Dropout(1, degree=0)).fit(panel, n_starts=4),
    ]
    shares, held = [], []
    for fit in fits:
        own = fit.group_probability_intervals().loc[2]
        shares.append(float(own["probability"]))
        held.append(bool(own["lower"] <= SHARE <= own["upper"]))
    return shares, held


def table(replicates: int) -> str:
    rows = []
    names = ("none", "by group", "by group and previous outcome")
    for previous in (0.0, 0.5):
        rng = np.random.default_rng(11)
        results = [one(rng, previous) for _ in range(replicates)]
        shares = np.array([found for found, _ in results])
        held = np.array([found for _, found in results])
        for column, name in enumerate(names):
            own = shares[:, column]
            rows.append(
                [
                    f"{previous:g}",
                    name,
                    f"{own.mean():.4f}",
                    f"{own.mean() - SHARE:+.4f}",
                    f"{own.std(ddof=1) / np.sqrt(replicates):.4f}",
                    f"{held[:, column].mean():.3f}",
                ]
            )
            print("  ".join(rows[-1]), flush=True)
    head = ["effect of the previous outcome on leaving", "model of leaving", "mean share"]
    return markdown_table([*head, "bias", "Monte Carlo error", "coverage of 95 %"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=300)
    options = parser.parse_args()
    at = commit()
    warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
    body = table(options.replicates)
    note = (
        f"{options.replicates} replications of {N_UNITS:,} persons at {N_AGES} ages; planted share "
        f"of the high group {SHARE}, rates {RATES[0]} and {RATES[1]} an age, leaving at "
        f"{LEAVING[0]} and {LEAVING[1]} an age (on the logit scale plus the effect of the previous "
        "outcome). Coverage of .95 has a Monte Carlo error of "
        f"{np.sqrt(0.95 * 0.05 / options.replicates):.3f}."
    )
    write_section(
        "dropout", "Shares when high-rate persons leave earlier", f"{note}\n\n{body}", at=at
    )


if __name__ == "__main__":
    main()
