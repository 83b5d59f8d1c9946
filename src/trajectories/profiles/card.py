"""Whom a model describes, who made it, for what, and until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from numbers import Integral
from typing import Any

from trajectories.errors import InputError

FEWEST_WORDS = 3
CHECKSUM = re.compile(r"(?:[0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a reader must know before a model is used on anybody.

    Attributes
    ----------
    population : str
        Who was fitted, in words: "suspects of domestic sex trafficking, Netherlands".
    country : str
    years : tuple of two ints
        First and last calendar year of the data.
    inclusion : str
        The rule by which persons came in.
    n_by_subgroup : mapping of str to int
        Numbers of persons, of subgroups that matter to fairness ("women": 63). Numbers below ten
        are refused: leave such a group out and say so in ``limits``.
    fitted_by : str
        The person or unit that answers for the model.
    intended_use : str
    limits : str
        What it must not be used for, and where it is known to be weak.
    valid_until : str or date
        Last day of use, YYYY-MM-DD; norms go out of date.
    recalibrated_from : str
        Checksum of the model whose shares ``recalibrate`` estimated anew; it fills this in. Empty
        for a model as fitted.

    Raises
    ------
    InputError
        If anything else is missing or empty: what it says of people has no default.
    """

    population: str
    country: str
    years: tuple[int, int]
    inclusion: str
    n_by_subgroup: Mapping[str, int]
    fitted_by: str
    intended_use: str
    limits: str
    valid_until: str
    recalibrated_from: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "str" and field.name not in ("valid_until", "recalibrated_from"):
                _require_text(field.name, value)
        for name in ("population", "inclusion", "intended_use", "limits"):
            if len(getattr(self, name).split()) < FEWEST_WORDS:
                raise InputError(
                    f"card: {name} is too short to tell anybody anything; write a sentence"
                )
        object.__setattr__(self, "years", _years(self.years))
        object.__setattr__(self, "n_by_subgroup", _numbers(self.n_by_subgroup))
        object.__setattr__(self, "valid_until", _day(self.valid_until).isoformat())
        if not CHECKSUM.fullmatch(str(self.recalibrated_from)):
            raise InputError("card: recalibrated_from is filled in by recalibrate; leave it out")

    @property
    def last_day(self) -> date:
        """Last day of use."""
        return date.fromisoformat(self.valid_until)

    def document(self) -> dict[str, Any]:
        """Return the card as JSON knows it."""
        return {**asdict(self), "years": list(self.years), "n_by_subgroup": {**self.n_by_subgroup}}

    @classmethod
    def from_document(cls, content: Mapping[str, Any]) -> ModelCard:
        """Undo :meth:`document`."""
        values = dict(content)
        values["years"] = tuple(values["years"])
        return cls(**values)


def _require_text(name: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"card: {name} is missing; say it in words")


def _years(value: Any) -> tuple[int, int]:
    try:
        first, last = (_whole(year) for year in value)
    except (TypeError, ValueError):
        raise InputError("card: years must be the first and the last calendar year") from None
    if not 1800 <= first <= last <= 2200:
        raise InputError(f"card: years {first} to {last} are no calendar years in order")
    return first, last


def _whole(value: Any) -> int:
    """Return a whole number or its text; raise a ValueError for a fraction, which int() cuts."""
    if int(value) != float(value):
        raise ValueError
    return int(value)


def _numbers(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping) or not value:
        raise InputError(
            "card: n_by_subgroup must give the number of persons of at least one subgroup, such as "
            '{"men": 500, "women": 130}'
        )
    found = {}
    for name, number in value.items():
        whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not isinstance(name, str) or not whole:
            raise InputError("card: n_by_subgroup must map names to whole numbers of persons")
        if number < 10:
            raise InputError(
                f"card: subgroup {name!r} has fewer than 10 persons, too few to publish: leave it "
                "out, and say in limits that the model does not speak of it"
            )
        found[name] = int(number)
    return found


def _day(value: Any) -> date:
    try:
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError("card: valid_until must be the last day of use, YYYY-MM-DD") from None
