"""Career timelines: offences and detention of a few persons by age, for synthetic persons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.histories import Histories, histories
from trajectories.disclosure_control import disclosure
from trajectories.errors import InputError
from trajectories.numerics.arguments import whole_number
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray, IntArray
from trajectories.panel.select import person_positions


def timelines(
    register: Register,
    n: int = 20,
    *,
    by: pd.Series[Any] | None = None,
    persons: Any = None,
    seed: int = 0,
    until: Any = None,
    allow_real: bool = False,
) -> pd.DataFrame:
    """Return what happened to some persons, by age, without their ids.

    A timeline describes one person closely. So it is made of synthetic persons only, unless
    ``allow_real=True`` says otherwise: for looking inside a secure environment, never for output.

    Parameters
    ----------
    register : Register
        With ``truth``: a synthetic one.
    n : int
        Number of persons, drawn at random; with ``by``, of each group.
    by : Series, optional
        Group of each person by id.
    persons : optional
        Whom to draw from, as in ``Panel.from_register``.
    seed : int
    until : date, optional
        Last day of follow-up.
    allow_real : bool
        Whether a register without ``truth`` will do.

    Returns
    -------
    DataFrame
        person (numbers 1, 2, … in order of group and onset), group, what ("follow_up",
        "detention", "offence"), type (of the offence), start and stop (ages; the same for an
        offence), synthetic.

    Raises
    ------
    InputError
        For a real register without ``allow_real``, and for one with it where disclosure control is
        on.
    """
    synthetic = register.truth is not None
    if not synthetic and not allow_real:
        raise InputError(
            "timelines: the register holds no truth, so its persons may be real; a timeline "
            "describes one person closely: allow_real=True draws it, for no eyes but your own"
        )
    if not synthetic and disclosure.is_on:
        raise InputError("timelines of real persons are no output: disclosure control is on")
    if n < 1:
        raise InputError(f"n={n}: give the number of persons, 1 or more")
    if persons is None and by is not None:
        persons = by.index
    chosen, group = _draw(register, persons, by, n, seed)
    made = histories(register, chosen, until=until)
    return _table(made, group, synthetic)


def _draw(
    register: Register, persons: Any, by: pd.Series[Any] | None, n: int, seed: int
) -> tuple[pd.Index[Any], pd.Series[Any]]:
    position = person_positions(register, persons)
    ids = pd.Index(register.persons["person"])[position]
    groups = pd.Series("", index=ids) if by is None else by.reindex(ids)
    if groups.isna().any():
        raise InputError(
            f"by: no group for {int(groups.isna().sum()):,} of {len(groups):,} persons; give each "
            "one, or leave these persons out with persons="
        )
    rng = np.random.default_rng(whole_number("seed", seed))
    parts = []
    for _, part in groups.groupby(groups, observed=True):
        rows = rng.choice(len(part), min(n, len(part)), replace=False)
        parts.append(part.iloc[np.sort(rows)])
    group = pd.concat(parts)
    return group.index, group


def _table(made: Histories, group: pd.Series[Any], synthetic: bool) -> pd.DataFrame:
    group = group.reindex(made.risk.persons)
    in_order, names = pd.factorize(group, sort=True)[0], group.to_numpy()  # a category's own order
    everybody = np.arange(made.n_persons)
    onset = made.age(everybody, made.onset_day)
    order = np.lexsort((np.nan_to_num(onset, nan=np.inf), in_order))
    number = np.empty(made.n_persons, dtype=np.int64)
    number[order] = np.arange(1, made.n_persons + 1)
    held = made.risk.held()
    rank = np.full(len(made.register.persons), -1)
    rank[made.risk.position] = everybody
    inside = rank[held.row].astype(np.int64)
    starts, stops = (days.astype("datetime64[D]") for days in (held.start, held.stop))
    zero = np.zeros(made.n_persons)
    offence = made.age(made.person, made.day)
    types = made.column("offence_type").to_numpy(dtype=object)
    parts = [
        _part(number, names, everybody, "follow_up", "", zero, made.age(everybody, made.end)),
        _part(
            number,
            names,
            inside,
            "detention",
            "",
            made.age(inside, starts),
            made.age(inside, stops),
        ),
        _part(number, names, made.person, "offence", types, offence, offence),
    ]
    table = pd.concat(parts, ignore_index=True)
    table["synthetic"] = synthetic
    kind = pd.Categorical(table["what"], ["follow_up", "detention", "offence"]).codes
    place = np.lexsort((table["start"], kind, table["person"]))
    return table.iloc[place].reset_index(drop=True)


def _part(
    number: IntArray,
    names: np.ndarray,
    person: IntArray,
    what: str,
    kind: Any,
    start: FloatArray,
    stop: FloatArray,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": number[person],
            "group": names[person],
            "what": what,
            "type": kind,
            "start": start,
            "stop": stop,
        }
    )
