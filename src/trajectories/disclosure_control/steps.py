"""Survival curves: steps of few events are merged, so that no row tells of one person's event."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.disclosure_control.rounding import round_counts, round_digits
from trajectories.disclosure_control.secondary import LEAST, is_small
from trajectories.disclosure_control.switch import Setting

TIME, AT_RISK, EVENTS, MERGED = "time", "at_risk", "events", "merged"
HEIGHTS = {"survival", "incidence", "cumulative_hazard", "mean", "se", "lower", "upper"}
"""Columns whose digits tell how many were at risk at every event since the row before."""
REPEATED = {"mean"}
"""A column that says that events can come again to the same person."""
_LABELS = ("stratum", "group", "population", "cause", "type")


def has_steps(frame: pd.DataFrame) -> bool:
    """Tell whether a table is a curve with a row a time: at risk, events."""
    return {TIME, AT_RISK, EVENTS} <= set(frame.columns) and "persons" not in frame.columns


def merge_steps(frame: pd.DataFrame, setting: Setting, name: str) -> pd.DataFrame:
    """Return the curve at fewer times: between two rows shown lie no events, or enough.

    A row is shown where at least the minimum are at risk and the events since the row shown before
    are nobody or at least the minimum. ``events`` becomes the number since that row, ``merged`` the
    number of rows that it stands for. Persons who leave without an event are taken off
    ``at_risk`` once there are enough of them: before, they are shown as still at risk.

    Parameters
    ----------
    frame : DataFrame
        ``time``, ``at_risk`` (just before that time), ``events`` (at it) and what the curve is.
        Columns named in ``_LABELS`` tell several curves apart. ``HEIGHTS`` are shown in as many
        decimals as tell of no few leavers.
    setting : Setting
    name : str
        Of the table, in the record for the output checker.
    """
    labels = [column for column in _LABELS if column in frame.columns]
    if not len(frame):
        return frame
    if not labels:
        return _one(frame, setting, name, "")
    pieces = [
        _one(part, setting, name, ", ".join(f"{k}={v}" for k, v in zip(labels, key, strict=True)))
        for key, part in frame.groupby(labels, sort=False, dropna=False, observed=True)
    ]
    return pd.concat(pieces) if pieces else frame


def honest_decimals(at_risk: NDArray[np.float64], minimum: int) -> NDArray[np.int64]:
    """Return how many decimals of a curve may be shown, so that no few leavers can be read off.

    d events among n at risk lower it by d / n; had c left before, by d / (n - c), which is d c / n²
    more. With d and c of the minimum at most, c of few cannot be told from none where a unit of the
    last decimal is at least minimum² / n².
    """
    most = np.floor(2.0 * np.log10(np.maximum(at_risk, 1.0) / minimum))
    return np.clip(most, 1, 15).astype(np.int64)


def round_each(values: NDArray[np.float64], decimals: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return numbers to as many decimals as are asked for each."""
    scale = 10.0**decimals
    return np.asarray(np.round(np.asarray(values, dtype=np.float64) * scale) / scale)


def _one(frame: pd.DataFrame, setting: Setting, name: str, cell: str) -> pd.DataFrame:
    part = frame.sort_values(TIME, kind="stable")
    at_risk, events = (part[column].to_numpy(dtype=np.float64) for column in (AT_RISK, EVENTS))
    removes = not REPEATED.intersection(frame.columns)
    kept, stated = _shown(at_risk, events, setting.minimum_cell, removes)
    total = np.cumsum(events)
    since = np.diff(total[kept], prepend=0.0)
    rows: pd.DataFrame = part.take(kept)
    if setting.minimum_cell > 1:
        decimals = honest_decimals(at_risk[kept], setting.minimum_cell)
        for column in HEIGHTS & set(rows.columns):
            rows = rows.assign(**{column: round_each(rows[column].to_numpy(), decimals)})
    since_shown = since
    if setting.rounding > 1:
        stated, since_shown = (round_counts(n, setting.rounding) for n in (stated, since))
        for column in rows.columns.difference([TIME, AT_RISK, EVENTS, *_LABELS]):
            if pd.api.types.is_float_dtype(rows[column].dtype):
                rows = rows.assign(**{column: round_digits(rows[column].to_numpy())})
    merged = np.diff(kept, prepend=-1).astype(np.int64)
    shown = rows.assign(**{AT_RISK: stated, EVENTS: since_shown, MERGED: merged})
    counts = zip(shown[TIME], at_risk[kept], stated, since, since_shown, strict=True)
    for row, (time, n, n_shown, d, d_shown) in enumerate(counts):
        where = f"{cell}, time={time:g}" if cell else f"time={time:g}"
        why = "leavers too few, or rounded" if n != n_shown else ""
        setting.record.append((name, row, where, AT_RISK, n, n_shown, why))
        setting.record.append((name, row, where, EVENTS, d, d_shown, "steps merged"))
    return shown


def _shown(
    at_risk: NDArray[np.float64], events: NDArray[np.float64], minimum: int, removes: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the positions of the rows shown, and the numbers at risk stated there.

    ``removes``: whether who has the event is at risk no longer.
    """
    total = np.concatenate([[0.0], np.cumsum(events)])
    kept: list[int] = []
    stated: list[float] = []
    for row, n in enumerate(at_risk):
        before = kept[-1] if kept else -1
        if n < minimum or is_small(np.array([total[row + 1] - total[before + 1]]), minimum, LEAST):
            continue
        number = float(n)
        if kept:
            expected = stated[-1] - (total[row] - total[before] if removes else 0.0)
            # so few came or left otherwise that they are not shown yet
            if is_small(np.array([abs(expected - n)]), minimum, LEAST):
                number = float(expected)
        kept.append(row)
        stated.append(number)
    return np.array(kept, dtype=np.int64), np.array(stated, dtype=np.float64)
