"""How often intervals of forward specialisation and of shares of steps hold the truth.

    python benchmarks/coverage_careers.py [--trials 300] [--persons 200] [--write]

Persons differ in their mix of four kinds of offence (a Dirichlet distribution), so that steps of
one person hang together. Intervals from a bootstrap of persons, and limits with persons as
clusters, stand beside those that take steps for independent. The truth is that of 50,000 persons.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse

import numpy as np
from results_file import commit, markdown_table, write_section
from tqdm import tqdm

from trajectories.numerics.transition_table import forward_specialisation, resampled_tables
from trajectories.numerics.weighted_ratio import ratios, share_limits

MIX, SPREAD, MEAN_OFFENCES, DRAWS = np.array([0.4, 0.3, 0.2, 0.1]), 4.0, 8.0, 400
K = len(MIX)


def draw(persons: int, rng: np.random.Generator) -> np.ndarray:
    """Return tables of steps of persons with mixes of their own, (N, K, K)."""
    edges = rng.dirichlet(SPREAD * MIX, persons).cumsum(axis=1)
    lengths = 2 + rng.poisson(MEAN_OFFENCES - 2.0, persons)
    person = np.repeat(np.arange(persons), lengths)
    kind = (rng.random(len(person))[:, None] > edges[person]).sum(axis=1).clip(0, K - 1)
    step = np.flatnonzero(person[1:] == person[:-1])
    flat = (person[step] * K + kind[step]) * K + kind[step + 1]
    return np.bincount(flat, minlength=persons * K * K).reshape(persons, K, K).astype(float)


def held(sample: np.ndarray, truth: np.ndarray) -> np.ndarray:
    low, high = np.quantile(forward_specialisation(sample), [0.025, 0.975], axis=0)
    return (low <= truth) & (truth <= high)


def trial(persons: int, rng: np.random.Generator, truth: np.ndarray, share: float) -> np.ndarray:
    """Return which intervals hold the truth: K by persons, K by steps, share twice."""
    steps = draw(persons, rng)
    ones = np.ones((persons, 1))
    times = np.ones(persons, dtype=np.int64)
    by_person = resampled_tables(steps.reshape(persons, -1), ones, times, K, DRAWS, rng)[:, 0]
    table = steps.sum(axis=0)
    n = int(table.sum())
    by_step = rng.multinomial(n, (table / n).ravel(), DRAWS).reshape(-1, K, K).astype(float)
    found = ratios(steps[:, 0, 0], steps[:, 0].sum(axis=1), ones)
    independent = found.value * (1.0 - found.value) / found.base
    sides = []
    for variance in (found.variance, independent):
        low, high = share_limits(found.value, variance, found.base, found.effective, 0.95)
        sides.append(low[0] <= share <= high[0])
    return np.concatenate([held(by_person, truth), held(by_step, truth), sides])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--persons", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    at, rng = commit(), np.random.default_rng(0)
    whole = draw(50_000, rng).sum(axis=0)
    truth, share = forward_specialisation(whole), float(whole[0, 0] / whole[0].sum())
    results = np.mean(
        [trial(args.persons, rng, truth, share) for _ in tqdm(range(args.trials))], axis=0
    )
    rows = [
        [
            f"forward specialisation, kind {k + 1}",
            *(f"{value:.3f}" for value in (truth[k], results[k], results[K + k])),
        ]
        for k in range(K)
    ]
    rows.append(["share of steps", f"{share:.3f}", *(f"{value:.3f}" for value in results[-2:])])
    body = (
        f"{args.trials} trials of {args.persons} persons with {MEAN_OFFENCES:g} offences on "
        f"average; {DRAWS} draws a bootstrap. Intervals of 95 %.\n\n"
    )
    header = ["estimate", "truth", "persons as units", "steps as units"]
    body += markdown_table(header, rows)
    print(body)
    if args.write:
        write_section(
            "coverage_careers", "Coverage of careers' intervals (coverage_careers.py)", body, at=at
        )


if __name__ == "__main__":
    main()
