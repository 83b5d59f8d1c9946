"""The matched comparison: traffickers, general offenders and persons without a record."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching import Eligible, MatchedSets, match_at_risk
from trajectories.matching.eligibility import Record
from trajectories.panel import Register
from trajectories.panel.arrays import names
from trajectories.rapporteur.estimate import Estimate, estimated_mean, estimated_ratio
from trajectories.rapporteur.figures import GENERAL_OFFENDERS, NON_OFFENDERS, TRAFFICKERS
from trajectories.rapporteur.person_figures import (
    TRAITS,
    criminal_relatives,
    with_criminal_relative,
)
from trajectories.rapporteur.quantities import AMONG_RELATIVES_OF_CONTROLS, OF_CONTROLS
from trajectories.rapporteur.stages.stage import Stage

RECORDS: dict[str, Record] = {GENERAL_OFFENDERS: "before", NON_OFFENDERS: "never"}
"""Control population → the record that it needs: an offence before the index date, or none ever."""
EXACT = ("sex", "birth_year")
CONTRASTS = ("odds_ratio", "risk_difference")
METHODS = ("conditional logistic, cluster-robust", "matched sets, clustered")


def matched_comparison(
    register: Register, level: float = 0.95, seed: int = 0, describe: bool = True
) -> Stage:
    """Match one control of either kind to every trafficker, and compare risk factors.

    Controls are alive, resident and no trafficker on the day of the case's first trafficking
    offence, of the same sex and year of birth. Shares have Wilson's interval; of relatives, whose
    persons are their base, the interval for a ratio with clusters.

    Raises
    ------
    InputError
        If the register has no controls, or no case finds one.
    """
    populations = [name for name in RECORDS if (register.persons["population"] == name).any()]
    if not populations:
        raise InputError(
            "the register holds no controls: nobody's persons['population'] is one of "
            f"{names(RECORDS)}"
        )
    controls = {name: Eligible(RECORDS[name], persons=name) for name in populations}
    sets = match_at_risk(
        register, controls, exact=list(EXACT), index="trafficking", ratio=1, seed=seed
    )
    members = sets.members
    own = members[members["role"] == "control"]
    ids = pd.Index(members["person"].unique())
    environment = with_criminal_relative(register, ids)
    factors = ["basic_qualification", "single_parent", "institution", *environment.columns]
    traits = register.persons.set_index("person").loc[ids, list(TRAITS.values())]
    traits = traits.rename(columns={column: name for name, column in TRAITS.items()})
    data = pd.concat([traits, environment], axis=1).astype(np.float64).rename_axis("person")
    estimates = _shares(own, data, level)
    estimates |= {
        f"n_{name}": _count(float((own["population"] == name).sum())) for name in populations
    }
    for key, relation in AMONG_RELATIVES_OF_CONTROLS.items():
        counts = criminal_relatives(register, relation, pd.Index(own["person"].unique()))
        found = estimated_ratio(
            counts["trafficking"].to_numpy(), counts["criminal"].to_numpy(), level
        )
        if found is not None and len(populations) == len(RECORDS):
            estimates[key] = found
    tables = {}
    if describe:
        tables = _tables(sets, sets.compare(factors, data=data, level=level))
    return Stage(estimates, tables, kept={"sets": sets})


def _shares(controls: pd.DataFrame, data: pd.DataFrame, level: float) -> dict[str, Estimate]:
    """Return the shares of the matched controls; with one in every set, all weigh the same."""
    found = {}
    for key, factor in OF_CONTROLS.items():
        ids = controls.loc[controls["population"] == key.removeprefix(f"{factor}_"), "person"]
        if len(ids):
            found[key] = estimated_mean(data.loc[ids, factor].to_numpy(), level)
    return found


def _count(number: float) -> Estimate:
    return Estimate(number, float("nan"), float("nan"), number)


def _tables(sets: MatchedSets, effects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    columns = ["factor", "population", "estimate", "lower", "upper", "persons", "persons_with"]
    shares = effects.loc[effects["measure"] == "prevalence", columns]
    wanted = effects["measure"].isin(CONTRASTS) & effects["method"].isin(METHODS)
    wanted &= effects["population"] == TRAFFICKERS
    contrasts = effects.loc[
        wanted,
        [
            *("factor", "measure", "population", "versus", "estimate", "lower", "upper"),
            *("p_adjusted", "n_sets", "persons", "persons_versus", "persons_with"),
            "persons_with_versus",
        ],
    ]
    return {
        "balance": sets.balance(),
        "risk_factors": shares.reset_index(drop=True),
        "risk_contrasts": contrasts.reset_index(drop=True),
    }
