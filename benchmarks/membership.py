"""What membership covariates cost, and whether their slopes and intervals are right.

Run: python benchmarks/membership.py [--persons 100000] [--rounds 15] [--panels 100]

Cost: one EM iteration (E-step, totals, M-step) with covariates over one without, on the same panel
in the same run, one thread; the exact score and information likewise. No two rows are merged.
Recovery: panels drawn from known slopes, fitted in one step; the mean estimate, its bias in
standard deviations of the estimates, the share of 95 % intervals that hold the truth, and what a
logit on modal assignments makes of the same panels.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import time
from dataclasses import replace

import numpy as np
import pandas as pd

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
    for model in (plain, replace(plain, membership=terms)):
        own = model.unit_covariates(panel)
        statistics = prepare(panel, model.family, merge=False, unit_covariates=own).statistics
        mixture = make_mixture(panel, model, statistics.projected(model.designs(panel.ages)[0]))
        state = Parameters(np.full(N_GROUPS, -np.log(N_GROUPS)), theta).with_slopes(
            model.n_covariates
        )
        if state.slopes is not None:
            state = replace(state, slopes=np.vstack([state.slopes[:1], 0.3 + state.slopes[1:]]))
        # the same step again and again: the iteration's cost does not depend on where it is
        steps.append(lambda m=mixture, s=state: m.m_step(s, m.e_step(s), cautious=False))
        infos.append(lambda m=mixture, s=state: m.score_and_information(s))
    times = in_turn(steps, rounds)
    exact = in_turn(infos, max(3, rounds // 5))
    ratio = times[:, 1] / times[:, 0]
    return [
        f"{n_units:,} x {n_covariates}",
        *(f"{value * 1e3:.1f}" for value in times.min(axis=0)),
        f"{times[:, 1].min() / times[:, 0].min():.2f}",
        f"{np.median(ratio):.2f}",
        f"{exact[:, 1].min() / exact[:, 0].min():.2f}",
    ]


def in_turn(works: list, rounds: int) -> np.ndarray:
    """Return the seconds that each piece of work takes in each round."""
    for work in works:
        work()
    times = np.empty((rounds, len(works)))
    for row in times:
        for j, work in enumerate(works):
            start = time.perf_counter()
            work()
            row[j] = time.perf_counter() - start
    return times
