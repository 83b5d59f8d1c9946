"""Recidivism after the first trafficking case: general, by type, and trafficking again."""

from __future__ import annotations

import pandas as pd

from trajectories.panel import FollowUp, Register
from trajectories.rapporteur.estimate import Estimate
from trajectories.rapporteur.figures import TRAFFICKERS
from trajectories.rapporteur.quantities import RECIDIVISM_ROWS
from trajectories.rapporteur.stages.stage import Stage
from trajectories.rapporteur.subset import only
from trajectories.recidivism import kaplan_meier, recidivism_figures

EVENTS = {
    "any": "any offence",
    "property": "property",
    "violent": "violent",
    "drugs": "drugs",
    "specific": "trafficking",
}
"""Event of a follow-up → its name in tables and figures."""
NET, TO_THE_END = "kaplan_meier", "to the end of follow-up"


def recidivism(
    register: Register,
    posterior: pd.DataFrame | None = None,
    level: float = 0.95,
    describe: bool = True,
) -> Stage:
    """Estimate who reoffends within 2, 5 and 7 years and by the end of follow-up.

    The clock runs from the registration of the index case in calendar time, detention included.
    Within fixed windows the figures are net of death and emigration (Kaplan and Meier), because
    that is what is planted; the report shows the two other estimators beside them.
    """
    persons = register.persons
    register = only(register, pd.Index(persons.loc[persons["population"] == TRAFFICKERS, "person"]))
    table = recidivism_figures(
        register, posterior if describe else None, level=level, methods=None if describe else (NET,)
    )
    everybody = table[table["group"] == "all"]
    net = everybody[everybody["method"].isin((NET, TO_THE_END))]
    estimates = {
        str(row["key"]): Estimate(
            *(float(row[name]) for name in ("share", "lower", "upper", "persons"))
        )
        for row in net.to_dict("records")
        if row["key"] in RECIDIVISM_ROWS
    }
    tables = {"recidivism": table, **_curves(register, level)} if describe else {}
    return Stage(estimates, tables)


def _curves(register: Register, level: float) -> dict[str, pd.DataFrame]:
    curves = []
    for event, name in EVENTS.items():
        follow_up = FollowUp.from_register(register, index="trafficking", event=event)
        curve = kaplan_meier(follow_up, level=level)
        turned = {
            "incidence": 1.0 - curve["survival"],
            "lower": 1.0 - curve["upper"],
            "upper": 1.0 - curve["lower"],
        }
        curves.append(curve.drop(columns=["survival"]).assign(stratum=name, **turned))
    return {"recidivism_curves": pd.concat(curves, ignore_index=True)}
