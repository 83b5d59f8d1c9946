"""How many persons and years an estimate rests on, and how many say nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, is_below, protect, withheld_cells
from trajectories.lifecourse.model_rows import ModelRows
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray

KINDS = ("single_year", "never", "always", "informative_persons")
"""Every person is of one of these."""
TELL_INFORMATIVE = (
    *("informative_person_years", "informative_events", "share_without_information"),
    "expected_informative_persons",
)
OTHERS = (
    *("persons_with_gaps", "left_out_no_time_free", "events_left_out_no_time_free"),
    "left_out_missing",
)
"""Counts that are no sums of others; few years are of few persons."""


def information_table(rows: ModelRows) -> pd.DataFrame:
    """Return one row a population: persons, years and events, informative and not.

    A person whose outcome never varies says nothing about a within-person effect: somebody with
    one year, who never offended, or (for outcomes of 0 and 1) who offended in every year. Each is
    counted once, in that order. With weights, persons are also summed by weight: that many are
    expected where weights are probabilities.
    """
    stratum, level = _strata(rows)
    n = int(stratum.max()) + 1
    size = np.bincount(stratum, minlength=n).astype(np.int64)
    events = np.bincount(stratum, rows.outcome, n).astype(np.float64)
    single, never, always = _kinds(rows, size, events)
    informative = ~(single | never | always)
    n_levels = len(rows.levels)

    def of(mask: BoolArray, weight: FloatArray | IntArray | None = None) -> FloatArray:
        chosen = None if weight is None else weight[mask]
        return np.bincount(level[mask], chosen, n_levels).astype(np.float64)

    everyone = np.ones(n, dtype=bool)
    table = pd.DataFrame(
        {
            "persons": of(everyone),
            "person_years": of(everyone, size),
            "events": of(everyone, events),
            "single_year": of(single),
            "never": of(never),
            "always": of(always),
            "informative_persons": of(informative),
            "informative_person_years": of(informative, size),
            "informative_events": of(informative, events),
            "persons_with_gaps": rows.gaps,
        },
        index=list(rows.levels),
    ).astype(np.int64)
    table = table.join(rows.left_out)
    table.insert(
        9, "share_without_information", 1.0 - table["informative_persons"] / table["persons"]
    )
    if rows.weights is not None:
        weight = np.zeros(n)
        weight[stratum] = rows.weights
        table["expected_persons"] = of(everyone, weight)
        table["expected_informative_persons"] = of(informative, weight)
    return table.rename_axis(rows.columns.by or "population").reset_index()


def shown_information(by: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return an information table as it may be shown.

    A population of few persons goes, with the one it could be worked out from; of the others every
    kind of person of whom there are few, and the kinds that would tell it.
    """
    weighted = {name: None for name in table.columns if name == "expected_persons"}
    shown = protect(
        table, persons="persons", part_counts=weighted, keys=(by,), parts=(by,), name="information"
    )
    hidden = withheld_cells(
        table[list(KINDS)].to_numpy(dtype=np.float64).T,
        by_group=False,
        name="persons by what they tell",
        labels=KINDS,
        across=table[by].astype(str).tolist(),
    )
    gone = dict(zip(KINDS, hidden, strict=True))
    gone |= {name: gone["informative_persons"] for name in TELL_INFORMATIVE if name in table}
    for name in OTHERS:
        gone[name] = is_below(table[name].to_numpy(dtype=np.float64))
    shown = shown.assign(**{name: shown[name].mask(rows) for name, rows in gone.items()})
    shown[MARK] = shown[MARK] | np.any(list(gone.values()), axis=0)
    return shown


def changers(rows: ModelRows, exposures: Sequence[str]) -> pd.DataFrame:
    """Count the informative persons whose exposure changes, and their events, by population."""
    stratum, level = _strata(rows)
    n = int(stratum.max()) + 1
    size = np.bincount(stratum, minlength=n).astype(np.int64)
    events = np.bincount(stratum, rows.outcome, n).astype(np.float64)
    informative = ~np.logical_or.reduce(_kinds(rows, size, events))
    found = []
    for exposure in exposures:
        value = rows.covariate(exposure)
        low, high = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(low, stratum, value)
        np.maximum.at(high, stratum, value)
        changing = informative & (low < high)
        for k, name in enumerate(rows.levels):
            mine = changing & (level == k)
            found.append((name, exposure, int(mine.sum()), int(events[mine].sum())))
    return pd.DataFrame(found, columns=["level", "exposure", "persons", "events"])


def _strata(rows: ModelRows) -> tuple[IntArray, IntArray]:
    """Return the stratum of each row, and the population of each stratum."""
    stratum = rows.unit
    level = np.zeros(int(stratum.max()) + 1, dtype=np.int64)
    level[stratum] = rows.level
    return stratum, level


def _kinds(
    rows: ModelRows, size: IntArray, events: FloatArray
) -> tuple[BoolArray, BoolArray, BoolArray]:
    single = size == 1
    never = (events == 0) & ~single
    always = (events == size) & ~single & (rows.model == "logit")
    return single, never, always
