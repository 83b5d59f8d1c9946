"""What membership covariates cost, and whether their slopes and intervals are right.

Run: python benchmarks/membership.py [cost] [fits] [recovery] [--persons 100000] [--rounds 15]

Cost: one EM iteration with covariates over one without, on the same panel in the same run, one
thread, in processor time. An iteration is the mean over the first ``STEPS`` of the loop that a fit
runs (``run_em``: E-step, totals, M-step, the check that the likelihood did not fall and what is
taken back if it did), from slopes of zero. The group probabilities move in every third of them, and
the passes in which they are computed anew and scored are in the mean with their share. No two rows
are merged. The iteration without covariates is measured in both its forms: on the panel itself, and
on its products with the basis of the curves, which is what a fit runs on where it can.
Fits: whole fits of a panel whose groups depend on the covariates, with and without them.
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
from trajectories.numerics.em import run_em
from trajectories.numerics.mixture import Parameters

N_GROUPS, N_AGES = 4, 20

STEPS = 24
"""EM steps that an iteration is the mean of; a fit takes up to 40."""

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
    loops, infos = [], []
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
        loops.append(lambda m=mixture, s=state: run_em(m, s, STEPS, -np.inf))
        infos.append(lambda m=mixture, s=state: m.score_and_information(s))
    times = in_turn(loops, rounds) / STEPS
    exact = in_turn(infos, max(3, rounds // 5)).min(axis=0)
    least, middle = times.min(axis=0), np.median(times[:, 2] / times[:, 1])
    return [
        f"{n_units:,} x {n_covariates}",
        *(f"{value * 1e3:.2f}" for value in least),
        f"{least[2] / least[0]:.2f}",
        f"{least[2] / least[1]:.2f}",
        f"{middle:.2f}",
        f"{exact[2] / exact[1]:.2f}",
    ]


def whole_fits(n_units: int, n_covariates: int) -> list[str]:
    """Return one line of the table of whole fits."""
    panel = draw_groups(n_units, n_covariates)
    formula = "~ " + " + ".join(panel.unit_covariates.columns)
    spec = tr.GroupTrajectories(N_GROUPS, "poisson", 2)
    seconds, results = [], []
    for membership in (None, formula):
        start = time.process_time()
        results.append(spec.fit(panel, membership=membership))
        seconds.append(time.process_time() - start)
    return [
        f"{n_units:,} x {n_covariates}",
        *(f"{value:.1f}" for value in seconds),
        f"{seconds[1] / seconds[0]:.2f}",
        *(f"{one.n_iter}" for one in results),
        *(f"{one.llf:,.3f}" for one in results),
    ]


def draw_groups(n_units: int, n_covariates: int) -> tr.Panel:
    """Draw counts of four groups, and covariates that say something of who is in which."""
    rng = np.random.default_rng(2)
    values = rng.standard_normal((n_units, n_covariates))
    logit = rng.normal(0, 0.4, N_GROUPS) + values @ rng.normal(0, 0.4, (n_covariates, N_GROUPS))
    group = (logit + rng.gumbel(size=logit.shape)).argmax(axis=1)
    age = np.linspace(-1, 1, N_AGES)
    level, slope = np.linspace(-2.0, 1.0, N_GROUPS), np.array([0.5, -0.8, 0.6, -0.3])
    rate = np.exp(level[:, None] + slope[:, None] * age - 0.5 * age**2)
    names = [f"x{m}" for m in range(n_covariates)]
    panel = tr.Panel.from_wide(rng.poisson(rate[group]).astype(float))
    return panel.with_unit_covariates(pd.DataFrame(values, columns=names))


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


def write_cost(n_units: int, rounds: int) -> None:
    """Measure iterations and write their section."""
    at = commit()
    table = markdown_table(
        [
            "persons x covariates",
            "plain, panel itself, ms",
            "plain, projected, ms",
            "with covariates, ms",
            "over the panel itself",
            "over projected",
            "over projected, median of rounds",
            "information, over projected",
        ],
        [cost(n_units, m, rounds) for m in (1, 10)],
    )
    print(table)
    body = (
        f"Poisson, 4 groups, 20 ages, one thread; an iteration is the mean of {STEPS} of the EM "
        f"loop of a fit; least of {rounds} rounds, processor time. The limit of issue 9 is twice "
        f"the plain iteration.\n\n{table}"
    )
    write_section("membership", "Membership covariates: cost of an iteration", body, at=at)


def write_fits(n_units: int) -> None:
    """Fit panels with and without covariates and write the section."""
    at = commit()
    table = markdown_table(
        [
            "persons x covariates",
            "plain, s",
            "with covariates, s",
            "ratio",
            "steps, plain",
            "steps, with",
            "log-likelihood, plain",
            "log-likelihood, with",
        ],
        [whole_fits(n, 10) for n in (min(n_units, 15_000), n_units)],
    )
    print(table)
    body = (
        "Poisson, 4 groups, 20 ages, one thread, processor time of the whole of `fit`, the exact "
        "information of Newton's steps included. Large panels are searched on a sample first, and "
        f"then take Newton steps only.\n\n{table}"
    )
    write_section("membership-fits", "Membership covariates: whole fits", body, at=at)


def write_recovery(n_panels: int) -> None:
    """Fit the panels of known slopes and write the section."""
    at = commit()
    table = markdown_table(
        ["logit", "true", "mean", "bias / its error", "sd", "mean se", "95 % cover", "fits"],
        recovery(n_panels, 600),
    )
    print(table)
    body = f"Panels of 600 persons, 3 groups, 10 ages, 10 random starts:\n\n{table}"
    write_section("membership-recovery", "Membership covariates: known slopes", body, at=at)


def main() -> None:
    """Measure, print and write the sections asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["cost", "fits", "recovery"])
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--panels", type=int, default=200)
    args = parser.parse_args()
    if "cost" in args.parts:
        write_cost(args.persons, args.rounds)
    if "fits" in args.parts:
        write_fits(args.persons)
    if "recovery" in args.parts:
        write_recovery(args.panels)


if __name__ == "__main__":
    main()
