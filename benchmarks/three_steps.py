"""Do three steps recover planted effects where counting persons in their likeliest group does not?

    python benchmarks/three_steps.py [replications]

Three moderately separated groups of 1,000 persons. Planted: odds ratios of two covariates of
membership, the mean and the share of two characteristics by group, and two later outcomes by group
(normal, with a variance a group, and yes or no). Each replication fits the groups anew, without the
covariates, and then takes the third step by each method.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np
import pandas as pd
from scipy.special import softmax
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).parent))
from results_file import commit, markdown_table, write_section

import trajectories as tr

PERSONS, AGES = 1_000, 5
COEFFICIENTS = np.array([[0.0, 0.0, 0.0], [-0.2, 0.7, -0.6], [-0.4, -0.5, 0.8]])
"""Intercept, x and b of each group, against group 1."""
MEANS = np.array([0.0, 0.5, 1.5])
SHARES = np.array([0.2, 0.4, 0.6])
SPREADS = np.array([1.0, 1.3, 1.6])
QUANTITIES = {
    "x of group 2": 0.7,
    "x of group 3": -0.5,
    "b of group 2": -0.6,
    "b of group 3": 0.8,
    "mean, 2 - 1": 0.5,
    "mean, 3 - 1": 1.5,
    "share, 2 - 1": 0.2,
    "share, 3 - 1": 0.4,
    "normal outcome, 2 - 1": 0.5,
    "normal outcome, 3 - 1": 1.5,
    "log odds of outcome, 2 - 1": float(np.log(0.4 / 0.6) - np.log(0.2 / 0.8)),
    "log odds of outcome, 3 - 1": float(np.log(0.6 / 0.4) - np.log(0.2 / 0.8)),
}


def draw(rng: np.random.Generator) -> tuple[tr.Panel, pd.DataFrame]:
    """Draw a panel of counts, and the covariates and outcomes of its persons."""
    x = rng.normal(size=PERSONS)
    b = (rng.random(PERSONS) < 0.4).astype(float)
    eta = np.column_stack([np.ones(PERSONS), x, b]) @ COEFFICIENTS.T
    group = (softmax(eta, axis=1).cumsum(axis=1) < rng.random((PERSONS, 1))).sum(axis=1)
    age = np.linspace(-1, 1, AGES)
    rate = np.exp([-1.1 + 0 * age, -0.15 - 0.9 * age, 0.35 + 0.6 * age])
    panel = tr.Panel.from_wide(rng.poisson(rate[group]))
    noise = rng.normal(size=(2, PERSONS)) * SPREADS[group]
    frame = pd.DataFrame(
        {
            "x": x,
            "b": b,
            "number": MEANS[group] + noise[0],
            "yes": rng.random(PERSONS) < SHARES[group],
            "later": MEANS[group] + noise[1],
            "later_yes": rng.random(PERSONS) < SHARES[group],
        }
    )
    return panel, frame


def main(replications: int) -> None:
    at = commit()
    rng = np.random.default_rng(20261122)
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    entropy, began, left_out = [], time.perf_counter(), 0
    for done in range(replications):
        if done % 20 == 0:
            print(f"{done} of {replications}", time.perf_counter() - began, flush=True)
        panel, frame = draw(rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tr.errors.TrajectoriesWarning)
            res = tr.GroupTrajectories(n_groups=3, family="poisson", degree=1).fit(
                panel, seed=done, n_starts=20
            )
            if not res.converged:
                left_out += 1
                continue
            entropy.append(res.relative_entropy)
            one_replication(found, res, panel, frame)
    report(found, entropy, left_out, replications, time.perf_counter() - began, at)


def one_replication(found, res, panel: tr.Panel, frame: pd.DataFrame) -> None:
    ways = [
        ("ml", "ml", "proportional", panel),
        ("ml, first step held fixed", "ml", "proportional", None),
        ("ml, modal assignment", "ml", "modal", panel),
        ("bch", "bch", "proportional", panel),
        ("bch, modal assignment", "bch", "modal", panel),
        ("naive (modal)", "modal", "modal", None),
    ]
    for name, method, assignment, given in ways:
        how = {"method": method, "assignment": assignment, "panel": given}
        fit = res.explain("~ x + b", frame, **how)
        for term in ("x", "b"):
            for group in (2, 3):
                pair = (fit.params[group, term], fit.bse[group, term])
                found[name, f"{term} of group {group}"].append(pair)
        for outcome, kind, what in (
            ("later", "normal", "normal outcome"),
            ("later_yes", "logit", "log odds of outcome"),
        ):
            later = res.distal(outcome, kind, covariates=frame, **how)
            values, covariance = later.params.to_numpy(), later.cov_params().to_numpy()
            places = [i for i, part in enumerate(later.params.index) if part[0] != "log_sd"]
            keep(found, name, what, values[places], covariance[np.ix_(places, places)])
        if method != "ml":
            groups = res.profile(["number", "yes"], frame, **how)
            for one, what in zip(groups.described, ("mean", "share"), strict=True):
                keep(found, name, what, one.estimates[:3, 0], one.covariance[:3, :3])


def keep(found, name: str, what: str, values: np.ndarray, covariance: np.ndarray) -> None:
    """Keep the differences of groups 2 and 3 from group 1 with their standard errors."""
    for k in (1, 2):
        variance = covariance[k, k] + covariance[0, 0] - 2 * covariance[k, 0]
        pair = (float(values[k] - values[0]), float(np.sqrt(variance)))
        found[name, f"{what}, {k + 1} - 1"].append(pair)


def report(found, entropy, left_out: int, replications: int, seconds: float, at: str) -> None:
    rows = []
    for quantity, truth in QUANTITIES.items():
        for (name, what), pairs in found.items():
            if what != quantity:
                continue
            b, se = np.array(pairs).T
            rows.append(
                [
                    quantity,
                    name,
                    f"{truth:.3f}",
                    f"{b.mean():.3f}",
                    f"{100 * (b.mean() - truth) / abs(truth) * np.sign(truth):+.1f} %",
                    f"{100 * b.std(ddof=1) / np.sqrt(len(b)) / abs(truth):.1f} %",
                    f"{b.std(ddof=1):.3f}",
                    f"{np.sqrt((se**2).mean()):.3f}",
                    f"{(np.abs(b - truth) < norm.ppf(0.975) * se).mean():.3f}",
                ]
            )
    n = replications - left_out
    error = np.sqrt(0.05 * 0.95 / n)
    header = ["quantity", "method", "planted", "mean", "bias", "its Monte-Carlo s.e."]
    body = f"""\
{n} replications of {PERSONS:,} persons, three groups, {AGES} ages ({left_out} of {replications}
left out because the first step did not converge); mean relative entropy {np.mean(entropy):.2f}.
Bias in percent of the planted value, below 0: towards no effect. Coverage of the 95 % interval has
a Monte-Carlo s.e. of {error:.3f}: within three of them is {0.95 - 3 * error:.3f} to
{0.95 + 3 * error:.3f}. Assignment is proportional and standard errors hold the uncertainty of the
first step unless told. {seconds:.0f} s in all.

{markdown_table([*header, "spread", "s.e.", "covers"], rows)}"""
    print(body)
    write_section("three_steps", "Bias and coverage of three-step estimates", body, at=at)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
