"""Draw the figures of docs/how-to/match-controls.md, from the data of that page.

python docs/make_matching_figures.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pandas as pd

import trajectories as tr
from trajectories.matching import Eligible

STATIC = Path(__file__).parent / "_static"


def main() -> None:
    """Write balance.png and effects.png."""
    register = tr.rapporteur.simulate(seed=2024, n_general_offenders=4_000, n_non_offenders=4_000)
    sets = tr.matching.match_at_risk(
        register,
        {
            "general_offenders": Eligible("before", persons="general_offenders"),
            "non_offenders": Eligible("never", persons="non_offenders"),
        },
        exact=["sex", "birth_year"],
        nearest=["age"],
        index="trafficking",
        seed=0,
    )
    table = sets.balance(["age", "birth_year", "sex", "migration_background"])
    tr.plot.save(tr.plot.love(table), STATIC / "balance", ("png",), 160)
    factors = ["basic_qualification_at_23", "single_parent_family", "institution_as_minor"]
    effects = sets.compare(factors)
    single = effects[effects["method"].str.startswith("conditional")]
    people = ["domestic_sex_traffickers", "general_offenders", "non_offenders"]
    single = single[single["population"] == sets.name]
    single = single.astype({"versus": pd.CategoricalDtype(people)})
    figure = tr.plot.forest(
        single,
        label="factor",
        series="versus",
        xlabel="matched odds ratio, traffickers against controls",
    )
    tr.plot.save(figure, STATIC / "effects", ("png",), 160)


if __name__ == "__main__":
    main()
