"""Draw the figures of docs/how-to/choose-a-model.md, from the data of that page.

python docs/make_choosing_figures.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np

import trajectories as tr

STATIC = Path(__file__).parent / "_static"
AGES = np.arange(13, 23)


def panel() -> tr.Panel:
    """Return the panel of the page: two groups whose counts vary more than a Poisson allows."""
    rng = np.random.default_rng(1)
    curves = np.stack([np.full(10, 0.25), 2.8 * np.exp(-0.08 * (AGES - 17.0) ** 2)])
    groups = (rng.random(300) < 0.4).astype(int)
    rates = curves[groups] * rng.gamma(1 / 0.8, 0.8, (300, 10))
    return tr.Panel.from_wide(rng.poisson(rates).astype(float), ages=AGES)


def main() -> None:
    """Write selection.png and adequacy.png."""
    counts = panel()
    control = tr.groups.Control(n_starts=20, n_finish=6)
    choice = tr.select(
        counts,
        range(1, 6),
        2,
        ("poisson", "negbin"),
        control=control,
        cross_validation=5,
        cutoff_age=16,
    )
    criteria = ("bic", "icl", "heldout_llf", "forecast_squared_error")
    tr.plot.save(tr.plot.selection(choice.table, criteria), STATIC / "selection", ("png",), 160)
    poisson = next(
        one for key, one in choice.results.items() if key[0].name == "poisson" and key[2] == 2
    )
    tr.plot.save(poisson.plot_adequacy(counts), STATIC / "adequacy", ("png",), 160)


if __name__ == "__main__":
    main()
