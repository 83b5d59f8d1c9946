"""Match controls to cases from a register, by sampling from risk sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching.as_of import AsOf, first_dates
from trajectories.matching.at_risk_population import at_risk_population
from trajectories.matching.design import make_design
from trajectories.matching.eligibility import AtRisk, Eligible, Record
from trajectories.matching.match import check_names, finish
from trajectories.matching.names import Distance, Method, Missing, Order
from trajectories.matching.register_source import RegisterSource, sample_at_risk
from trajectories.matching.sets import MatchedSets
from trajectories.panel import Register
from trajectories.panel.arrays import DayArray, IntArray, counted, where_rows
from trajectories.panel.select import person_positions, select_offences


def match_at_risk(
    register: Register,
    controls: Mapping[str, Eligible | Record],
    exact: Sequence[str] = (),
    nearest: Sequence[str] = (),
    *,
    index: Any,
    cases: Any = None,
    distance: Distance | None = None,
    caliper: float | Mapping[str, float] | None = None,
    caliper_scale: str = "sd",
    ratio: int | tuple[int, int] = 1,
    replacement: bool = False,
    method: Method = "nearest",
    order: Order = "hardest",
    missing: Missing = "raise",
    seed: int = 0,
    name: str | None = None,
) -> MatchedSets:
    """Match every case with persons who are at risk on the case's index date.

    A control is alive and resident on that date, is no case by then (who becomes one later may
    serve before), and has the record that its population asks for; every covariate is as of that
    date. Sampled so, the matched odds ratio estimates the ratio of rates (Prentice & Breslow 1978,
    Biometrika 65(1), 153-158).

    Parameters
    ----------
    register : Register
    controls : dict of str → Eligible or record
        Populations of controls by name: whom they are made of. "before", "none_before", "never"
        or "any" stand for ``Eligible(record=...)``.
    exact, nearest : sequence of str
        Columns of ``register.persons``; "birth_year"; and, as of the index date, "age" (years),
        "age_in_years" (whole years), "prior_offences", "prior_offences:TYPE", "spell:TYPE" (in
        such a spell), "in_detention".
    index : str, sequence of str, boolean Series over the offences, or Series of dates
        What makes a case: types of offence, whose first day is the index date; or the index dates
        by person id, of cases and of whoever else became one.
    cases : str, sequence of ids or boolean Series over the persons, optional
        A population or persons; by default who the register says is studied.
    distance, caliper, caliper_scale, ratio, replacement, method, order, missing, seed
        As for ``match``. Standard deviations and covariances are those of the cases and of the
        pool before matching: everybody who may serve, each on the index date of one random case
        on which they are at risk.
    name : str, optional
        Name of the population of the cases: ``register.study``, or "cases".

    Returns
    -------
    MatchedSets
        ``members`` has the index date and covariates as of it; ``account`` counts as ``exact``
        those at risk who agree in the exact columns.

    Raises
    ------
    InputError
        For arguments that cannot be used, cases without an index date or not followed on it, and
        when no case finds enough controls.
    """
    if not isinstance(register, Register):
        raise InputError(
            f"a register must be a trajectories.Register, not {type(register).__name__}; for "
            "frames use match"
        )
    if not isinstance(controls, Mapping):
        raise InputError("controls= must be a dict of population → who may serve, as Eligible")
    if order in ("largest", "smallest"):
        raise InputError(f"order={order!r} is for frames: order by 'hardest', 'random' or 'data'")
    design = make_design(
        exact=exact,
        nearest=nearest,
        distance=distance,
        caliper=caliper,
        caliper_scale=caliper_scale,
        ratio=ratio,
        replacement=replacement,
        order=order,
        method=method,
        missing=missing,
        seed=seed,
    )
    title = name or register.study or "cases"
    check_names(title, tuple(controls))
    as_of = AsOf(register)
    first = _index_dates(as_of, index)
    case_rows = person_positions(register, cases)
    _check_cases(as_of, case_rows, first)
    rules = {n: r if isinstance(r, Eligible) else Eligible(record=r) for n, r in controls.items()}
    at_risk = {n: AtRisk(as_of, rule, first) for n, rule in rules.items()}
    persons = {n: np.sort(person_positions(register, r.persons)) for n, r in rules.items()}
    dates = first[case_rows]
    sampled = {
        n: sample_at_risk(at_risk[n], persons[n], dates, np.random.default_rng([seed, j, 2]))
        for j, n in enumerate(rules)
    }
    source = RegisterSource(as_of, case_rows, dates, at_risk, sampled)
    built = [at_risk_population(source, n, persons[n], design) for n in rules]
    return finish([population for population, _ in built], built[0][1], design, source, title)


def _index_dates(as_of: AsOf, index: Any) -> DayArray:
    """Return when each person of the register became a case; NaT for never."""
    if isinstance(index, pd.Series) and pd.api.types.is_datetime64_dtype(index.dtype):
        place = as_of.ids.get_indexer(index.index)
        if (place < 0).any() or not index.index.is_unique:
            raise InputError(
                "index= has dates of persons that the register lacks, or two of one person: "
                "its index must be person ids, each once"
            )
        result = np.full(len(as_of.ids), np.datetime64("NaT", "D"))
        result[place] = index.to_numpy().astype("datetime64[D]")
        return result
    return first_dates(as_of, select_offences(as_of.register, index))


def _check_cases(as_of: AsOf, rows: IntArray, first: DayArray) -> None:
    dates = first[rows]
    without = np.isnat(dates)
    if without.any():
        raise InputError(
            f"{counted(int(without.sum()), 'case')} of {len(rows):,} without an index date "
            f"({where_rows(without)} of the cases): choose cases= that have one, or correct index="
        )
    outside = ~as_of.time.is_observed(rows, dates)
    if outside.any():
        raise InputError(
            f"{counted(int(outside.sum()), 'case')} dead, emigrated or unborn on the index date "
            f"({where_rows(outside)} of the cases): correct the dates"
        )
