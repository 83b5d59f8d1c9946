"""Follow-up of persons of a register from their index case, as rows (start, stop]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, FloatArray, IntArray, counted, names
from trajectories.panel.calendar import ONE_DAY
from trajectories.panel.follow_up_covariates import person_covariates
from trajectories.panel.follow_up_end import last_day
from trajectories.panel.follow_up_events import (
    IndexCases,
    Offences,
    classified_offences,
    event_mask,
    index_cases,
)
from trajectories.panel.follow_up_rows import Rows, cut_at_events
from trajectories.panel.register import Register
from trajectories.panel.select import person_positions
from trajectories.panel.time_at_risk import DAYS_A_YEAR, TimeAtRisk, time_at_risk
from trajectories.suggestions import did_you_mean

CAUSES = ("reoffence", "death", "emigration")
CHOICES = {
    "clock": ("registration", "release", "offence"),
    "detention": ("kept", "removed"),
    "time": ("calendar", "free"),
    "event_date": ("offence_date", "registration_date"),
    "time_unit": ("years", "days"),
}


@dataclass(slots=True)
class LeftOut:
    """Count what of the register is not in the rows."""

    found: list[tuple[str, int, int]] = field(default_factory=list)

    def add(self, check: str, rows: int, persons: int) -> None:
        """Note that something was left out; nothing where there was nothing."""
        self.found.append((check, int(rows), int(persons)))

    def frame(self) -> pd.DataFrame:
        """Return check, rows, persons."""
        return pd.DataFrame(self.found, columns=["check", "rows", "persons"])


def register_follow_up(register: Register, **options: Any) -> dict[str, Any]:
    """Return the fields of a FollowUp; see ``FollowUp.from_register``."""
    _check(register, options)
    left = LeftOut()
    position = person_positions(register, options["persons"])
    offences = classified_offences(register, position, options["classification"])
    cases = index_cases(offences, options["index"], register.persons["person"])
    position = _with_index(position, cases, options["clock"], left)
    free = _at_risk(register, position, cases, options, left)
    event = event_mask(offences, cases, options["event"], options["specific"])
    row, day = _new_events(offences, cases, free, event, options["event_date"], left)
    rows = cut_at_events(free, row, day, options["time"], options["repeated"], left.add)
    if not len(rows.stop):
        raise InputError("follow-up: nobody is at risk after the index case; check index=, until=")
    followed = int((free.begin[free.position] < free.end[free.position]).sum())
    left.add("persons in detention throughout", 0, followed - len(np.unique(rows.row)))
    return _fields(register, free, rows, offences, cases, options, left)


def _check(register: Register, options: dict[str, Any]) -> None:
    if not isinstance(register, Register):
        raise InputError(
            f"a register must be a trajectories.Register, not {type(register).__name__}"
        )
    for name, choices in CHOICES.items():
        if options[name] not in choices:
            found = options[name]
            raise InputError(
                f"{name}= must be one of {names(choices)}, not "
                f"{found!r}{did_you_mean(found, choices)}"
            )
    if options["time"] == "free" and options["detention"] == "kept":
        raise InputError(
            'time="free" stops the clock in detention, and detention="kept" counts it: choose '
            'detention="removed" with it'
        )
    if options["event_date"] not in {"offence_date", *register.offences.columns}:
        raise InputError(
            f"event_date={options['event_date']!r} is no column of the register's offences, which "
            f"have {names(register.offences.columns)}"
            f"{did_you_mean(options['event_date'], register.offences.columns)}"
        )


def _with_index(position: IntArray, cases: IndexCases, clock: str, left: LeftOut) -> IntArray:
    without = np.isnat(cases.offence[position])
    left.add("persons without an index case", 0, without.sum())
    if without.all():
        raise InputError("follow-up: none of the persons chosen has an index case; check index=")
    position = position[~without]
    unregistered = np.isnat(cases.registered[position])
    if clock != "offence":
        _refuse_unregistered(unregistered, "index offence", "clock='offence'", "index=")
    return position


def _refuse_unregistered(bad: BoolArray, what: str, instead: str, by: str) -> None:
    """Refuse offences that a clock or an event dates by a registration that is not known."""
    if bad.any():
        raise InputError(
            f"follow-up: {counted(int(bad.sum()), what)} of {len(bad):,} without "
            f"registration_date: fill it in, choose {instead}, or leave them out with a function: "
            f"{by}lambda offences: offences['registration_date'].notna() & …"
        )


def _at_risk(
    register: Register,
    position: IntArray,
    cases: IndexCases,
    options: dict[str, Any],
    left: LeftOut,
) -> TimeAtRisk:
    """Return time at risk from the start of each person's clock."""
    at = cases.offence if options["clock"] == "offence" else cases.registered
    begin = at[position] + ONE_DAY  # what happens on the day itself is not after it
    if options["clock"] == "release":
        begin, never = _released(register, position, begin, options["until"])
        left.add("persons not released by the end of follow-up", 0, never.sum())
        position, begin = position[~never], begin[~never]
    ids = register.persons["person"].to_numpy()[position]
    start = pd.Series(begin.astype("datetime64[s]"), index=ids)
    result = time_at_risk(register, start.index, start, options["until"], options["detention"])
    followed = result.begin[position] < result.end[position]
    left.add("persons whose follow-up ends before it starts", 0, (~followed).sum())
    return result


