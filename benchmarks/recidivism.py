"""Time survival estimates of a million persons against sorting their times and a matrix product.

    python benchmarks/recidivism.py [--persons 1000000] [--repeats 9] [--write]

Aims: Kaplan–Meier and Aalen–Johansen at most 3 times sorting the times once; a Newton step of a Cox
model with 10 covariates at most 20 times one matrix product. Each is timed in turn with what it is
held against, and the ratio printed is the median over repeats. Times are in whole days, as in
registers, or continuous, where every event has a time of its own and the table of results has a
row for each: that is the worst case.

Sorting: ``np.argsort`` of the times, since whatever follows has to carry the events along;
``np.sort`` of the bare times is printed too. Matrix product: the P x P product that every Newton
step contains; the product X beta is printed too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.numerics.cox_likelihood import cox_hazard, cox_score_information
from trajectories.numerics.cox_risk_sets import cox_risk_sets

N_COVARIATES = 10


def seconds(job: Callable[[], object]) -> float:
    """Wall-clock time of one run."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def ratios(
    job: Callable[[], object], base: list[Callable[[], object]], repeats: int
) -> list[float]:
    """Median time of the job, and the median of its ratio to each base, timed in turn."""
    job()
    times, against = [], [[] for _ in base]
    for _ in range(repeats):
        own = seconds(job)
        times.append(own)
        for kept, other in zip(against, base, strict=True):
            kept.append(own / seconds(other))
    return [1e3 * statistics.median(times), *(statistics.median(kept) for kept in against)]


def sample(n: int, *, days: bool) -> tuple[tr.FollowUp, np.ndarray]:
    """Persons with two causes and 10 covariates, followed for up to 12 years."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, N_COVARIATES))
    X[:, 5:] = X[:, 5:] > 0
    again = rng.exponential(8 * np.exp(-X @ np.linspace(-0.3, 0.3, N_COVARIATES)))
    death, end = rng.exponential(100, n), rng.uniform(2, 12, n)
    stop = np.minimum(np.minimum(again, death), end)
    cause = np.where(stop == again, 1, np.where(stop == death, 2, 0))
    if days:
        stop = np.ceil(stop * 365.25)
    frame = pd.DataFrame({"stop": stop, "event": cause})
    return tr.FollowUp.from_frame(frame, causes=["again", "death"]), X


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    options = parser.parse_args()
    measured_at = commit()
    curves, steps = [], []
    for days in (True, False):
        kind = "whole days" if days else "continuous"
        follow_up, X = sample(options.persons, days=days)
        stop = follow_up.stop
        sorting = [lambda stop=stop: np.argsort(stop), lambda stop=stop: np.sort(stop)]
        for name, estimate in (
            ("Kaplan–Meier", tr.recidivism.kaplan_meier),
            ("Aalen–Johansen", tr.recidivism.cumulative_incidence),
        ):
            found = ratios(lambda f=follow_up, e=estimate: e(f), sorting, options.repeats)
            curves.append([name, kind, *(f"{value:.1f}" for value in found)])
        zero = np.zeros_like(stop)
        sets = cox_risk_sets(zero, stop, follow_up.cause == 1, None, None)
        own, beta = X[sets.kept], np.full(N_COVARIATES, 0.1)
        event_X = own[sets.event_row]

        def newton_step(sets=sets, own=own, event_X=event_X, beta=beta) -> None:
            hazard = cox_hazard(sets, own, beta, None)
            score, information = cox_score_information(sets, own, event_X, hazard)
            np.linalg.solve(information, score)

        products = [lambda own=own: own.T @ own, lambda own=own, beta=beta: own @ beta]
        found = ratios(newton_step, products, options.repeats)
        steps.append([kind, f"{len(sets.time):,}", *(f"{value:.1f}" for value in found)])
    head = f"{options.persons:,} persons, one thread; medians of {options.repeats} runs.\n\n"
    text = (
        head
        + markdown_table(["estimate", "times", "ms", "÷ argsort", "÷ sort"], curves)
        + "\n\n"
        + markdown_table(
            ["Cox, Newton step", "distinct event times", "ms", "÷ X'X", "÷ X beta"], steps
        )
    )
    print(text)
    if options.write:
        write_section("recidivism", "Survival estimates (recidivism.py)", text, at=measured_at)


if __name__ == "__main__":
    main()
