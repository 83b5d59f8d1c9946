"""What membership covariates cost, and whether their slopes and intervals are right.

Run: python benchmarks/membership.py [--persons 100000] [--rounds 15] [--panels 100]

Cost: one EM iteration (E-step, totals, M-step) with covariates over one without, on the same panel
in the same run, one thread, in processor time; the exact score and information likewise. No two
rows are merged. The iteration without covariates is measured in both its forms: on the panel
itself, and on its products with the basis of the curves, which is what a fit runs on where it can.
Recovery: panels drawn from known slopes, fitted in one step; the mean estimate, its bias in
standard deviations of the estimates, and the share of 95 % intervals that hold the truth.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.membership.terms import read_membership
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters

N_GROUPS, N_AGES = 4, 20
TRUE = pd.DataFrame(
    {"intercept": [0.0, 0.4, -0.6], "x": [0.0, 0.7, -0.5], "b": [0.0, -0.8, 0.6]}, index=[1, 2, 3]
)
"""Logits against group 1 in the recovery simulation."""


def draw(n_units: int, n_covariates: int) -> tr.Panel:
    """Draw counts in which few histories are equal, and covariates."""
    rng = np.random.default_rng(0)
    rate = rng.gamma(2.0, 0.5, n_units)[:, None]
    counts = rng.poisson(np.broadcast_to(rate, (n_units, N_AGES))).astype(float)
    names = [f"x{m}" for m in range(n_covariates)]
    covariates = pd.DataFrame(rng.standard_normal((n_units, n_covariates)), columns=names)
    return tr.Panel.from_wide(counts).with_unit_covariates(covariates)


def cost(n_units: int, n_covariates: int, rounds: int) -> list[str]:
    """Return one line of the table of ratios."""
    panel = draw(n_units, n_covariates)
    formula = "~ " + " + ".join(f"x{m}" for m in range(n_covariates))
    terms, _ = read_membership(formula, panel, N_GROUPS, 1, "refuse")
    rng = np.random.default_rng(1)
    plain = Model.build(resolve("poisson"), (2,) * N_GROUPS, panel.ages)
    theta = np.column_stack([np.linspace(-2, 0.5, N_GROUPS), rng.normal(0, 0.3, (N_GROUPS, 2))])
    steps, infos = [], []
    for model, projected in (
        (plain, False),
        (plain, True),
        (replace(plain, membership=terms), True),
    ):
        own = model.unit_covariates(panel)
        statistics = prepare(panel, model.family, merge=False, unit_covariates=own).statistics
        if projected:
            statistics = statistics.projected(model.designs(panel.ages)[0])
        mixture = make_mixture(panel, model, statistics)
        state = Parameters(np.full(N_GROUPS, -np.log(N_GROUPS)), theta)
        state = state.with_slopes(model.n_covariates)
        if state.slopes is not None:
            state = replace(state, slopes=np.vstack([state.slopes[:1], 0.3 + state.slopes[1:]]))
        # the same step again and again: the iteration's cost does not depend on where it is
        steps.append(lambda m=mixture, s=state: m.m_step(s, m.e_step(s), cautious=False))
        infos.append(lambda m=mixture, s=state: m.score_and_information(s))
    times = in_turn(steps, rounds).min(axis=0)
    exact = in_turn(infos, max(3, rounds // 5)).min(axis=0)
    return [
        f"{n_units:,} x {n_covariates}",
        *(f"{value * 1e3:.1f}" for value in times),
        f"{times[2] / times[0]:.2f}",
        f"{times[2] / times[1]:.2f}",
        f"{exact[2] / exact[1]:.2f}",
    ]


def in_turn(works: list, rounds: int) -> np.ndarray:
    """Return the seconds of processor time that each piece of work takes in each round."""
    for work in works:
        work()
    times = np.empty((rounds, len(works)))
    for row in times:
        for j, work in enumerate(works):
            start = time.process_time()
            work()
            row[j] = time.process_time() - start
    return times


def recovery(n_panels: int, n_units: int) -> list[list[str]]:
    """Fit panels drawn from known slopes; return a line for each logit."""
    found, errors = [], []
    spec = tr.GroupTrajectories(3, "poisson", 1)
    ages = np.arange(10)
    rates = np.exp(np.stack([-1.6 + 0 * ages, -0.3 + 0.03 * ages, 0.9 - 0.05 * ages]))
    for number in range(n_panels):
        rng = np.random.default_rng(number)
        x, b = rng.normal(size=n_units), rng.integers(0, 2, n_units).astype(float)
        logit = TRUE.to_numpy() @ np.stack([np.ones(n_units), x, b])
        share = np.exp(logit) / np.exp(logit).sum(axis=0)
        group = (rng.random(n_units) >= np.cumsum(share[:-1], axis=0)).sum(axis=0)
        panel = tr.Panel.from_wide(rng.poisson(rates[group]).astype(float), ages=ages)
        results = spec.fit(
            panel,
            n_starts=10,
            membership="~ x + b",
            covariates=pd.DataFrame({"x": x, "b": b}),
        )
        if results.converged:
            found.append(results.params["membership"])
            errors.append(results.bse["membership"])
    estimates = pd.DataFrame([one.to_numpy() for one in found], columns=found[0].index)
    standard = pd.DataFrame([one.to_numpy() for one in errors], columns=found[0].index)
    lines = []
    for group, term in estimates.columns:
        truth = TRUE.loc[group, term]
        values, own = estimates[(group, term)], standard[(group, term)]
        covered = (np.abs(values - truth) < 1.959964 * own).mean()
        lines.append(
            [
                f"group {group}, {term}",
                f"{truth:.2f}",
                f"{values.mean():.3f}",
                f"{(values.mean() - truth) / (values.std() / np.sqrt(len(values))):.1f}",
                f"{values.std():.3f}",
                f"{np.sqrt((own**2).mean()):.3f}",
                f"{100 * covered:.0f} %",
                f"{len(values)}/{n_panels}",
            ]
        )
    return lines


def main() -> None:
    """Measure, print and write the section."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--panels", type=int, default=200)
    args = parser.parse_args()
    at = commit()
    ratios = markdown_table(
        [
            "persons x covariates",
            "plain, panel itself, ms",
            "plain, projected, ms",
            "with covariates, ms",
            "over the panel itself",
            "over projected",
            "information, over projected",
        ],
        [cost(args.persons, m, args.rounds) for m in (1, 10)],
    )
    print(ratios)
    recovered = markdown_table(
        ["logit", "true", "mean", "bias / its error", "sd", "mean se", "95 % cover", "fits"],
        recovery(args.panels, 600),
    )
    print(recovered)
    body = (
        f"Poisson, 4 groups, 20 ages, one thread; least of {args.rounds} rounds, processor time. "
        "The limit of issue 9 is twice the plain iteration.\n\n"
        f"{ratios}\n\nPanels of 600 persons, 3 groups, 10 ages, 10 random starts:\n\n{recovered}"
    )
    write_section("membership", "Membership covariates", body, at=at)


if __name__ == "__main__":
    main()
