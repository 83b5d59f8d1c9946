"""What a panel holds that can spoil a model: one row a check, nothing about any one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.panel.arrays import BoolArray, FloatArray
from trajectories.panel.distinct import distinct_rows
from trajectories.panel.exposure_length import steps, too_long
from trajectories.panel.outlying import FAR, outlying_cells

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel

COLUMNS = ["check", "cells", "units", "rate", "reference_rate", "value", "note"]
EXPOSURE_LIMITS = (0.01, 0.25, 1.0)
LEFT_OUT = "persons of the register left out"
EVERYBODY = "all units"
LONG_RUN = 5
"""Zeros to the last age that make a long run; five years free of offences is a common window."""


def audit(panel: Panel) -> pd.DataFrame:
    """Return the checks of a panel; see ``Panel.audit``."""
    observed = _mask(panel)
    found = [
        *_exposure(panel, observed),
        *_long_exposure(panel, observed),
        *_not_at_risk(panel),
        *_left_out(panel),
        *_follow_up(panel, observed),
        _zeros(panel, observed),
        _dispersion(panel, observed),
        *_below_zero(panel),
        *_outlying(panel),
        *_histories(panel, observed),
    ]
    table = pd.DataFrame(found, columns=COLUMNS)
    table = table.astype(
        {"cells": "int64", "units": "int64"} | dict.fromkeys(COLUMNS[3:6], "float64")
    )
    # who was left out is no part of those who are in
    of = table["units"].where(table["check"].eq(LEFT_OUT), panel.n_units)
    return _shown(table.assign(**{EVERYBODY: of})).drop(columns=EVERYBODY)


@disclosed(persons=EVERYBODY, part_counts=("units",), keys=("check", "note"), parts=())
def _shown(counted: pd.DataFrame) -> pd.DataFrame:
    """Return the checks; under the switch none of few units, nor of all but so few."""
    return counted


def _row(
    check: str,
    which: BoolArray,
    note: str,
    rate: float = np.nan,
    reference: float = np.nan,
    value: float = np.nan,
) -> dict[str, Any]:
    units = which.any(axis=1)
    return dict(
        zip(
            COLUMNS,
            (check, int(which.sum()), int(units.sum()), rate, reference, value, note),
            strict=True,
        )
    )


def _mask(panel: Panel) -> BoolArray:
    if panel.observed is None:
        return np.ones(panel.outcomes.shape, dtype=bool)
    return panel.observed


def _weights(panel: Panel) -> FloatArray:
    return np.ones(panel.n_units) if panel.weights is None else panel.weights


def _rate(panel: Panel, which: BoolArray) -> float:
    """Return events per year free over some cells, persons counted by their weights."""
    weights = _weights(panel)
    events = weights @ (panel.outcomes * which).sum(axis=1)
    exposure = which if panel.exposure is None else panel.exposure * which
    years = weights @ exposure.sum(axis=1)
    return float(events / years) if years > 0 else np.nan


def _exposure(panel: Panel, observed: BoolArray) -> list[dict[str, Any]]:
    """Compare the rate where little time was free with the rate overall.

    A rate many times the overall one says that the exposure is a consequence of the offence
    (it caused the detention), and that an offset would do harm.
    """
    if panel.exposure is None:
        return []
    overall = _rate(panel, observed)
    rows = []
    for limit in EXPOSURE_LIMITS:
        low = observed & (panel.exposure < limit)
        rows.append(
            _row(
                f"exposure below {limit:g}",
                low,
                "rate in these cells against all cells, outcomes per year free; many times "
                "higher: exposure follows from the offence, compare the fit without it",
                _rate(panel, low),
                overall,
            )
        )
    near_zero = observed & (panel.exposure < EXPOSURE_LIMITS[0]) & (panel.outcomes != 0)
    rows.append(
        _row(
            f"outcomes where exposure is below {EXPOSURE_LIMITS[0]:g}",
            near_zero,
            "value: smallest exposure of a cell; cells with outcomes in next to no time rule an "
            "offset fit: correct them, or set with_exposure_floor and report it",
            _rate(panel, near_zero),
            overall,
            float(panel.exposure[observed].min()),
        )
    )
    return rows


def _long_exposure(panel: Panel, observed: BoolArray) -> list[dict[str, Any]]:
    """Say where more time was free than there is between an age and its neighbours.

    The longer of the steps to the age before and the age after counts, as ages may stand at the
    start or at the end of the time they name. One age has no step, nor have individual ages.
    """
    if panel.exposure is None or panel.n_ages == 1 or panel.individual_ages is not None:
        return []
    bad = too_long(panel)
    row = _row(
        "exposure above the length of the age step",
        bad,
        "value: largest exposure over the step between ages; well above 1 it is in another unit "
        "than the ages (days or months, say), or is not the time of that cell alone",
        _rate(panel, bad),
        _rate(panel, observed),
        float((panel.exposure / steps(panel)).max()),
    )
    return [row]


def _not_at_risk(panel: Panel) -> list[dict[str, Any]]:
    if not panel.n_not_at_risk:
        return []
    row = _row(
        "cells given with an exposure of 0",
        np.zeros((1, 1), dtype=bool),
        "not at risk, so not observed: they are missing; their units are not counted",
    )
    return [row | {"cells": panel.n_not_at_risk}]


def _left_out(panel: Panel) -> list[dict[str, Any]]:
    if not panel.n_left_out:
        return []
    row = _row(
        LEFT_OUT,
        np.zeros((1, 1), dtype=bool),
        "units: never observed and free at these ages (dead, gone, not yet born, or detained)",
    )
    return [row | {"units": panel.n_left_out}]


def _follow_up(panel: Panel, observed: BoolArray) -> list[dict[str, Any]]:
    """Say whose observation ends when, or warn where nobody's ever does."""
    if observed.all():
        return [_zero_runs(panel)]
    last_seen = panel.n_ages - 1 - np.argmax(observed[:, ::-1], axis=1)
    ended = np.arange(panel.n_ages) > last_seen[:, np.newaxis]
    rows = [
        _row(
            "cells missing within follow-up",
            ~observed & ~ended,
            "before the last observed age of the unit",
        )
    ]
    weights = _weights(panel)
    for t in np.flatnonzero(ended.any(axis=0)):
        at_age = ended & (np.arange(panel.n_ages) == t)
        rows.append(
            _row(
                f"follow-up ended before age {panel.ages[t]:g}",
                at_age,
                "value: share of units no longer observed",
                value=float(weights @ ended[:, t] / weights.sum()),
            )
        )
    return rows


