"""Draw docs/_static/membership.png: group probabilities against a covariate.

    python docs/make_membership_figure.py

The panel is the one of docs/how-to/membership-covariates.md. Run this again when the page or the
figure changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import trajectories as tr

TARGET = Path(__file__).parent / "_static" / "membership"


def persons() -> tuple[tr.Panel, pd.DataFrame]:
    """Draw 600 persons in three groups; the group depends on school problems and sex."""
    rng = np.random.default_rng(5)
    n = 600
    ages = np.arange(12, 26)
    covariates = pd.DataFrame(
        {
            "school_problems": rng.gamma(2.0, 1.5, n).round(1),
            "sex": rng.choice(["man", "woman"], n),
        }
    )
    man = (covariates["sex"] == "man").to_numpy()
    problems = covariates["school_problems"].to_numpy()
    logit = np.stack([np.zeros(n), -1.5 + 0.25 * problems + man, -3.2 + 0.6 * problems + 0.8 * man])
    share = np.exp(logit) / np.exp(logit).sum(axis=0)
    group = (rng.random(n) >= np.cumsum(share[:-1], axis=0)).sum(axis=0)
    curves = np.stack(
        [
            np.full(len(ages), 0.1),
            1.8 * np.exp(-(((ages - 16) / 3.5) ** 2)),
            2.2 * np.exp(-(((ages - 22) / 7.0) ** 2)),
        ]
    )
    panel = tr.Panel.from_wide(rng.poisson(curves[group]).astype(float), ages=ages)
    return panel, covariates


def main() -> None:
    """Fit, draw and save."""
    panel, covariates = persons()
    results = tr.GroupTrajectories(n_groups=3, family="poisson", degree=2).fit(
        panel, membership="~ school_problems + sex", covariates=covariates
    )
    grid = pd.DataFrame({"school_problems": np.linspace(0, 9, 61), "sex": "man"})
    figure = tr.plot.membership(
        results.prior(grid),
        x="school_problems",
        names=results.typology()["label"],
        title="Men",
        label="school problems (score)",
    )
    for path in tr.plot.save(figure, TARGET, formats=("png",), dpi=150):
        print(path.name)


if __name__ == "__main__":
    main()
