"""Draw docs/_static/trajectories.png: the replication's groups over the curves planted in it.

    python docs/make_readme_figure.py

The picture is kept in the repository so that README shows it; run this again when the register or
the figure changes.
"""

from __future__ import annotations

from pathlib import Path

import trajectories as tr

TARGET = Path(__file__).parent / "_static" / "trajectories"


def main() -> None:
    study = tr.rapporteur.replicate(seed=2024)
    names = study.typology["label"]
    group_of = {name: group for group, name in names.items() if name is not None}
    planted = study.curves_planted
    planted = planted.assign(group=planted["group"].map(group_of)).dropna(subset="group")
    figure = tr.plot.trajectories(
        study.results.trajectories(),
        shares=study.results.group_probabilities,
        names=names,
        observed=planted,
    )
    for path in tr.plot.save(figure, TARGET, formats=("png",), dpi=150):
        print(path.name)


if __name__ == "__main__":
    main()
