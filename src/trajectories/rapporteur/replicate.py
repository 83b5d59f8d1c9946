"""The Rapporteur's study on a synthetic register: from tables to recovered figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.groups import GroupTrajectoriesResults, Selection, select
from trajectories.panel import Panel, Register
from trajectories.rapporteur.classified import classify
from trajectories.rapporteur.estimates import group_estimates, overall_estimates
from trajectories.rapporteur.figures import TRAFFICKERS
from trajectories.rapporteur.person_figures import person_figures
from trajectories.rapporteur.recovery import recovery_table
from trajectories.rapporteur.simulate import simulate

AGES = range(12, 41)
GROUPS_TRIED = range(1, 7)
FAMILIES_TRIED = ("poisson", "zip")
DEGREE = 2


@dataclass(frozen=True, eq=False, repr=False)
class Replication:
    """The study, done again on a register whose truth is known.

    Attributes
    ----------
    table : DataFrame
        One row per published figure: key, quantity, population, group, published, planted,
        estimate, lower, upper (95 % interval), recovered (whether the interval contains the
        planted value; <NA> where there is no interval), status ("estimated", or why not).
    results : GroupTrajectoriesResults
        The chosen trajectory model of the traffickers.
    selection : Selection
        All candidates.
    rule : str
        How the model was chosen among them, in words.
    register : Register
        With its truth.
    panel : Panel
        The traffickers' offences by age, with years free.
    typology : DataFrame
        Names of the groups and the numbers behind them.
    tables : dict of str to DataFrame
        ``recovery`` (the table above), ``selection``, ``group_figures`` (every quantity in every
        estimated group, published or not). What concerns the fit alone is in ``results``.
    seed : int
    """

    table: pd.DataFrame
    results: GroupTrajectoriesResults
    selection: Selection
    rule: str
    register: Register
    panel: Panel
    typology: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    seed: int

    @property
    def curves_planted(self) -> pd.DataFrame:
        """The curves that the register was drawn from: group, age, mean (per year free)."""
        curves: pd.DataFrame = self.register.truth.curves.copy()
        return curves

    def __repr__(self) -> str:
        judged = self.table["recovered"].dropna()
        return (
            f"<Replication: seed {self.seed}, {self.results.n_groups} groups, "
            f"{int(judged.sum())} of {len(judged)} estimated figures recovered>"
        )


def replicate(
    seed: int = 2024,
    targets: Mapping[str, float | str] | None = None,
    n_general_offenders: int = 12_000,
    n_non_offenders: int = 20_000,
    progress: bool | None = None,
    n_groups: Iterable[int] | int = GROUPS_TRIED,
    family: Iterable[str] | str = FAMILIES_TRIED,
) -> Replication:
    """Simulate a register, find the trajectory groups of its traffickers, estimate the figures.

    Nothing of the truth enters an estimate: it fills the column ``planted``.

    Parameters
    ----------
    seed
        Of the register; the same seed gives the same table.
    targets
        Figure key → value to plant instead of the published one; see ``simulate``.
    n_general_offenders, n_non_offenders
        Sizes of the pools to match from.
    progress
        Whether to show a progress bar on standard error.
    n_groups, family
        Candidates for the trajectory model, polynomials of degree 2; the lowest BIC is chosen.

    Returns
    -------
    Replication

    Raises
    ------
    InputError
        For a seed or size that is no whole number of 0 or more, or if no candidate converged.
    TargetError
        For targets that are unknown, contradict each other or cannot be planted.

    Notes
    -----
    Estimators by group: :mod:`trajectories.rapporteur.estimators`. A published figure on, say,
    the low-rate group is estimated in the estimated group whose typology name is ``low_rate``; if
    two carry it, in both together, and ``status`` says so; if none does, it is not estimated.
    """
    register = simulate(seed, targets, n_general_offenders, n_non_offenders)
    return study(register, seed, n_groups, family, progress=bool(progress))


@disclosed()  # computed from all numbers; what leaves is suppressed by the report
def study(
    register: Register,
    seed: int,
    n_groups: Iterable[int] | int = GROUPS_TRIED,
    family: Iterable[str] | str = FAMILIES_TRIED,
    progress: bool = False,
) -> Replication:
    """Replicate the study on a register that is there already; it may have no truth."""
    panel = Panel.from_register(register, ages=AGES, persons=TRAFFICKERS)
    selection = select(panel, n_groups=n_groups, degree=DEGREE, family=family, progress=progress)
    results, rule = selection.recommend("bic")
    typology = results.typology()
    names = group_names(typology)
    persons = person_figures(register)
    by_group = group_estimates(classify(results, panel).named(list(names)), persons)
    table = recovery_table(
        register, by_group, overall_estimates(register, persons), combined_groups(names)
    )
    return Replication(
        table=table,
        results=results,
        selection=selection,
        rule=rule,
        register=register,
        panel=panel,
        typology=typology,
        tables={"recovery": table, "selection": selection.table, "group_figures": by_group},
        seed=seed,
    )


def group_names(typology: pd.DataFrame) -> pd.Series:
    """Return the name of each group, "group 3" for one that fits no name."""
    names = [
        f"group {group}" if pd.isna(name) else str(name) for group, name in typology["name"].items()
    ]
    return pd.Series(names, index=typology.index, name="name")


def combined_groups(names: pd.Series) -> dict[str, str]:
    """Return, for every name that several groups carry, the status that says so."""
    members = names.groupby(names).groups
    return {
        str(name): f"estimated, groups {' and '.join(str(g) for g in groups)} together"
        for name, groups in members.items()
        if len(groups) > 1
    }
