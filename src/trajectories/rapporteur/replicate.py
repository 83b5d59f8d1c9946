"""The Rapporteur's study on a synthetic register: from tables to recovered figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from trajectories.groups import GroupTrajectoriesResults, Selection
from trajectories.lifecourse import WithinPersonResults
from trajectories.matching import MatchedSets
from trajectories.panel import Panel, Register
from trajectories.rapporteur.planted_truths import targets_of
from trajectories.rapporteur.simulate import simulate
from trajectories.rapporteur.stages import Clock
from trajectories.rapporteur.study import FAMILIES_TRIED, GROUPS_TRIED, Study, study

HELD_OUT = 500_000
"""Added to the seed for the register of other persons, on which scores are judged."""


@dataclass(frozen=True, eq=False, repr=False)
class Replication:
    """The study, done again on a register whose truth is known.

    Attributes
    ----------
    table : DataFrame
        One row per published figure: key, quantity, population, group, unit, published, planted,
        estimate, lower, upper (95 % interval), recovered (whether the interval contains the
        planted value; <NA> where there is no interval), status ("estimated", "by design",
        "context", or why there is no estimate), stage of the study, persons (whom the estimate
        is of).
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
        estimated group, published or not), and what each stage shows: ``careers``, ``balance``,
        ``risk_factors``, ``risk_contrasts``, ``within_person``, ``recidivism``, ``scores…``. What
        concerns the fit alone is in ``results``.
    seed : int
    truth : str
        Name of the planted truth; "targets" where targets were given.
    sets : MatchedSets or None
        The matched comparison; None where the register has no controls.
    within_person : WithinPersonResults or None
    notes : dict of str to tuple of str
        Stage → warnings, and why a stage could not be done.
    seconds : dict of str to float
        Stage → how long it took.
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
    truth: str = "published"
    sets: MatchedSets | None = None
    within_person: WithinPersonResults | None = None
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def curves_planted(self) -> pd.DataFrame:
        """The curves that the register was drawn from: group, age, mean (per year free)."""
        curves: pd.DataFrame = self.register.truth.curves.copy()
        return curves

    def __repr__(self) -> str:
        judged = self.table["recovered"].dropna()
        return (
            f"<Replication: seed {self.seed}, truth {self.truth}, {self.results.n_groups} groups, "
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
    truth: str = "published",
) -> Replication:
    """Simulate a register and do the whole study on it: every figure that can be estimated.

    In order: careers described; trajectory groups found, chosen and named; the groups described;
    one control of either kind matched to every trafficker; effects of work, partner and children
    within persons; recidivism; scores, judged on other persons. Nothing of the truth enters an
    estimate: it fills the column ``planted``.

    Parameters
    ----------
    seed
        Of the register; the same seed gives the same table.
    targets
        Figure key → value to plant instead of the published one; see ``simulate``.
    n_general_offenders, n_non_offenders
        Sizes of the pools to match from.
    progress
        Whether to say on standard error which stage is at work.
    n_groups, family
        Candidates for the trajectory model, polynomials of degree 2; the lowest BIC is chosen.
    truth
        Name of the truth to plant, one of ``truths()``; ``targets`` come on top of it.

    Returns
    -------
    Replication

    Raises
    ------
    InputError
        For a seed or size that is no whole number of 0 or more, an unknown truth, or if no
        candidate converged.
    TargetError
        For targets that are unknown, contradict each other or cannot be planted.

    Notes
    -----
    Estimators by group: :mod:`trajectories.rapporteur.estimators`, with posteriors that know the
    index case: :mod:`trajectories.rapporteur.given_index_case`. A published figure on, say,
    the low-rate group is estimated in the estimated group whose typology name is ``low_rate``; if
    two carry it, in both together, and ``status`` says so; if none does, it is not estimated.
    """
    clock = Clock(bool(progress))
    wanted: Mapping[str, float | str] | None = targets
    if truth != "published" and (targets is None or isinstance(targets, Mapping)):
        wanted = {**targets_of(truth), **(targets or {})}
    with clock.stage("simulating the register"):
        register = simulate(seed, wanted, n_general_offenders, n_non_offenders)
        others = simulate(int(seed) + HELD_OUT, wanted, 0, 0)
    done = study(register, n_groups, family, held_out=others, clock=clock, seed=int(seed))
    name = truth if not targets else "targets" if truth == "published" else f"{truth}, targets"
    return _replication(done, register, int(seed), name, clock)


def _replication(
    done: Study, register: Register, seed: int, truth: str, clock: Clock
) -> Replication:
    return Replication(
        table=done.table,
        results=done.results,
        selection=done.selection,
        rule=done.rule,
        register=register,
        panel=done.panel,
        typology=done.typology,
        tables=done.tables,
        seed=seed,
        truth=truth,
        sets=done.kept.get("sets"),
        within_person=done.kept.get("within_person"),
        notes=done.notes,
        seconds=clock.seconds,
    )
