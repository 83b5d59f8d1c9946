"""The switch of disclosure control, and the record for whoever checks the output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import pandas as pd

from trajectories.errors import InputError

DEFAULT_MINIMUM = 10
SIDE_COLUMNS = ("table", "row", "cell", "column", "count", "shown", "why")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the switch stands at: a minimum or base of 0 or 1 changes nothing."""

    minimum_cell: int = 0
    rounding: int = 0
    record: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def is_on(self) -> bool:
        """Whether tables change at all."""
        return self.minimum_cell > 1 or self.rounding > 1


_OFF = Setting()
_inner: ContextVar[Setting | None] = ContextVar("trajectories_disclosure", default=None)
_depth: ContextVar[int] = ContextVar("trajectories_disclosure_depth", default=0)


class DisclosureControl:
    """Keep small numbers of persons out of every table and figure of the library.

    Off by default. ``with tr.disclosure(minimum_cell=10, rounding=5): …`` turns it on for a block,
    ``tr.disclosure.set(minimum_cell=10)`` for a whole script, ``tr.disclosure.off()`` off again.
    While it is on, a row of a table that counts 1 to ``minimum_cell`` − 1 persons, or all but so
    few, loses its numbers and is marked in a column ``suppressed``; so does every further row from
    which those numbers could be worked out. Figures leave such rows out.

    Tables of persons (``posterior``, ``assignments``, scores) are no output and do not change.
    """

    def __init__(self) -> None:
        self._everywhere = _OFF
        self._last = _OFF

    @contextmanager
    def __call__(
        self, minimum_cell: int = DEFAULT_MINIMUM, rounding: int = 0
    ) -> Iterator[DisclosureControl]:
        """Turn disclosure control on within a block.

        Parameters
        ----------
        minimum_cell : int
            The smallest number of persons that may be shown; 0 or 1 suppresses nothing.
        rounding : int
            Counts are shown as multiples of this, shares as shares of rounded counts, all other
            numbers to three significant digits; 0 or 1 rounds nothing.

        Raises
        ------
        InputError
            For numbers below 0 or not whole.
        """
        setting = _checked(minimum_cell, rounding)
        token = _inner.set(setting)
        self._last = setting
        try:
            yield self
        finally:
            _inner.reset(token)

    def set(self, minimum_cell: int = DEFAULT_MINIMUM, rounding: int = 0) -> None:
        """Turn disclosure control on until ``off()``; arguments as in a ``with`` block."""
        self._everywhere = self._last = _checked(minimum_cell, rounding)

    def off(self) -> None:
        """Turn off what ``set`` turned on; its record for the output checker stays."""
        self._everywhere = _OFF

    @property
    def setting(self) -> Setting:
        """The setting in force here."""
        return _inner.get() or self._everywhere

    @property
    def is_on(self) -> bool:
        """Whether tables are changed here."""
        return self.setting.is_on

    @property
    def minimum_cell(self) -> int:
        """Smallest number of persons that may be shown here; 0 where nothing is suppressed."""
        return self.setting.minimum_cell if self.setting.minimum_cell > 1 else 0

    @property
    def rounding(self) -> int:
        """Base that counts are rounded to here; 0 where nothing is rounded."""
        return self.setting.rounding if self.setting.rounding > 1 else 0

    def side_table(self) -> pd.DataFrame:
        """Return the unrounded, unsuppressed counts behind what was shown, for the output checker.

        Never an output itself: it holds what was suppressed.

        Returns
        -------
        DataFrame
            table, row (number, from 0), cell (what the row is about), column, count (as it is),
            shown (as it was given out; missing: suppressed), why ("", "below the minimum",
            "complement below the minimum", "could be worked out", "rounded"). Of the setting in
            force; after a block has ended, of that block.
        """
        setting = self.setting if self.is_on else self._last
        return pd.DataFrame(list(setting.record), columns=list(SIDE_COLUMNS))

    def clear(self) -> None:
        """Forget the record for the output checker."""
        self.setting.record.clear()
        self._last.record.clear()

    def __repr__(self) -> str:
        """Say what the switch stands at; never show the record."""
        if not self.is_on:
            return "<disclosure control: off>"
        return f"<disclosure control: minimum {self.minimum_cell}, rounding {self.rounding}>"


def _checked(minimum_cell: Any, rounding: Any) -> Setting:
    for name, value in (("minimum_cell", minimum_cell), ("rounding", rounding)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 0:
            raise InputError(
                f"disclosure: {name} is {value!r}; give a whole number, 0 (off) or more"
            )
    return Setting(int(minimum_cell), int(rounding))


@contextmanager
def deeper() -> Iterator[bool]:
    """Enter a function whose tables are declared; tell whether it is the outermost one."""
    depth = _depth.get()
    token = _depth.set(depth + 1)
    try:
        yield depth == 0
    finally:
        _depth.reset(token)


@contextmanager
def stricter(setting: Setting | None) -> Iterator[None]:
    """Hold the switch at a setting where that asks for more than the one in force."""
    if setting is None or setting.minimum_cell <= disclosure.setting.minimum_cell:
        yield
        return
    with under(setting):
        yield


@contextmanager
def under(setting: Setting) -> Iterator[None]:
    """Hold the switch at a setting; its record goes on."""
    token = _inner.set(setting)
    try:
        yield
    finally:
        _inner.reset(token)


def is_outermost() -> bool:
    """Tell whether no function that declares its tables is running."""
    return _depth.get() == 0


disclosure = DisclosureControl()
"""The one switch; ``tr.disclosure``."""
