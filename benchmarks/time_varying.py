"""What time-varying covariates cost, and whether the intervals of their effects hold the truth.

Run: python benchmarks/time_varying.py [--persons 5000] [--rounds 5]
     python benchmarks/time_varying.py --coverage 300   # only the intervals

Every figure is a ratio within this run. Two binary covariates leave few distinct cells (age,
pattern, count); a continuous one makes nearly every cell of the panel a cell of its own. The plain
model runs on the table route as well (``engine="table"``), and on the route by moments, which has
no covariates. One thread.

The intervals are judged on small panels of two groups whose membership depends on a covariate of
the persons; who works does not depend on the group. A group's own effect, and the slope of
membership, with errors from the information and from the sandwich.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare

AGES = np.arange(16, 36)


def draw(n_units: int, seed: int = 0) -> tr.Panel:
    """Draw three groups whose rates depend on work, a partner and income."""
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n_units, p=[0.6, 0.3, 0.1])[:, None]
    job, partner = (
        (rng.random((n_units, len(AGES))) < share).astype(float) for share in (0.6, 0.3)
    )
    income = rng.normal(20, 6, job.shape)
    level = np.array([-3.0, -1.2, 0.3])[group] - 0.004 * (AGES - 22.0) ** 2
    rate = np.exp(level - 0.3 * job - 0.2 * partner - 0.01 * (income - 20))
    counts = rng.poisson(rate).astype(float)
    held = {"job": job, "partner": partner, "income": income}
    return tr.Panel.from_wide(counts, ages=AGES, covariates=held)


def iteration(panel: tr.Panel, names: tuple[str, ...], engine: str) -> Callable[[], object]:
    """Return a function that runs one EM iteration, on rows that are not merged."""
    model = tr.GroupTrajectories(3, "poisson", 2, time_varying=names).model(panel)
    family = resolve("poisson")
    prepared = prepare(panel, family, engine=engine, merge=False, covariates=names)
    mixture = make_mixture(panel, model, prepared.statistics, prepared.grid)
    spec = tr.GroupTrajectories(3, "poisson", 2, time_varying=names)
    state = spec.fit(panel.subset(slice(0, 500)), n_starts=2).parameters

    def step() -> None:
        nonlocal state
        state = mixture.m_step(state, mixture.e_step(state))

    step()
    return step


SMALL, YEARS = 250, np.arange(8.0)
TRUTH = {"work, group 1": 0.2, "work, group 2": -0.4, "membership, x": 0.8}


def draw_small(rng: np.random.Generator) -> tuple[tr.Panel, pd.DataFrame]:
    """Draw a small panel of two groups with known effects, and the covariate of the persons."""
    x = rng.normal(0, 1, SMALL)
    chance = 1 / (1 + np.exp(0.5 - TRUTH["membership, x"] * x))
    group = (rng.random(SMALL) < chance).astype(int)[:, None]
    work = np.cumsum(rng.random((SMALL, len(YEARS))) < 0.15, axis=1) % 2 * 1.0
    effect = np.array([TRUTH["work, group 1"], TRUTH["work, group 2"]])[group]
    level = np.array([-0.9, 0.6])[group] + np.array([0.05, -0.05])[group] * (YEARS - 3.5)
    counts = rng.poisson(np.exp(level + effect * work)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=YEARS, covariates={"work": work})
    return panel, pd.DataFrame({"x": x})


def coverage(panels: int) -> str:
    """Return a table of bias and coverage over so many panels."""
    rng, at = np.random.default_rng(5), [("mean", 1, "work"), ("mean", 2, "work")]
    found: dict[str, list[np.ndarray]] = {"curves only": [], "with membership": []}
    ends: dict[str, int] = dict.fromkeys(found, 0)
    for _ in range(panels):
        panel, frame = draw_small(rng)
        spec = tr.GroupTrajectories(2, "poisson", 1, time_varying=["work"])
        panel = panel.with_unit_covariates(frame)
        for label, formula in (("curves only", None), ("with membership", "~ x")):
            fit = spec.fit(panel, n_starts=4, membership=formula)
            ends[label] += str(fit.stop_reason) == "converged"
            places = at if formula is None else [*at, ("membership", 2, "x")]
            robust = fit.with_covariance("robust", panel)
            found[label].append(np.stack([fit.params[places], fit.bse[places], robust.bse[places]]))
    rows = []
    for label, values in found.items():
        estimate, error, robust = np.moveaxis(np.array(values), 1, 0)
        for j, (name, truth) in enumerate(list(TRUTH.items())[: estimate.shape[1]]):
            gap, spread = estimate[:, j] - truth, estimate[:, j].std(ddof=1)
            held = [np.mean(np.abs(gap) <= 1.959964 * own[:, j]) for own in (error, robust)]
            rows.append(
                [
                    label,
                    name,
                    f"{truth:g}",
                    f"{gap.mean():+.4f} ± {spread / np.sqrt(panels):.4f}",
                    f"{error[:, j].mean() / spread:.3f}",
                    f"{held[0]:.3f}",
                    f"{held[1]:.3f}",
                ]
            )
    head = ["model", "number", "truth", "bias ± Monte Carlo error", "mean error / spread"]
    table = markdown_table([*head, "coverage of 95 %", "the same, robust"], rows)
    noise = np.sqrt(0.95 * 0.05 / panels)
    return (
        f"{panels} panels of {SMALL} persons at {len(YEARS)} ages, two Poisson groups of degree 1; "
        f"of the fits {ends['curves only']} and {ends['with membership']} converged, all are "
        f"counted. Coverage has a Monte Carlo error of {noise:.3f}.\n\n{table}"
    )


def main() -> None:
    """Measure, print and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--coverage", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    at = commit()
    if options.coverage:
        body = coverage(options.coverage)
        print(body)
        title = "Intervals of effects of time-varying covariates (time_varying.py --coverage)"
        write_section("time-varying-coverage", title, body, at=at)
        return
    panel = draw(options.persons)
    cases = {
        "none, by moments": ((), "auto"),
        "none, by table": ((), "table"),
        "job, partner (binary)": (("job", "partner"), "auto"),
        "income (continuous)": (("income",), "auto"),
    }
    steps = {label: iteration(panel, *case) for label, case in cases.items()}
    times = {label: [] for label in cases}
    for _ in range(options.rounds):
        for label, step in steps.items():
            start = time.perf_counter()
            for _ in range(5):
                step()
            times[label].append((time.perf_counter() - start) / 5)
    fits = {}
    for label, (names, _) in cases.items():
        if label == "none, by table":
            continue
        spec = tr.GroupTrajectories(3, "poisson", 2, time_varying=names)
        start = time.perf_counter()
        spec.fit(panel, n_starts=20)
        fits[label] = time.perf_counter() - start
    once = np.median(times["none, by table"])
    base = fits["none, by moments"]
    rows = [
        [
            label,
            f"{np.median(times[label]) / once:.1f}",
            f"{fits[label] / base:.1f} ({fits[label]:.1f} s)" if label in fits else "",
        ]
        for label in cases
    ]
    body = (
        f"{options.persons:,} persons, {len(AGES)} ages, three Poisson groups of degree 2. An "
        "iteration is over one of the table route without covariates; a fit (20 starts) over the "
        "fit without.\n\n"
        + markdown_table(["time-varying covariates", "EM iteration", "whole fit"], rows)
    )
    print(body)
    write_section("time-varying", "What time-varying covariates cost", body, at=at)


if __name__ == "__main__":
    main()
