"""Draw docs/_static/choose-a-family.png: what overdispersion does to the number of groups.

    python docs/make_family_figure.py

The panel is the one of docs/how-to/choose-a-family.md: two groups whose counts vary more than a
Poisson allows. Run this again when the page or the figure changes.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

import trajectories as tr

TARGET = Path(__file__).parent / "_static" / "choose-a-family"


def two_overdispersed_groups() -> tr.Panel:
    rng = np.random.default_rng(5)
    ages = np.arange(12, 27)
    late = rng.random(500) < 0.3
    peak = np.where(late, 20.0, 16.0)[:, None]
    mean = np.where(late, 2.5, 1.2)[:, None] * np.exp(-(((ages - peak) / 5.0) ** 2))
    counts = rng.poisson(mean * rng.gamma(1.25, 1 / 1.25, mean.shape))
    return tr.Panel.from_wide(counts, ages=ages)


def main() -> None:
    panel = two_overdispersed_groups()
    families = ("poisson", "zip", "negbin")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        choice = tr.select(panel, n_groups=range(1, 6), degree=(2,), family=families, seed=0)
    figure = tr.plot.selection(choice.table, criteria=("bic", "bic_cells"))
    for path in tr.plot.save(figure, TARGET, formats=("png",), dpi=150):
        print(path.name)


if __name__ == "__main__":
    main()
