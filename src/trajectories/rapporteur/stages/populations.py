"""Who is in the register: the sizes of its populations."""

from __future__ import annotations

import pandas as pd

from trajectories.matching import MatchedSets
from trajectories.panel import Register
from trajectories.rapporteur.figures import GENERAL_OFFENDERS, NON_OFFENDERS, TRAFFICKERS
from trajectories.rapporteur.person_figures import DAYS_PER_YEAR

POPULATIONS = (TRAFFICKERS, GENERAL_OFFENDERS, NON_OFFENDERS, "relatives")


def populations(register: Register, sets: MatchedSets | None) -> pd.DataFrame:
    """Return a row a population: persons, how many of them are compared, and who they are.

    Returns
    -------
    DataFrame
        population, persons, compared (the traffickers, and the controls matched to them; of
        relatives nobody), female_share, mean_age (at the reference date), offences,
        offences_per_person.
    """
    persons = register.persons
    offences = (
        persons["person"].map(register.offences.groupby("person", observed=True).size()).fillna(0)
    )
    rows = []
    for name in POPULATIONS:
        own = persons["population"] == name
        if not own.any():
            continue
        compared = 0
        if name == TRAFFICKERS:
            compared = int(own.sum())
        elif sets is not None and name in sets.populations:
            compared = int((sets.members["population"] == name).sum())
        born = persons.loc[own, "birth_date"]
        rows.append(
            {
                "population": name,
                "persons": int(own.sum()),
                "compared": compared,
                "female_share": float((persons.loc[own, "sex"] == "female").mean()),
                "mean_age": float(
                    ((register.reference_date - born).dt.days / DAYS_PER_YEAR).mean()
                ),
                "offences": int(offences[own].sum()),
                "offences_per_person": float(offences[own].mean()),
            }
        )
    return pd.DataFrame(rows)
