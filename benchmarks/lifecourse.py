"""Speed of the conditional logit: in passes over the data, and against statsmodels.

    python benchmarks/lifecourse.py

The fit of 100,000 persons x 20 years x 8 covariates as a multiple of one pass over the data (the
product of the design with a vector), and both programs on the same data at a size that statsmodels
can do, in one run.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np
from scipy.special import expit

sys.path.insert(0, str(Path(__file__).parent))
from results_file import commit, markdown_table, write_section
from statsmodels.discrete.conditional_models import ConditionalLogit

from trajectories.numerics.conditional_logit import conditional_logit
from trajectories.numerics.conditional_poisson import conditional_poisson

YEARS, COVARIATES = 20, 8
SMALL = (1_000, 3_000)
LARGE = 100_000


def draw(n: int, seed: int = 1):
    """Draw outcome, counts, covariates and person; offences are rare, levels differ a lot."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), YEARS)
    level = rng.normal(-2.5, 1.2, n)[person]
    X = (rng.random((n * YEARS, COVARIATES)) < 0.4).astype(float)
    eta = level + X @ np.linspace(-0.5, 0.5, COVARIATES)
    return (rng.random(len(eta)) < expit(eta)).astype(float), rng.poisson(np.exp(eta)), X, person


def seconds(work, times: int = 1) -> float:
    """Return the shortest of some runs, in seconds of the processor: other work does not count."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def against_statsmodels(n: int) -> list[str]:
    y, _, X, person = draw(n)
    ours: list = []
    quick = seconds(lambda: ours.append(conditional_logit(y, X, person)), 3)
    theirs: list = []

    def slow() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs.append(ConditionalLogit(y, X, groups=person).fit(disp=0))

    long = seconds(slow)
    apart = np.abs(ours[-1].params - theirs[-1].params).max()
    return [
        f"{n:,} x {YEARS}",
        f"{quick:.3f}",
        f"{long:.2f}",
        f"{long / quick:,.0f}",
        f"{apart:.1e}",
    ]


def main() -> None:
    at = commit()
    compared = [against_statsmodels(n) for n in SMALL]
    y, counts, X, person = draw(LARGE)
    direction = np.ones(COVARIATES)
    one_pass = seconds(lambda: X @ direction, 5)
    fits: dict[str, list] = {"logit": [], "poisson": []}
    logit = seconds(lambda: fits["logit"].append(conditional_logit(y, X, person)), 2)
    poisson = seconds(lambda: fits["poisson"].append(conditional_poisson(counts, X, person)), 2)
    rows = []
    for name, took in (("logit", logit), ("poisson", poisson)):
        fit = fits[name][-1]
        rows.append(
            [
                f"conditional {name}",
                f"{took:.2f}",
                f"{took / one_pass:,.0f}",
                f"{fit.n_iterations}",
                f"{fit.counts.informative_rows:,}",
            ]
        )
    body = f"""\
One core, seconds of the processor. Against statsmodels' `ConditionalLogit` on the same data, {
        COVARIATES
    } covariates:

{
        markdown_table(
            ["persons x years", "here, s", "statsmodels, s", "times faster", "largest difference"],
            compared,
        )
    }

{LARGE:,} persons x {YEARS} years x {COVARIATES} covariates; one pass over the data (design times
vector) took {1000 * one_pass:.0f} ms:

{
        markdown_table(
            ["model", "fit, s", "passes over the data", "Newton steps", "informative rows"], rows
        )
    }"""
    print(body)
    write_section("lifecourse", "Speed of the conditional likelihoods", body, at=at)


if __name__ == "__main__":
    main()
