"""Co-offending: offences with others, group size, partners, repeated ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.tidy import check_level, mean_rows, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray, IntArray, counted


@disclosed()
def co_offending(
    register: Register,
    *,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return how often, with how many and with whom offences are committed.

    Suspects of one ``case`` offend together; all persons of the register count as suspects, not
    only those described. Whoever was not registered for a case is not seen.

    Parameters
    ----------
    register : Register
        With column ``case`` in the offences.
    by, posterior, persons, event, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, estimate, lower, upper, persons, unit, method. Measures:
        "offences_with_others" (share of offences whose case has two suspects or more) and
        "group_size" (mean number of suspects over offences), among offenders;
        "ever_with_others" (share of offenders); "partners" (mean number of distinct ones) and
        "repeated_ties" (share of a person's partners met in two cases or more), among those who
        ever offended with others. Persons are clusters.

    Raises
    ------
    InputError
        If offences have no case.
    """
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    return of_histories(made, groups, check_level(level), interval)


def of_histories(
    made: Histories, groups: Grouping, level: float, interval: str = "wilson"
) -> pd.DataFrame:
    """Return co-offending by group."""
    case, suspect = _cases(made)
    size = np.bincount(case, minlength=int(case.max(initial=-1)) + 1)
    own_case = case_of_offences(made)
    n_suspects = size[own_case].astype(np.float64)
    offences = made.offences.astype(np.float64)
    shared, total = (
        np.bincount(made.person, values, made.n_persons).astype(np.float64)
        for values in (n_suspects >= 2.0, n_suspects)
    )
    partners, repeated = _ties(made, own_case, case, suspect)
    offended, together = (offences > 0.0).astype(float), (shared > 0.0).astype(float)
    shares = (
        ("offences_with_others", shared, offences),
        ("ever_with_others", together, offended),
        ("repeated_ties", repeated, partners),
    )
    means = (
        ("group_size", total, offences, "suspects"),
        ("partners", partners, together, "persons"),
    )
    tables = [
        share_rows(groups.names, name, ratios(top, base, groups.weights), level, interval)
        for name, top, base in shares
    ]
    tables += [
        mean_rows(groups.names, name, ratios(top, base, groups.weights), level, unit)
        for name, top, base, unit in means
    ]
    return pd.concat(tables, ignore_index=True)


def case_of_offences(made: Histories) -> IntArray:
    """Return the number of each offence's case, as ``_cases`` counts them."""
    return _codes(made)[made.number]


def _codes(made: Histories) -> IntArray:
    """Return the number of the case of every offence of the register, −1 where missing."""
    made.column("case")  # says what to do where there is none
    values = made.register.offences["case"]
    missing = int(values.take(made.number).isna().sum())
    if missing:
        raise InputError(
            f"register: case missing in {counted(missing, 'offence')} of those described; fill it "
            "in, or leave these offences out with event= (a boolean Series over the offences)"
        )
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _cases(made: Histories) -> tuple[IntArray, IntArray]:
    """Return the distinct pairs of case and suspect in the register, in order of case."""
    code = _codes(made)
    suspect = pd.factorize(made.register.offences["person"])[0].astype(np.int64)
    known = code >= 0
    pairs = np.unique(np.stack([code[known], suspect[known]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _ties(
    made: Histories, own_case: IntArray, case: IntArray, suspect: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return each person's number of distinct partners, and of those met in two cases or more."""
    mine = np.unique(np.stack([made.person, own_case], axis=1), axis=0)
    first = np.searchsorted(case, mine[:, 1])
    size = np.searchsorted(case, mine[:, 1], side="right") - first
    pair = np.repeat(np.arange(len(mine)), size)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
    other = suspect[first[pair] + place]
    me = mine[pair, 0]
    # numbers of suspects count all persons with offences, those of ``made`` the persons chosen
    self_code = np.full(made.n_persons, -1)
    everyone = pd.factorize(made.register.offences["person"])[0]
    self_code[made.person] = everyone[made.number]
    with_others = other != self_code[me]
    ties, times = np.unique(
        np.stack([me[with_others], other[with_others]], axis=1), axis=0, return_counts=True
    )
    partners = np.bincount(ties[:, 0], minlength=made.n_persons).astype(np.float64)
    repeated = np.bincount(ties[:, 0], times >= 2, made.n_persons).astype(np.float64)
    return partners, repeated
