"""Follow-up as a counting process: who is at risk from when to when, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from trajectories.disclosure_control import holds_tables, number_in_words, said
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray
from trajectories.panel.follow_up_frame import read_follow_up
from trajectories.panel.follow_up_register import register_follow_up
from trajectories.panel.follow_up_views import (
    chosen_rows,
    first_events_rows,
    follow_up_frame,
    gap_rows,
    split_rows,
)
from trajectories.panel.register import Register


@holds_tables(left_out={"persons": "persons", "part_counts": {"rows": None}, "keys": ("check",)})
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FollowUp:
    """Hold rows (start, stop] of persons at risk, and the cause of the event at ``stop``, if any.

    A person is at risk at time u in a row with start < u <= stop. Rows of a person do not overlap;
    between them (in detention, say) the person is not at risk. Cutting a row in two changes
    nothing that is estimated. Made with ``from_frame`` or ``from_register``.

    Attributes
    ----------
    person : ndarray of int, shape (R,)
        Position of the row's person in ``persons``. Rows are in order of person and start.
    persons : Index, shape (N,)
    start, stop : ndarray of float, shape (R,)
        In ``time_unit``.
    cause : ndarray of int, shape (R,)
        0: no event at ``stop``; k: the k-th of ``causes``.
    causes : tuple of str
        The event of interest first, then those that compete with it.
    stratum : ndarray of int, shape (R,), or None
        Position in ``strata``.
    strata : tuple
    weight : ndarray, shape (R,), or None
    covariates : DataFrame, R rows
    potential : ndarray, shape (N,), or None
        Time at which a person's follow-up would have ended had nothing happened (the reference
        date): known of everybody, whatever happened. Needed to say who was observed how long.
    time_unit : str
    repeated : bool
        Whether somebody is followed on after an event.
    definition : dict
        What index, event and clock mean here, in words.
    left_out : DataFrame
        ``check, rows, persons``: what the source held that is not in the rows, and why.
    """

    person: IntArray
    persons: pd.Index[Any]
    start: FloatArray
    stop: FloatArray
    cause: IntArray
    causes: tuple[str, ...]
    stratum: IntArray | None = None
    strata: tuple[Any, ...] = ()
    weight: FloatArray | None = None
    covariates: pd.DataFrame = field(default_factory=pd.DataFrame)
    potential: FloatArray | None = None
    time_unit: str = "years"
    repeated: bool = False
    definition: Mapping[str, str] = field(default_factory=dict)
    left_out: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["check", "rows", "persons"])
    )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        stop: str = "stop",
        event: str = "event",
        start: str | None = None,
        person: str | None = None,
        causes: Sequence[str] | None = None,
        censored: Any = "censored",
        stratum: str | None = None,
        weight: str | None = None,
        covariates: Sequence[str] = (),
        potential: str | None = None,
        time_unit: str = "years",
        event_time: str | None = None,
    ) -> FollowUp:
        """Read a table with a row a person, or several rows (start, stop] a person.

        Parameters
        ----------
        frame : DataFrame
        stop, event : str
            Columns: end of the row, and what happened then. The event is True or False, a whole
            number (0: nothing, k: cause k), or text: one of ``causes``, or ``censored``.
        start, person : str, optional
            Columns: begin of the row (0 unless given) and person (a row a person unless given).
        causes : sequence of str, optional
            Names of the causes, the event of interest first; needed where the event is text.
        censored : Any
            The text that stands for no event.
        stratum, weight, potential : str, optional
            Columns; ``potential`` is one value a person: see the attribute.
        covariates : sequence of str
        time_unit : str
            For tables and figures only.
        event_time : str, optional
            Column: when the event happened, where follow-up goes on after it until ``stop``.

        Times that differ by the rounding of arithmetic only (1e-12 of the largest) are made equal.

        Raises
        ------
        InputError
            If there are no rows, a column is absent or has missing values, times are no numbers,
            negative or infinite, a row ends where or before it starts, an event lies outside its
            row, rows of a person overlap or are given twice, a weight is not above 0, or a person
            has two values of ``potential`` or more follow-up than it.
        """
        columns = {"stop": stop, "event": event, "start": start, "person": person}
        columns |= {"stratum": stratum, "weight": weight, "event_time": event_time}
        return cls(
            **read_follow_up(frame, columns, causes, censored, covariates, potential, time_unit)
        )

    @classmethod
    def from_register(
        cls,
        register: Register,
        index: str | Sequence[str] | Callable[[pd.DataFrame], Any] | pd.Series[Any] = "trafficking",
        event: str | Sequence[str] | Callable[[pd.DataFrame], Any] = "any",
        until: Any = None,
        clock: str = "registration",
        detention: str = "kept",
        time: str = "calendar",
        repeated: bool = False,
        event_date: str = "offence_date",
        persons: Any = None,
        covariates: Sequence[str] | None = None,
        stratum: str | None = None,
        classification: Any = None,
        specific: str | Sequence[str] = "trafficking",
        time_unit: str = "years",
    ) -> FollowUp:
        """Follow persons of a register from their index case.

        Parameters
        ----------
        register : Register
        index : str, list of str, callable or Series of dates
            The first offence of this type or group, or of one of several (``"any"``: of any), is
            the index offence; a function of the classified offences that says which count; or the
            index date of each person, by person id.
        event : str, list of str or callable
            Which new offences count: ``"any"`` (or ``"general"``), ``"serious"``,
            ``"very_serious"``, ``"special"`` (the type of the index offence), ``"specific"``
            (one in ``specific``), types or groups of the classification, or a function of the
            classified offences (table ``offences`` with the columns of ``classify``) that returns
            a mask. New is what is dated after the day on which the clock starts, and not part of
            the index case. A case of several offences is one event, on the first of their days at
            risk. Acquittals, and cases dismissed for lack of evidence, must not be in
            the table, or be passed over by the function.
        until : date, optional
            Last day of follow-up, by default the register's reference date.
        clock : {"registration", "release", "offence"}
            Where time 0 lies: the registration of the index case (index detention included), the
            end of the detention that the person was in then, or began the next day, or the index
            offence. Without a column ``registration_date``, registration is the offence.
        detention : {"kept", "removed"}
            Kept: a person in detention counts as at risk, though little can happen. Removed: not.
        time : {"calendar", "free"}
            With ``"free"`` the clock stands still in detention.
        repeated : bool
            Follow on after an event, to count all of them; otherwise to the first.
        event_date : {"offence_date", "registration_date"}
            When a new case happened.
        persons : str, sequence or mask, optional
            Who is followed; by default the population that the register says is studied.
        covariates : sequence of str, optional
            Columns of ``persons``, and ``age_at_start`` (years), ``prior_cases`` (cases of
            offences before the index offence) and ``start_year``. Unless given: all of these but
            the last, dates and the population left out.
        stratum : str, optional
            Column of ``persons``.
        classification : OffenceClassification, optional
            By default that of the register. What is serious, and groups, need one.
        specific : str or sequence of str
            Types or groups of the event ``"specific"``.
        time_unit : {"years", "days"}
            Years of 365.25 days.

        Returns
        -------
        FollowUp
            Causes ``reoffence``, ``death`` and ``emigration``; the last day censors. An event on
            a day happens at the end of that day.

        Raises
        ------
        InputError
            For unknown choices, absent columns, ``detention="kept"`` with free time, types that
            the classification lacks, and where nobody is left to follow.
        """
        return cls(
            **register_follow_up(
                register,
                index=index,
                event=event,
                until=until,
                clock=clock,
                detention=detention,
                time=time,
                repeated=repeated,
                event_date=event_date,
                persons=persons,
                covariates=None if covariates is None else tuple(covariates),
                stratum=stratum,
                classification=classification,
                specific=specific,
                time_unit=time_unit,
            )
        )

    @property
    def n_persons(self) -> int:
        """Number of persons."""
        return len(self.persons)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.stop)

    def events(self) -> pd.Series[int]:
        """Return the number of events by cause (rows, unweighted)."""
        counts = [int((self.cause == k + 1).sum()) for k in range(len(self.causes))]
        return pd.Series(counts, index=pd.Index(self.causes, name="cause"), name="events")

    def time_at_risk(self) -> float:
        """Return the total time at risk (unweighted), in ``time_unit``."""
        return float((self.stop - self.start).sum())

    def frame(self) -> pd.DataFrame:
        """Return the rows as a table: person, start, stop, event, stratum, weight, covariates."""
        return follow_up_frame(self)

    def split(self, times: Any) -> FollowUp:
        """Return the same follow-up with every row cut at the given times; nothing else changes."""
        return split_rows(self, times)

    def first_events(self) -> FollowUp:
        """Return each person's follow-up up to the first event of any cause."""
        return first_events_rows(self)

    def gap_times(self) -> FollowUp:
        """Return follow-up with the clock set to 0 after every event, stratified by event number.

        For gap-time models of repeated events (Prentice, Williams and Peterson 1981). The stratum
        is the number of events so far, plus 1.
        """
        return gap_rows(self, restart=True)

    def by_event_number(self) -> FollowUp:
        """Return follow-up stratified by event number (1: until the first event), clock kept."""
        return gap_rows(self, restart=False)

    def subset(self, persons: BoolArray) -> FollowUp:
        """Return the follow-up of the persons in a mask over ``persons``, shape (N,)."""
        return chosen_rows(self, persons)

    def __repr__(self) -> str:
        """Describe the size; never show a row."""
        found = ", ".join(number_in_words(n, str(cause)) for cause, n in self.events().items())
        return (
            f"<FollowUp: {said(self.n_persons, 'person')} in {said(self.n_rows, 'row')}, "
            f"{self.time_at_risk():,.1f} {self.time_unit} at risk; {found}>"
        )
