"""Draw docs/_static/replication.png: two stages of the replication, as in its report.

python docs/make_replication_figure.py
"""

from __future__ import annotations

from pathlib import Path

import trajectories as tr

TARGET = Path(__file__).parent / "_static" / "replication"


def main() -> None:
    study = tr.rapporteur.replicate(seed=2024)
    table = study.table
    populations = table["population"].str.replace("human_traffickers", "all")
    populations = populations.str.replace("domestic_sex_traffickers", "all")
    rows = table.assign(group=populations)[table["stage"].isin(["recidivism", "within_person"])]
    for path in tr.plot.save(tr.plot.recovery(rows), TARGET, formats=("png",), dpi=130):
        print(path.name)


if __name__ == "__main__":
    main()
