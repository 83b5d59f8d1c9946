"""Coverage of the intervals of scores: new profiles against the truth, over many fits.

    python benchmarks/score_coverage.py [--replications 400] [--persons 400] [--write]

Each replication draws persons from three Poisson groups with known curves and shares, fits the
model, and scores the same twelve new histories so far, of two to seven years. Covered is the
posterior probability of a group under the true parameters; the history is given, only the
parameters are uncertain. So are the expected number over the next three years and the probability
of any offence in them. The aim: mean coverage within three Monte-Carlo standard errors of 95 %.
Coverages within one replication depend on each other, so the standard error of the mean is that of
the replications' own means.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr

AGES = np.arange(14, 24)
SHARES = np.array([0.5, 0.3, 0.2])
INTERCEPT = np.log([0.25, 0.9, 2.2])
SLOPE = np.array([0.02, -0.10, 0.03])
RATES = np.exp(INTERCEPT[:, None] + SLOPE[:, None] * (AGES - 18))  # groups x ages
YEARS_AHEAD = 3


def panel(n: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of persons of the three groups."""
    return rng.poisson(RATES[rng.choice(3, n, p=SHARES)]).astype(float)


def profiles() -> pd.DataFrame:
    """Twelve histories so far, each with an offence, the same for every replication."""
    rng = np.random.default_rng(2026)
    rows = np.full((12, len(AGES)), np.nan)
    for i in range(12):
        length = 2 + i % 6
        while True:
            counts = rng.poisson(RATES[i % 3, :length])
            if 0 < counts.sum() <= 12 and counts.max() <= 4:
                break
        rows[i, :length] = counts
    return pd.DataFrame(rows, columns=AGES)


def truth(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """What the true parameters say of the histories."""
    seen = table.notna().to_numpy()
    counts = np.nan_to_num(table.to_numpy())
    log_joint = np.log(SHARES) + counts @ np.log(RATES).T - seen @ RATES.T
    posterior = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    last = seen.sum(axis=1)
    ahead = np.array([RATES[:, n : n + YEARS_AHEAD].sum(axis=1) for n in last])
    values = {f"group_{k + 1}": posterior[:, k] for k in range(3)}
    values["expected"] = (posterior * ahead).sum(axis=1)
    values["any offence ahead"] = 1 - (posterior * np.exp(-ahead)).sum(axis=1)
    return values


def covered(results, table: pd.DataFrame, true: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Whether each interval holds the truth, by quantity, one value a history."""
    scores = tr.profiles.score(results, table, years_ahead=YEARS_AHEAD)
    risk = tr.profiles.risk_ahead(results, table, YEARS_AHEAD)
    assert (scores["refused"] == "").all()
    limits = {
        name: (scores[f"{name}_lower"].to_numpy(), scores[f"{name}_upper"].to_numpy())
        for name in ("group_1", "group_2", "group_3", "expected")
    }
    limits["any offence ahead"] = (risk["lower"].to_numpy(), risk["upper"].to_numpy())
    return {name: (low <= true[name]) & (true[name] <= up) for name, (low, up) in limits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--persons", type=int, default=600)
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    options = parser.parse_args()
    at, start = commit(), time.perf_counter()
    table = profiles()
    true = truth(table)
    found: dict[str, list[np.ndarray]] = {name: [] for name in true}
    unusable = 0
    spec = tr.GroupTrajectories(n_groups=3, family="poisson", degree=1)
    for replication in range(options.replications):
        counts = panel(options.persons, np.random.default_rng([7, replication]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = spec.fit(tr.Panel.from_wide(counts, ages=AGES), seed=0, n_starts=4)
        if not results.converged:
            unusable += 1
            continue
        for name, values in covered(results, table, true).items():
            found[name].append(values)
    rows = []
    for name, values in found.items():
        each = np.array(values)
        error = each.mean(axis=1).std(ddof=1) / np.sqrt(len(each))
        single = np.sqrt(0.95 * 0.05 / len(each))
        by_history = each.mean(axis=0)
        off = int((np.abs(by_history - 0.95) > 3 * single).sum())
        within = abs(each.mean() - 0.95) <= 3 * error
        rows.append(
            [
                name,
                f"{each.mean():.4f}",
                f"{error:.4f}",
                "yes" if within else "no",
                f"{by_history.min():.3f} to {by_history.max():.3f}",
                f"{off} of {len(by_history)}",
            ]
        )
    heads = ["interval of", "coverage", "error", "within three", "by history", "off by three"]
    body = (
        f"{options.replications} replications of {options.persons} persons at {len(AGES)} ages, "
        f"three Poisson groups, twelve new histories of two to seven years; {unusable} fits did "
        f"not converge and are left out; {time.perf_counter() - start:.0f} s in all. Intervals of "
        f"95 %. 'error' is the Monte-Carlo standard error of the mean coverage; of one history it "
        f"is {np.sqrt(0.95 * 0.05 / options.replications):.4f}.\n\n" + markdown_table(heads, rows)
    )
    print(body)
    if options.write:
        write_section("score_coverage", "Coverage of scores (score_coverage.py)", body, at=at)


if __name__ == "__main__":
    main()
