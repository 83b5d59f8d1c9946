"""Time and memory of matching, and of the conditional logistic regression of matched sets.

Run: python benchmarks/matching.py [--pools 1000000 10000000] [--rounds 5] [--no-statsmodels]

Every figure is a ratio within this run.

- 630 cases against a pool with four exact columns and one nearest, whole call of
  ``tr.matching.match``: its time over that of sorting the pool's packed key once (``np.sort`` of
  one integer a row) and of arranging the pool by it (``np.argsort``). Two pools: in the one the
  cases' strata hold an eighth of it, in the other nearly all. Peak memory beyond the pool over the
  size of the pool's five columns. The smallest pool shows what a call costs whatever the pool.
- Conditional logistic regression on 5,000 sets of 20 with one case, and on 630 persons of 30 years
  with any number of events: over one Newton pass written out in NumPy (linear predictor, its
  exponential, sums by set, score and information), and statsmodels over ours.
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

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.numerics.conditional_logit import conditional_logit

EXACT = ["sex", "year", "region", "origin"]
LIMIT_TIME, LIMIT_MEMORY, LIMIT_STATSMODELS = 3.0, 2.0, 100.0


def people(n: int, strata: str, seed: int) -> pd.DataFrame:
    """Draw persons: 2 x 53 x 12 x 4 strata ("many"), or 2 x 10 x 4 x 4 ("few")."""
    rng = np.random.default_rng(seed)
    years, regions = (53, 12) if strata == "many" else (10, 4)
    return pd.DataFrame(
        {
            "sex": rng.integers(0, 2, n),
            "year": 1950 + rng.integers(0, years, n),
            "region": rng.integers(0, regions, n),
            "origin": rng.integers(0, 4, n),
            "score": rng.normal(size=n),
        }
    )


def quickest(work: Callable[[], object], rounds: int) -> float:
    """Return the shortest time of several rounds, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def packed(pool: pd.DataFrame) -> np.ndarray:
    """Return the key of every row: the four exact columns in one integer."""
    key = np.zeros(len(pool), np.int64)
    for column in EXACT:
        values = pool[column].to_numpy()
        key = key * int(np.ptp(values) + 1) + (values - values.min())
    return key


def matching(n: int, strata: str, rounds: int) -> list[str]:
    """Measure one pool."""
    cases, pool = people(630, strata, 1), people(n, strata, 2)
    key = packed(pool)
    sort = quickest(lambda: np.sort(key), rounds)
    argsort = quickest(lambda: np.argsort(key), rounds)

    def work() -> tr.matching.MatchedSets:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tr.matching.match(cases, pool, exact=EXACT, nearest=["score"], seed=0)

    ours = quickest(work, rounds)
    size = float(pool.memory_usage(index=False).sum())
    tracemalloc.start()
    sets = work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return [
        f"{n:,}, {strata} strata",
        f"{sets.account['exact'].sum() / n:.2f}",
        f"{ours:.3f}",
        f"{ours / sort:.2f}",
        f"{ours / argsort:.2f}",
        f"{(size + peak) / size:.2f}",
        f"{sets.n_sets}",
    ]


def strata_data(n_sets: int, size: int, one_case: bool, seed: int) -> tuple[np.ndarray, ...]:
    """Draw sets with three factors."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_sets, size, 3))
    eta = x @ np.array([0.7, -0.3, 0.2]) + rng.normal(size=(n_sets, 1))
    if one_case:
        chosen = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1)
        y = np.arange(size) == chosen[:, None]
    else:
        y = rng.random(eta.shape) < 1 / (1 + np.exp(-eta))
    number = np.repeat(np.arange(n_sets), size)
    return y.ravel().astype(float), x.reshape(-1, 3), number


def newton_pass(x: np.ndarray, number: np.ndarray, size: int) -> None:
    """Pass once over the data: what one Newton step of one case a set needs at least."""
    e = np.exp(x @ np.array([0.1, 0.1, 0.1]))
    start = np.arange(0, len(x), size)
    total = np.add.reduceat(e, start)
    share = e / np.repeat(total, size)
    weighted = share[:, None] * x
    mean = np.add.reduceat(weighted, start, axis=0)
    _ = weighted.T @ x - mean.T @ mean


def conditional(n_sets: int, size: int, one_case: bool, rounds: int, against: bool) -> list[str]:
    """Measure one shape of data."""
    y, x, number = strata_data(n_sets, size, one_case, 3)
    once = quickest(lambda: newton_pass(x, number, size), 3 * rounds)
    fit = conditional_logit(y, x, number)
    ours = quickest(lambda: conditional_logit(y, x, number), rounds)
    theirs, agree = float("nan"), float("nan")
    if against:
        from statsmodels.discrete.conditional_models import ConditionalLogit

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.perf_counter()
            result = ConditionalLogit(y, x, groups=number).fit(disp=False)
            theirs = time.perf_counter() - start
        agree = float(np.abs(result.params - fit.params).max())
    return [
        f"{n_sets:,} x {size}, {'one case a set' if one_case else 'any number of events'}",
        f"{1000 * ours:.1f}",
        f"{fit.n_iterations}",
        f"{ours / once:.1f}",
        f"{ours / once / max(fit.n_iterations, 1):.1f}",
        f"{theirs / ours:.0f}",
        f"{agree:.0e}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-statsmodels", action="store_true")
    options = parser.parse_args()
    at = commit()
    rows = [matching(n, s, options.rounds) for n in options.pools for s in ("many", "few")]
    table = markdown_table(
        [
            "pool",
            "rows in a case's stratum, over cases / pool",
            "seconds",
            "÷ sort",
            "÷ argsort",
            "memory with the pool ÷ pool",
            "sets",
        ],
        rows,
    )
    print(table)
    shapes = [(5_000, 20, True), (630, 30, True), (630, 30, False)]
    fits = [conditional(*shape, options.rounds, not options.no_statsmodels) for shape in shapes]
    fitted = markdown_table(
        [
            "sets",
            "ms",
            "Newton steps",
            "÷ one pass",
            "÷ passes taken",
            "statsmodels ÷ ours",
            "largest difference",
        ],
        fits,
    )
    print(fitted)
    load = (
        f"{os.getloadavg()[0]:.0f} processes wanted {os.cpu_count()} cores at the end of the run."
    )
    body = (
        "630 cases, four exact columns, one nearest. Aim: at most 3 times sorting the key once, "
        f"memory at most twice the pool's columns.\n\n{table}\n\nConditional logistic regression, "
        "three factors. One pass: linear predictor, exponential, sums by set, score and "
        f"information for one case a set. Aim: 100 times faster than statsmodels.\n\n{fitted}\n\n"
        f"{load}"
    )
    write_section("matching", "Matching and matched effects (matching.py)", body, at=at)


if __name__ == "__main__":
    main()
