"""Work, partner and children: what changes within a person, from year to year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.errors import TrajectoriesError
from trajectories.lifecourse import event_study, person_years, within_person
from trajectories.matching import MatchedSets
from trajectories.panel import Register
from trajectories.rapporteur.estimate import Estimate
from trajectories.rapporteur.figures import GENERAL_OFFENDERS, TRAFFICKERS
from trajectories.rapporteur.quantities import EFFECTS
from trajectories.rapporteur.stages.stage import Stage
from trajectories.rapporteur.subset import only

AGES = range(18, 41)
"""Adult years: before, a job, a partner or a child is hardly possible, so that a year without one
says nothing; and what rises that steeply with age no spline of few pieces follows."""
EXPOSURES = ("job", "partner", "biological_children", "non_biological_children")


def within_person_effects(
    register: Register, sets: MatchedSets | None, level: float = 0.95, describe: bool = True
) -> Stage:
    """Compare years with work, a partner or children with other years of the same person.

    A conditional logit of offending in a year, pooled over the traffickers and their matched
    general offenders, every effect and the course of age with a value of its own in each
    population. Estimates are log odds ratios; a person's years may depend on each other.

    Parameters
    ----------
    register : Register
    sets : MatchedSets or None
        Who the matched controls are; without them only traffickers are looked at.
    level : float
    describe : bool
        Whether to add the event study of entering work.
    """
    wanted = register.persons["population"] == TRAFFICKERS
    by = None
    if sets is not None and GENERAL_OFFENDERS in sets.populations:
        controls = sets.members[sets.members["population"] == GENERAL_OFFENDERS]
        wanted |= register.persons["person"].isin(controls["person"])
        by = "population"
    own = only(register, pd.Index(register.persons.loc[wanted, "person"]))
    years = person_years(own, AGES, persons="all")
    results = within_person(years, "offended", list(EXPOSURES), unit="person", by=by, level=level)
    effects = results.effects
    if by is None:
        effects = effects.assign(population=TRAFFICKERS)
    estimates = {}
    half = np.log(effects["upper"] / effects["lower"]) / 2.0
    for row, width in zip(effects.to_dict("records"), half, strict=True):
        key = EFFECTS.get((str(row["exposure"]), str(row["population"])))
        if key is not None:
            log = float(row["log_estimate"])
            estimates[key] = Estimate(log, log - width, log + width, float(row["persons"]))
    tables = {"within_person": effects, "within_person_base": results.information}
    notes: tuple[str, ...] = ()
    if describe:
        try:
            study = event_study(years, "job", by=by, before=3, after=3, level=level)
            tables["event_study"] = study.estimates
        except TrajectoriesError as error:
            notes = (f"no event study: {error}",)
    return Stage(estimates, tables, kept={"within_person": results}, notes=notes)
