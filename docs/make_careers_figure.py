"""Draw docs/_static/describe-careers.png: the age-crime curve of the synthetic register in parts.

    python docs/make_careers_figure.py

The picture is kept in the repository; run this again when the register or the figure changes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import trajectories as tr
from trajectories import careers

TARGET = Path(__file__).parent / "_static" / "describe-careers"


def main() -> None:
    register = tr.rapporteur.simulate(seed=2024, n_general_offenders=0, n_non_offenders=0)
    groups = register.truth.groups.astype(pd.CategoricalDtype(register.truth.shares.index))
    curve = pd.concat(
        [
            careers.participation(register, by=groups),
            careers.frequency(register, by=groups),
            careers.frequency(register, active="everybody", by=groups),
        ]
    )
    for path in tr.plot.save(tr.plot.age_crime_curve(curve), TARGET, formats=("png",), dpi=120):
        print(path.name)


if __name__ == "__main__":
    main()
