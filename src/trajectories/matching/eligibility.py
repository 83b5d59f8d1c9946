"""Who may serve as a control on the index date of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching.as_of import AsOf
from trajectories.panel.arrays import BoolArray, DayArray, IntArray, names

Record = Literal["any", "before", "none_before", "never"]


@dataclass(frozen=True, slots=True)
class Eligible:
    """Say who belongs to a population of controls.

    Attributes
    ----------
    record : {"any", "before", "none_before", "never"}
        Offences asked for: "before", at least one on a day before the case's index date;
        "none_before", none up to and including it; "never", none in the whole register, which
        looks into the future and leaves out who offends later; "any", no matter.
    persons : str, sequence of ids or boolean Series, optional
        Who is looked at: a population of the register, persons, or everybody ("all", the default).
    at_liberty : bool
        Whether a person in detention on the index date is left out.
    """

    record: Record = "any"
    persons: Any = "all"
    at_liberty: bool = False

    def __post_init__(self) -> None:
        if self.record not in get_args(Record):
            raise InputError(
                f"record={self.record!r} is unknown: choose from {names(get_args(Record))}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class AtRisk:
    """Tell who of a register is at risk on a date.

    Attributes
    ----------
    as_of : AsOf
    rule : Eligible
    first_index : ndarray of datetime64[D], one a row of persons
        When each person became a case; NaT for never.
    """

    as_of: AsOf
    rule: Eligible
    first_index: DayArray

    def on(self, rows: IntArray, date: DayArray) -> BoolArray:
        """Tell which persons are alive, resident, no case yet and of the record asked for."""
        time = self.as_of.time
        eligible = (time.begin[rows] <= date) & (date < time.end[rows])
        eligible &= ~(self.first_index[rows] <= date)  # NaT: never a case
        if self.rule.record == "before":
            eligible &= self.as_of.prior_offences(rows, date) > 0
        elif self.rule.record == "none_before":
            eligible &= self.as_of.prior_offences(rows, date + np.timedelta64(1, "D")) == 0
        elif self.rule.record == "never":
            ever = self.as_of.register.reference_date.to_datetime64().astype("datetime64[D]")
            after = np.full(len(rows), ever + np.timedelta64(1, "D"))
            eligible &= self.as_of.prior_offences(rows, after) == 0
        if self.rule.at_liberty:
            eligible &= ~self.as_of.in_spell("detention", rows, date)
        return np.asarray(eligible)

    def violations(self, rows: IntArray, date: DayArray) -> dict[str, int]:
        """Count persons who were not eligible, read from the register's tables row by row."""
        register = self.as_of.register
        persons = register.persons.iloc[rows].reset_index(drop=True)
        at = pd.Series(pd.to_datetime(date))
        gone = (persons["death_date"] < at) | (persons["emigration_date"] < at)
        first = pd.Series(pd.to_datetime(self.first_index[rows]))
        found = {
            "control dead or emigrated on the index date": int(gone.sum()),
            "control born after the index date": int((persons["birth_date"] > at).sum()),
            "control is a case on the index date": int((first <= at).sum()),
        }
        pairs = pd.DataFrame({"person": persons["person"], "at": at, "number": range(len(at))})
        offences = register.offences[["person", "offence_date"]]
        dated = pairs.merge(offences, on="person")
        earlier = dated.loc[dated["offence_date"] < dated["at"], "number"].nunique()
        by_then = dated.loc[dated["offence_date"] <= dated["at"], "number"].nunique()
        wrong = {
            "any": 0,
            "before": len(pairs) - earlier,
            "none_before": by_then,
            "never": dated["number"].nunique(),
        }
        found["control with another record than asked for"] = int(wrong[self.rule.record])
        return found
