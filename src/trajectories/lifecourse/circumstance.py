"""What is asked of the spells of a register: which types, when in force, how measured."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from trajectories.errors import InputError, TrajectoriesWarning
from trajectories.panel import Register
from trajectories.panel.arrays import names
from trajectories.panel.detention import DETENTION
from trajectories.suggestions import did_you_mean

InForce = Literal["most_of_year", "any_day", "first_day"]
Measure = Literal["in_force", "number", "amount"]
Record = Literal["before", "ever"]


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Say how a column of the person-years is made of spells.

    Attributes
    ----------
    spell_types : str or tuple of str
        Types of spells; overlapping ones are no more than one.
    in_force : {"most_of_year", "any_day", "first_day"}, optional
        When a year counts: more than half of its days at risk, any of them, or its first day (1
        January, or the birthday that begins a year of age). None: as ``person_years`` says.
    measure : {"in_force", "number", "amount"}
        0 or 1; how many spells are in force (children, say); or ``column`` of the spells, summed
        over those in force, averaged over the days at risk (an income a year, say). An amount
        takes all days at risk together; ``in_force`` is not asked.
    column : str, optional
        For an amount.
    record : {"before", "ever"}, optional
        Only spells with somebody who has a registered offence, from the day after the first one on
        ("before"), or from the beginning whenever that offence comes ("ever", which looks into
        the future). The other person's id stands in column ``other`` of the spells.
    """

    spell_types: str | tuple[str, ...]
    in_force: InForce | None = None
    measure: Measure = "in_force"
    column: str | None = None
    record: Record | None = None

    def __post_init__(self) -> None:
        if not (self.types and all(isinstance(kind, str) for kind in self.types)):
            raise InputError("circumstances: a spell type is text: give one, or a tuple of them")
        _one_of("in_force", self.in_force, InForce, optional=True)
        _one_of("measure", self.measure, Measure)
        _one_of("record", self.record, Record, optional=True)
        if (self.measure == "amount") != (self.column is not None):
            raise InputError('a Circumstance has column= if and only if measure="amount"')

    @property
    def types(self) -> tuple[str, ...]:
        """The types of spells as a tuple."""
        given = self.spell_types
        return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _one_of(name: str, value: object, kinds: Any, optional: bool = False) -> None:
    if not (value in get_args(kinds) or (optional and value is None)):
        known = get_args(kinds)
        found = repr(value) if isinstance(value, str) else type(value).__name__
        raise InputError(
            f"{name}= must be one of {names(known)}, not {found}{did_you_mean(value, known)}"
        )


check_in_force = _one_of

USUAL: Mapping[str, Circumstance] = {
    "job": Circumstance("job"),
    "partner": Circumstance("partner"),
    "partner_with_record": Circumstance("partner", record="before"),
    "biological_children": Circumstance("biological_child"),
    "non_biological_children": Circumstance("non_biological_child_at_home"),
    "number_of_biological_children": Circumstance("biological_child", measure="number"),
    "in_education": Circumstance("education"),
    "lives_with_parents": Circumstance("parental_home"),
    "welfare_or_no_income": Circumstance("welfare_or_no_income"),
}
"""Columns that are made where the register has spells of the type and nothing else is asked."""


def chosen(register: Register, asked: Any) -> dict[str, Circumstance]:
    """Return name → Circumstance: those asked for, or the usual ones that the register has.

    Raises
    ------
    InputError
        If a type asked for does not occur among the spells, or a column they need is absent.

    Warns
    -----
    TrajectoriesWarning
        If nothing is asked for and the register has spells under names that no usual column knows.
    """
    known = set(register.spells["spell_type"].dropna().unique())
    columns = set(register.spells.columns)
    if asked is None:
        _tell_unused(known)
        return {
            name: item
            for name, item in USUAL.items()
            if known.issuperset(item.types) and (item.record is None or "other" in columns)
        }
    if not isinstance(asked, Mapping):
        asked = {name: USUAL.get(name, Circumstance(name)) for name in _listed(asked)}
    found = {
        str(name): item if isinstance(item, Circumstance) else Circumstance(item)
        for name, item in asked.items()
    }
    for name, item in found.items():
        absent = [kind for kind in item.types if kind not in known]
        if absent:
            raise InputError(
                f"circumstances: no spell of type {names(absent)} for column {name!r}; the "
                f"register has {names(sorted(known))}"
            )
        needed = {"other": item.record is not None, item.column: item.measure == "amount"}
        lacking = [column for column, need in needed.items() if need and column not in columns]
        if lacking:
            raise InputError(f"register: spells without column {names(lacking)} for {name!r}")
    return found


def _tell_unused(known: set[Any]) -> None:
    """Warn of types of spells that no usual column is made of; detention is time at risk."""
    used = {kind for item in USUAL.values() for kind in item.types}
    unused = sorted(str(kind) for kind in known - used - {DETENTION})
    if unused:
        known_here = ", ".join(map(repr, sorted(used)))
        warnings.warn(
            f"no column is made of spells of type {names(unused)}: ask for one with "
            "circumstances=, which takes names of types, or rename them to those known here "
            f"({known_here}) with Register.read(spell_types={{{unused[0]!r}: ...}})",
            TrajectoriesWarning,
            stacklevel=4,
        )


def _listed(asked: Any) -> list[str]:
    items = [asked] if isinstance(asked, str) else list(asked)
    if not all(isinstance(item, str) for item in items):
        raise InputError(
            "circumstances= must be names, or a dict of name to spell type or Circumstance"
        )
    return items
