"""Draw docs/_static/intervals.png: bands, bootstrap curves and peak ages of three groups.

    python docs/make_intervals_figure.py

The panel is the one of docs/how-to/intervals-and-tests.md. Run this again when the page or the
figure changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import trajectories as tr
from trajectories.simulate import panel_from_groups

TARGET = Path(__file__).parent / "_static" / "intervals"


def three_groups() -> tr.Panel:
    ages = np.arange(12, 31)
    curves = np.stack(
        [
            np.full(len(ages), 0.15),
            3.0 * np.exp(-(((ages - 17) / 4.0) ** 2)),
            2.0 * np.exp(-(((ages - 25) / 6.0) ** 2)),
        ]
    )
    return panel_from_groups([0.5, 0.3, 0.2], curves, n=300, ages=ages, rng=3).panel


def main() -> None:
    panel = three_groups()
    results = tr.GroupTrajectories(n_groups=3, family="poisson", degree=2).fit(panel, seed=0)
    boot = results.bootstrap(panel, n_replicates=200, seed=0, n_starts=2)
    fine = np.linspace(12, 30, 73)
    figure = tr.plot.uncertainty(
        results.trajectories(ages=fine),
        simultaneous=results.trajectories(ages=fine, band="simultaneous"),
        replicates=boot.curves(),
        peaks=results.peak_age(),
        shares=results.group_probabilities,
        unit=results.unit,
    )
    for path in tr.plot.save(figure, TARGET, formats=("png",), dpi=150):
        print(path.name)


if __name__ == "__main__":
    main()