def _released(
    register: Register, position: IntArray, begin: DayArray, until: Any
) -> tuple[DayArray, BoolArray]:
    """Return the first day free of the detention that holds the first day, if one does."""
    ids = register.persons["person"].to_numpy()[position]
    start = pd.Series(begin.astype("datetime64[s]"), index=ids)
    followed = time_at_risk(register, start.index, start, until, "removed")
    held = followed.held()
    first = followed.begin[held.row].astype(np.int64)
    at_start = held.start <= first
    free = followed.begin.copy()
    free[held.row[at_start]] = held.stop[at_start].astype("datetime64[D]")
    never = free >= followed.end
    never &= followed.begin < followed.end
    return free[position], never[position]


def _new_events(
    offences: Offences,
    cases: IndexCases,
    free: TimeAtRisk,
    event: BoolArray,
    event_date: str,
    left: LeftOut,
) -> tuple[IntArray, DayArray]:
    """Return person and day of the new cases, each on its first day at risk, in order."""
    day = offences.date if event_date == "offence_date" else offences.registered
    row = offences.row
    unknown = np.isnat(day) & ~np.isnat(cases.offence[row])
    _refuse_unregistered(unknown[event], "event", "event_date='offence_date'", "event=")
    begin, end = free.begin[row], free.end[row]
    after = event & (day >= begin)
    same_case = after & (offences.case >= 0) & (offences.case == cases.case[row])
    left.add("offences of the index case", same_case.sum(), len(np.unique(row[same_case])))
    before = event & (offences.date > cases.offence[row]) & (day < begin)
    left.add(
        "offences after the index offence, before the clock starts",
        before.sum(),
        len(np.unique(row[before])),
    )
    late = after & ~same_case & (day >= end)
    left.add("offences after the end of follow-up", late.sum(), len(np.unique(row[late])))
    use = np.flatnonzero(after & ~same_case & ~late)
    order = use[np.lexsort((day[use], row[use]))]
    at_risk = free.days_between(row[order], day[order], day[order] + ONE_DAY) > 0
    again = _again(row[order], np.where(at_risk, offences.case[order], -1))
    left.add("further offences of a new case", again.sum(), len(np.unique(row[order[again]])))
    order = order[~again]
    return row[order], day[order]


def _again(row: IntArray, case: IntArray) -> BoolArray:
    """Return what belongs to a case seen before; -1 is a case of its own."""
    result = np.zeros(len(row), dtype=bool)
    known = np.flatnonzero(case >= 0)
    key = row[known] * (int(case.max(initial=-1)) + 1) + case[known]
    first = np.unique(key, return_index=True)[1]
    result[known] = True
    result[known[first]] = False
    return result


def _fields(
    register: Register,
    free: TimeAtRisk,
    rows: Rows,
    offences: Offences,
    cases: IndexCases,
    options: dict[str, Any],
    left: LeftOut,
) -> dict[str, Any]:
    ids = register.persons["person"].to_numpy()
    place, person = np.unique(rows.row, return_inverse=True)
    people = register.persons.iloc[place]
    scale = DAYS_A_YEAR if options["time_unit"] == "years" else 1.0
    by_person = person_covariates(
        people, free.begin[place], cases, offences, place, options["covariates"]
    )
    stratum, strata = None, ()
    if options["stratum"] is not None:
        codes, labels = _strata(people, options["stratum"])
        stratum, strata = codes[person], labels
    return {
        "person": person.astype(np.int64),
        "persons": pd.Index(ids[place], name="person"),
        "start": rows.start / scale,
        "stop": rows.stop / scale,
        "cause": rows.cause,
        "causes": CAUSES,
        "stratum": stratum,
        "strata": strata,
        "covariates": by_person.iloc[person].reset_index(drop=True),
        "potential": _potential(register, free, place, options, scale),
        "time_unit": options["time_unit"],
        "repeated": rows.repeated,
        "definition": _definition(options, last_day(register, options["until"])),
        "left_out": left.frame(),
    }


def _strata(people: pd.DataFrame, column: str) -> tuple[IntArray, tuple[Any, ...]]:
    if column not in people.columns:
        raise InputError(f"register: persons without column {column!r} for stratum=")
    codes, labels = pd.factorize(people[column], sort=True)
    if (codes < 0).any():
        raise InputError(f"register: persons column {column!r} has missing values: fill them in")
    return codes.astype(np.int64), tuple(labels)


def _potential(
    register: Register, free: TimeAtRisk, place: IntArray, options: dict[str, Any], scale: float
) -> FloatArray | None:
    """Return the time from start to the last day; not known where the clock stops in detention."""
    if options["time"] == "free":
        return None
    last = np.datetime64(last_day(register, options["until"]).date(), "D") + ONE_DAY
    result: FloatArray = (last - free.begin[place]).astype(np.float64) / scale
    return result


def _definition(options: dict[str, Any], last: pd.Timestamp) -> dict[str, str]:
    def said(value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(map(str, value))
        return str(value) if isinstance(value, str | int | np.integer) else "as given"

    event = said(options["event"])
    if event == "specific":
        event += f" ({said(options['specific'])})"
    return {
        "index": said(options["index"]),
        "event": event,
        "clock": f"from {options['clock']}, {options['time']} time",
        "detention": options["detention"],
        "dated by": options["event_date"],
        "until": str(last.date()),
    }
