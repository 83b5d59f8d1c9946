"""Does the conditional estimator recover a planted odds ratio where pooled regression does not?

    python benchmarks/within_person_bias.py [replications]

Persons differ in their propensity to offend, and those with a higher one have a job less often:
the person effect is correlated with the covariate. Planted: the same log odds ratio in two
populations, and (for the power of the test of equality) a smaller one in the second.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).parent))
from results_file import commit, markdown_table, write_section

from trajectories import lifecourse

PERSONS, YEARS = 400, 12
EFFECT, OTHER = -0.5, -0.1
"""Planted log odds ratios: of a job, and in the second population where effects differ."""


def draw(rng: np.random.Generator, second: float) -> pd.DataFrame:
    """Draw person-years of two populations of PERSONS each."""
    n = 2 * PERSONS
    person = np.repeat(np.arange(n), YEARS)
    population = np.where(np.arange(n) < PERSONS, "one", "two")[person]
    age = np.tile(np.arange(18, 18 + YEARS), n)
    propensity = rng.normal(size=n)[person]
    job = rng.random(n * YEARS) < expit(0.2 - 1.2 * propensity)
    effect = np.where(population == "one", EFFECT, second)
    eta = -0.8 + 1.2 * propensity + effect * job - 0.06 * (age - 22)
    return pd.DataFrame(
        {
            "person": person,
            "population": population,
            "age": age,
            "job": job.astype(float),
            "offended": (rng.random(n * YEARS) < expit(eta)).astype(int),
            "years_free": 1.0,
        }
    )


def main(replications: int) -> None:
    at = commit()
    rng = np.random.default_rng(20261121)
    found: dict[str, list[tuple[float, float]]] = {
        "conditional": [],
        "hybrid, within": [],
        "pooled": [],
    }
    reject = {"equal": 0, "different": 0}
    began = time.perf_counter()
    for done in range(replications):
        if done % 50 == 0:
            print(f"{done} of {replications}", file=sys.stderr, flush=True)
        equal = draw(rng, EFFECT)
        fit = lifecourse.within_person(equal, exposures=["job"], by="population", age_df=2)
        reject["equal"] += fit.test_equal("job").p_value < 0.05
        keep(found["conditional"], fit.effects)
        first = equal[equal["population"] == "one"]
        both = lifecourse.hybrid(first, exposures=["job"], age_df=2).effects
        keep(found["hybrid, within"], both[both["part"] == "within"])
        keep(found["pooled"], lifecourse.pooled(first, exposures=["job"], age_df=2))
        other = draw(rng, OTHER)
        fit = lifecourse.within_person(other, exposures=["job"], by="population", age_df=2)
        reject["different"] += fit.test_equal("job").p_value < 0.05
    report(found, reject, replications, time.perf_counter() - began, at)


def keep(where: list[tuple[float, float]], effects: pd.DataFrame) -> None:
    """Keep log odds ratio and standard error of the first population."""
    where.append((float(effects["log_estimate"].iloc[0]), float(effects["std_error"].iloc[0])))


def report(found, reject, replications: int, seconds: float, at: str) -> None:
    rows = []
    for name, pairs in found.items():
        b, se = np.array(pairs).T
        covered = float((np.abs(b - EFFECT) < norm.ppf(0.975) * se).mean())
        rows.append(
            [
                name,
                f"{b.mean():.4f}",
                f"{100 * (b.mean() - EFFECT) / abs(EFFECT):+.1f} %",
                f"{100 * b.std(ddof=1) / np.sqrt(replications) / abs(EFFECT):.1f} %",
                f"{b.std(ddof=1):.4f}",
                f"{se.mean():.4f}",
                f"{covered:.3f}",
            ]
        )
    header = ["estimator", "mean", "bias", "its Monte-Carlo s.e.", "spread", "mean s.e.", "covers"]
    shares = {name: count / replications for name, count in reject.items()}
    monte_carlo = np.sqrt(0.05 * 0.95 / replications)
    body = f"""\
{replications} replications of two populations of {PERSONS} persons over {YEARS} years. Planted: a
log odds ratio of a job of {EFFECT}; persons with a higher propensity to offend have one less often.
Bias is in percent of the planted value (below 0: too strong an effect); the coverage of the 95 %
interval has a Monte-Carlo s.e. of {monte_carlo:.3f}. The first population's estimates:

{markdown_table(header, rows)}

Test of equal effects at 5 %: rejected in {shares["equal"]:.3f} of the replications where they are
equal (Monte-Carlo s.e. {monte_carlo:.3f}), in {shares["different"]:.3f} where they are {EFFECT} and
{OTHER}. {seconds:.0f} s in all."""
    print(body)
    write_section("within_person_bias", "Bias and coverage of within-person effects", body, at=at)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