def _zero_runs(panel: Panel) -> dict[str, Any]:
    run = min(LONG_RUN, panel.n_ages)
    silent = ~panel.outcomes[:, -run:].any(axis=1)
    weights = _weights(panel)
    tail = np.zeros(panel.outcomes.shape, dtype=bool)
    tail[silent, -run:] = True
    return _row(
        f"zeros at each of the last {run} ages, no cell missing",
        tail,
        "value: share of units; if some of them died, left or were not followed so long, their "
        "zeros were never observed: make those cells missing",
        value=float(weights @ silent / weights.sum()),
    )


def _zeros(panel: Panel, observed: BoolArray) -> dict[str, Any]:
    zero = observed & (panel.outcomes == 0)
    weights = _weights(panel)
    share = weights @ zero.sum(axis=1) / (weights @ observed.sum(axis=1))
    return _row("zeros", zero, "value: share of observed cells", value=float(share))


def _dispersion(panel: Panel, observed: BoolArray) -> dict[str, Any]:
    """Compare variance and mean over all observed cells, weighted, exposure left aside."""
    weights = _weights(panel)
    total = weights @ observed.sum(axis=1)
    mean = weights @ panel.outcomes.sum(axis=1) / total
    variance = weights @ ((panel.outcomes - mean) ** 2 * observed).sum(axis=1) / total
    return _row(
        "variance over mean",
        observed,
        "value: ratio over all cells; 1 in one Poisson group with one rate; above 1 groups, age "
        "or overdispersion: compare families at each number of groups",
        value=float(variance / mean) if mean else np.nan,
    )


def _below_zero(panel: Panel) -> list[dict[str, Any]]:
    below = np.asarray(panel.outcomes < 0)
    if not below.any():
        return []
    return [
        _row(
            "outcomes below zero",
            below,
            "codes for missing, such as -9? Families for counts refuse them, a scale takes them "
            "for scores; sound only where scores can be negative",
        )
    ]


def _outlying(panel: Panel) -> list[dict[str, Any]]:
    found = outlying_cells(panel)
    if found is None:
        return []
    return [
        _row(
            "counts far above those of everybody else",
            found[0],
            f"value: the lowest such row's highest count over the highest of all others, above "
            f"{FAR:g}; an error of entry, a total, a code for missing? It makes a group of itself",
            value=found[1],
        )
    ]


def _histories(panel: Panel, observed: BoolArray) -> list[dict[str, Any]]:
    first, _ = distinct_rows(panel.outcomes, panel.exposure, panel.observed)
    repeats = np.ones(panel.n_units, dtype=bool)
    repeats[first] = False
    active = np.asarray(panel.outcomes.any(axis=1))
    return [
        _row(
            "distinct histories",
            observed & ~repeats[:, np.newaxis],
            "units: different rows of outcomes, exposure and missing cells; more groups than "
            "that cannot be told apart",
        ),
        _row(
            "repeated histories",
            observed & repeats[:, np.newaxis],
            "units: rows equal to an earlier one; expected where most persons have no event, "
            "else look for persons entered twice",
        ),
        _row(
            "units without any outcome but zero",
            observed & ~active[:, np.newaxis],
            "units: all observed cells zero",
        ),
    ]
