"""The stages of the study in their order, on a register that is there already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.groups import GroupTrajectoriesResults, Selection, select
from trajectories.panel import Panel, Register
from trajectories.rapporteur import stages
from trajectories.rapporteur.classified import classify
from trajectories.rapporteur.estimate import Estimate
from trajectories.rapporteur.estimates import group_estimates, overall_estimates
from trajectories.rapporteur.figures import TRAFFICKERS
from trajectories.rapporteur.given_index_case import given_index_case, index_facts
from trajectories.rapporteur.person_figures import person_figures
from trajectories.rapporteur.recovery import followed, recovery_table
from trajectories.rapporteur.stages import Clock, Stage, attempt

AGES = range(12, 41)
GROUPS_TRIED = range(1, 7)
FAMILIES_TRIED = ("poisson", "zip")
DEGREE = 2


@dataclass(frozen=True, eq=False)
class Study:
    """What came out of all stages; see ``Replication`` for the fields."""

    table: pd.DataFrame
    results: GroupTrajectoriesResults
    selection: Selection
    rule: str
    panel: Panel
    typology: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    kept: dict[str, Any]
    notes: dict[str, tuple[str, ...]]


@disclosed()  # computed from all numbers; what leaves is suppressed by the report
def study(
    register: Register,
    n_groups: Iterable[int] | int = GROUPS_TRIED,
    family: Iterable[str] | str = FAMILIES_TRIED,
    *,
    held_out: Register | None = None,
    describe: bool = True,
    clock: Clock | None = None,
    seed: int = 0,
) -> Study:
    """Do the study on a register, which may have no truth.

    Parameters
    ----------
    register : Register
    n_groups, family
        Candidates for the trajectory model.
    held_out : Register, optional
        Of other persons, on whom scores are judged.
    describe : bool
        Whether to make what is shown beside the estimates of published figures; without it a
        study takes about a second.
    clock : Clock, optional
    seed : int
        Of the choice among equally good controls.
    """
    clock = clock or Clock(False)
    persons = person_figures(register)
    with clock.stage("choosing the trajectory groups"):
        panel = Panel.from_register(register, ages=AGES, persons=TRAFFICKERS)
        selection = select(panel, n_groups=n_groups, degree=DEGREE, family=family)
        results, rule = selection.recommend("bic")
        typology = results.typology()
        names = group_names(typology)
    with clock.stage("describing the groups"):
        facts = index_facts(register, panel.units)
        classified = given_index_case(classify(results, panel), results, panel, facts)
        classified = classified.named(list(names))
        by_group = group_estimates(classified, persons)
        overall = overall_estimates(register, persons)
    posterior = pd.DataFrame(
        classified.posterior, index=classified.units, columns=list(classified.names)
    )
    done = _stages(register, results, names, posterior, held_out, describe, clock, seed)
    estimates: dict[str, Estimate] = {
        **overall,
        "n_traffickers": Estimate(float(len(persons)), float("nan"), float("nan")),
    }
    for stage in done.values():
        estimates |= stage.estimates
    failed = {name: stage.failed for name, stage in done.items() if stage.failed}
    table = recovery_table(register, by_group, estimates, combined_groups(names), failed)
    tables = {"recovery": table, "selection": selection.table, "group_figures": by_group}
    for stage in done.values():
        tables |= stage.tables
    if describe:
        tables["populations"] = stages.populations(register, done["matched"].kept.get("sets"))
        tables |= {} if register.truth is None else {"followed": followed(table, register.truth)}
    return Study(
        table=table,
        results=results,
        selection=selection,
        rule=rule,
        panel=panel,
        typology=typology,
        tables=tables,
        kept={name: value for stage in done.values() for name, value in stage.kept.items()},
        notes={name: _said(stage) for name, stage in done.items() if _said(stage)},
    )


def _stages(
    register: Register,
    results: GroupTrajectoriesResults,
    names: pd.Series,
    posterior: pd.DataFrame,
    held_out: Register | None,
    describe: bool,
    clock: Clock,
    seed: int,
) -> dict[str, Stage]:
    """Do the stages that follow on the trajectory groups; each may fail for want of data."""
    done: dict[str, Stage] = {}
    if describe:
        with clock.stage("describing careers"):
            done["careers"] = attempt(stages.careers, register, posterior)
    with clock.stage("matching controls"):
        done["matched"] = attempt(stages.matched_comparison, register, seed=seed, describe=describe)
    with clock.stage("within-person effects"):
        sets = done["matched"].kept.get("sets")
        done["within_person"] = attempt(
            stages.within_person_effects, register, sets, describe=describe
        )
    with clock.stage("recidivism"):
        done["recidivism"] = attempt(stages.recidivism, register, posterior, describe=describe)
    if describe:
        with clock.stage("scores"):
            done["scores"] = attempt(stages.scores, results, names, held_out)
    return done


def _said(stage: Stage) -> tuple[str, ...]:
    return (*([stage.failed] if stage.failed else []), *stage.notes)


def group_names(typology: pd.DataFrame) -> pd.Series:
    """Return the name of each group, "group 3" for one that fits no name."""
    names = [
        f"group {group}" if pd.isna(name) else str(name) for group, name in typology["name"].items()
    ]
    return pd.Series(names, index=typology.index, name="name")


def combined_groups(names: pd.Series) -> dict[str, str]:
    """Return, for every name that several groups carry, the status that says so."""
    members = names.groupby(names, observed=True).groups
    return {
        str(name): f"estimated, groups {' and '.join(str(g) for g in groups)} together"
        for name, groups in members.items()
        if len(groups) > 1
    }
