"""Follow-up in parts: what travels are counts at distinct times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.influence import CountCurve, count_curve, count_influence
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray
from trajectories.panel import FollowUp
from trajectories.recidivism import cumulative_incidence, kaplan_meier
from trajectories.recidivism.follow_up_input import (
    asked_times,
    cause_number,
    samples,
    within_follow_up,
)
from trajectories.recidivism.mean_cumulative_count import (
    count_frame,
    need_repeated,
    terminal_causes,
)
from trajectories.scale.cluster import later, need_client
from trajectories.scale.panel_part import Nobody

LEVEL = "level"
KEY = ["start", "stop", "cause", "stratum", LEVEL]


@dataclass(frozen=True, eq=False, repr=False)
class DaskFollowUp:
    """Hold follow-up in parts; all rows of a person are in one part.

    Attributes
    ----------
    parts : tuple
    read : callable or None
        Makes a FollowUp of a source, on a worker; None: sources are (delayed) FollowUps.
    client : distributed.Client or None
    """

    parts: tuple[Any, ...]
    read: Callable[[Any], FollowUp | Nobody] | None = None
    client: Any = None

    def __repr__(self) -> str:
        """Say in how many parts it is; counting rows would read them."""
        return f"<DaskFollowUp: {len(self.parts):,} parts>"

    def merged(self, by: str | None = None) -> FollowUp:
        """Return a follow-up in which equal rows are one, weighted by their number.

        For what looks at rows and not at persons: Kaplan-Meier, Nelson-Aalen, cumulative incidence,
        numbers at risk. What comes together is a count for each distinct start, stop, cause,
        stratum and level of ``by``.

        Raises
        ------
        InputError
            If the parts are of different kinds of follow-up.
        """
        found = self._each(partial(_counts, by=by))
        kinds = {kind for _, kind in found}
        if len(kinds) != 1:
            raise InputError("the parts have different causes or time units: make them alike")
        causes, time_unit, repeated = next(iter(kinds))
        rows = _merged(pd.concat([frame for frame, _ in found], ignore_index=True))
        stratum, strata = None, ()
        if rows["stratum"].notna().any():
            codes, labels = pd.factorize(rows["stratum"], sort=True)
            stratum, strata = codes.astype(np.int64), tuple(labels)
        return FollowUp(
            person=np.arange(len(rows)),
            persons=pd.RangeIndex(len(rows)),
            start=rows["start"].to_numpy(float),
            stop=rows["stop"].to_numpy(float),
            cause=rows["cause"].to_numpy(np.int64),
            causes=causes,
            stratum=stratum,
            strata=strata,
            weight=rows["weight"].to_numpy(float),
            covariates=pd.DataFrame() if by is None else rows[[LEVEL]].set_axis([by], axis=1),
            time_unit=time_unit,
            repeated=repeated,
        )

    def kaplan_meier(self, by: str | None = None, **options: Any) -> pd.DataFrame:
        """Return what ``recidivism.kaplan_meier`` returns for all parts together."""
        return kaplan_meier(self.merged(by), by=by, **options)

    def cumulative_incidence(self, by: str | None = None, **options: Any) -> pd.DataFrame:
        """Return what ``recidivism.cumulative_incidence`` returns for all parts together."""
        return cumulative_incidence(self.merged(by), by=by, **options)

    @disclosed()
    def mean_cumulative_count(
        self,
        times: Any,
        cause: str | None = None,
        terminal: Sequence[str] | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Return what ``recidivism.mean_cumulative_count`` returns at some times, strata together.

        The standard error is about persons: in a second pass every part adds up the squares of
        the influence of its own, at the curve of all.

        Parameters
        ----------
        times : sequence of float
        cause, terminal, level
            As there.

        Raises
        ------
        InputError
            If nobody is followed on after an event, or nobody so long as a time asked for, or
            somebody is at risk after a terminal event.
        """
        whole, z = self.merged(), normal_quantile(level)
        at = asked_times(times)
        if at is None or not len(at):
            raise InputError("mean_cumulative_count: give at least one time")
        number = cause_number(whole, cause)
        need_repeated(whole, number)
        (sample,) = samples(replace(whole, stratum=None, strata=()), None)
        within_follow_up(at, sample)
        # in the merged rows no person has two: whether terminal events are last, the parts say
        ends = terminal_causes(whole, number, terminal)
        counted, ended = whole.cause == number, np.isin(whole.cause, ends)
        curve = count_curve(whole.start, whole.stop, counted, ended, whole.weight)
        squares = np.zeros(len(at))
        asked = partial(_squares, number=number, terminal=terminal, curve=curve, at=at)
        for part in self._each(asked):
            squares += part
        return count_frame(sample, curve, at, np.sqrt(squares), z)

    def _each(self, function: Callable[[FollowUp], Any]) -> list[Any]:
        task = later(partial(_read, function, self.read))
        client = need_client(self.client)
        found = client.gather(client.compute([task(part) for part in self.parts]))
        held = [one for one in found if not isinstance(one, Nobody)]
        if not held:
            raise InputError(f"none of {len(self.parts)} parts holds a row of follow-up")
        return held


def _read(
    function: Callable[[FollowUp], Any],
    read: Callable[[Any], FollowUp | Nobody] | None,
    source: Any,
) -> Any:
    follow_up = source if read is None else read(source)
    if isinstance(follow_up, Nobody):
        return follow_up
    if not isinstance(follow_up, FollowUp):
        raise InputError(f"every part must be a FollowUp, not a {type(follow_up).__name__}")
    return function(follow_up)


def _counts(
    follow_up: FollowUp, by: str | None
) -> tuple[pd.DataFrame, tuple[tuple[str, ...], str, bool]]:
    """Return the number of equal rows of a part, and what kind of follow-up it is."""
    frame = pd.DataFrame(
        {"start": follow_up.start, "stop": follow_up.stop, "cause": follow_up.cause}
    )
    frame["stratum"] = None
    if follow_up.stratum is not None:
        frame["stratum"] = np.array(follow_up.strata, dtype=object)[follow_up.stratum]
    frame[LEVEL] = None
    if by is not None:
        if by not in follow_up.covariates.columns:
            raise InputError(f"by={by!r} is no covariate of this follow-up")
        frame[LEVEL] = follow_up.covariates[by].array
    frame["weight"] = 1.0 if follow_up.weight is None else follow_up.weight
    return _merged(frame), (follow_up.causes, follow_up.time_unit, follow_up.repeated)


def _merged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of rows with equal ones as one, their weights added."""
    grouped = frame.groupby(KEY, sort=True, dropna=False, observed=True)
    return grouped["weight"].sum().reset_index()


def _squares(
    follow_up: FollowUp,
    number: int,
    terminal: Sequence[str] | None,
    curve: CountCurve,
    at: FloatArray,
) -> FloatArray:
    """Return the sum of squared influences of a part's persons, shape (T,)."""
    ends = terminal_causes(follow_up, number, terminal)
    influence = count_influence(
        curve,
        follow_up.start,
        follow_up.stop,
        follow_up.cause == number,
        np.isin(follow_up.cause, ends),
        follow_up.person,
        follow_up.n_persons,
        at,
    )
    copies = np.ones(follow_up.n_persons)
    if follow_up.weight is not None:
        copies[follow_up.person] = follow_up.weight
    return np.asarray(copies @ influence**2)
