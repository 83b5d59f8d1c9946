"""Read a later outcome: a column of persons, or a follow-up, aligned to the units of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import FollowUp
from trajectories.panel.arrays import counted, names
from trajectories.panel.covariate_columns import read_variables
from trajectories.panel.covariates import flat

KINDS = ("normal", "poisson", "logit", "multinomial", "survival")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """An outcome of some units.

    Attributes
    ----------
    name : str
    rows : ndarray of int, shape (n,)
        Places of the units that have it.
    values : ndarray, shape (n,)
        Numbers, counts or codes of categories.
    categories : tuple of str
        Empty but for logit and multinomial.
    exposure : ndarray, shape (n,)
        Of counts; 1 unless given.
    """

    name: str
    rows: IntArray
    values: FloatArray
    categories: tuple[str, ...]
    exposure: FloatArray


def read_outcome(
    outcome: Any,
    kind: str,
    exposure: Any,
    covariates: pd.DataFrame | None,
    units: pd.Index[Any],
    missing: str,
) -> Outcome:
    """Return an outcome, given as a Series by unit or as a column of the covariates.

    Raises
    ------
    InputError
        For an outcome that does not fit its kind: text that is to have a mean, a count that is
        negative or no whole number, more or fewer than two categories for a logit.
    """
    name, frame = _column(outcome, covariates, "outcome")
    if exposure is not None:
        if kind != "poisson":
            raise InputError(
                "exposure= is for kind='poisson', a number of events in some time: leave it out"
            )
        other, column = _column(exposure, covariates, "exposure")
        frame = frame.join(column[[other]].rename(columns={other: "exposure of it"}))
    found = read_variables(list(frame.columns), frame, units, missing)
    rows = found[0][1]
    for _, more, _ in found[1:]:
        rows = np.intersect1d(rows, more)
    columns = [column.set_axis(pd.Index(own)).reindex(pd.Index(rows)) for _, own, column in found]
    values, categories = _values(columns[0], kind, name)
    base = np.ones(len(rows)) if exposure is None else columns[1].to_numpy(dtype=np.float64)
    if (base <= 0).any():
        bad = int((base <= 0).sum())
        raise InputError(
            f"exposure is not above 0 for {counted(bad, 'unit')}: a unit that was at no time at "
            "risk has no rate; make its outcome missing"
        )
    return Outcome(name, rows, values, categories, base)


def _column(given: Any, covariates: pd.DataFrame | None, what: str) -> tuple[str, pd.DataFrame]:
    """Return the name of a column and a frame with it alone."""
    if isinstance(given, pd.Series):
        name = what if given.name is None else str(given.name)
        return name, given.rename(name).to_frame()
    if covariates is None or given not in covariates.columns:
        known = names([] if covariates is None else covariates.columns)
        raise InputError(
            f"{what} must be a Series indexed by unit id, or a column of covariates; there are "
            f"{known}"
        )
    return str(given), covariates[[given]].rename(columns=str)


def _values(column: pd.Series[Any], kind: str, name: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the numbers of an outcome, and its categories if its kind has some."""
    if kind in ("logit", "multinomial"):
        return _codes(column, kind, name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        raise InputError(f"outcome {name!r} is text: kind='multinomial' is for categories")
    values = column.to_numpy(dtype=np.float64)
    if kind == "poisson":
        bad = int(((values < 0) | (values != np.floor(values))).sum())
        if bad:
            raise InputError(
                f"outcome {name!r} is no count for {counted(bad, 'unit')} (negative or with a "
                "fraction): kind='normal' is for other numbers"
            )
        if not values.any():
            raise InputError(f"outcome {name!r} is 0 for everybody: there is no rate to compare")
    elif np.ptp(values) == 0:
        raise InputError(f"outcome {name!r} is the same for everybody")
    return values, ()


def _codes(column: pd.Series[Any], kind: str, name: str) -> tuple[FloatArray, tuple[str, ...]]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        codes, labels = column.cat.codes.to_numpy(), list(column.cat.categories)
    else:
        found, codes = np.unique(column.to_numpy(), return_inverse=True)
        labels = found.tolist()
        if column.dtype != bool:
            labels = [int(v) if float(v).is_integer() else v for v in labels]
    if len(labels) < 2 or (kind == "logit" and len(labels) != 2) or len(labels) > 20:
        wanted = "two" if kind == "logit" else "2 to 20"
        raise InputError(
            f"outcome {name!r} has {counted(len(labels), 'category')}, kind={kind!r} needs "
            f"{wanted}".replace("categorys", "categories")
        )
    return np.asarray(codes, dtype=np.float64), tuple(str(label) for label in labels)


@dataclass(frozen=True, slots=True, eq=False)
class Lifetimes:
    """Rows at risk of some units, in their order, and the first event of each.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Places of the units that are followed.
    first : ndarray of int, shape (n + 1,)
        Where each unit's rows begin, and the number of rows.
    start, stop : ndarray, shape (R,)
    event : ndarray, shape (n,)
        1 where the unit had the event at the end of its last row.
    """

    rows: IntArray
    first: IntArray
    start: FloatArray
    stop: FloatArray
    event: FloatArray

    @property
    def end(self) -> FloatArray:
        """Return when each unit's follow-up ended."""
        return np.asarray(self.stop[self.first[1:] - 1])

    @property
    def length(self) -> FloatArray:
        """Return each unit's time at risk."""
        return np.asarray(np.add.reduceat(self.stop - self.start, self.first[:-1]))

    def subset(self, keep: IntArray) -> Lifetimes:
        """Return some of the units, given by increasing places among those followed."""
        counts = np.diff(self.first)[keep]
        mine = np.repeat(np.isin(np.arange(len(self.rows)), keep), np.diff(self.first))
        first = np.concatenate([[0], np.cumsum(counts)])
        return Lifetimes(
            self.rows[keep], first, self.start[mine], self.stop[mine], self.event[keep]
        )


def read_lifetimes(
    follow_up: Any, cause: str | None, units: pd.Index[Any], missing: str
) -> Lifetimes:
    """Return the rows of a follow-up that belong to the units.

    Events of other causes end follow-up: what is compared is the hazard of one cause.

    Raises
    ------
    InputError
        For anything but a FollowUp, one with weights or strata of its own, repeated events, an
        unknown cause, units without a row (unless these are left out), or no event at all.
    """
    if not isinstance(follow_up, FollowUp):
        raise InputError(
            f"kind='survival' needs a FollowUp (FollowUp.from_frame, from_register), not a "
            f"{type(follow_up).__name__}"
        )
    if follow_up.weight is not None or follow_up.stratum is not None:
        raise InputError(
            "this follow-up has weights or strata of its own: the weights are those of the panel, "
            "and groups are what is compared; read it without them"
        )
    if follow_up.repeated:
        raise InputError("somebody is followed on after an event: use follow_up.first_events()")
    chosen = follow_up.causes[0] if cause is None else cause
    if chosen not in follow_up.causes:
        raise InputError(
            f"no cause {chosen!r} in the follow-up; there are {names(follow_up.causes)}"
        )
    place = flat(units).get_indexer(flat(follow_up.persons))[follow_up.person]
    mine = np.flatnonzero(place >= 0)
    order = mine[np.lexsort((follow_up.start[mine], place[mine]))]
    rows, first = np.unique(place[order], return_index=True)
    lost = len(units) - len(rows)
    if lost and (missing == "refuse" or not len(rows)):
        raise InputError(
            f"{lost:,} of {counted(len(units), 'unit')} have no row in the follow-up: follow them "
            "too, or leave them out by missing='drop'"
        )
    first = np.append(first, len(order)).astype(np.int64)
    ends = follow_up.cause[order][first[1:] - 1]
    event = (ends == follow_up.causes.index(chosen) + 1).astype(np.float64)
    if not event.any():
        raise InputError(f"nobody has the event {chosen!r} during follow-up")
    start, stop = follow_up.start[order], follow_up.stop[order]
    return Lifetimes(rows.astype(np.int64), first, start, stop, event)
