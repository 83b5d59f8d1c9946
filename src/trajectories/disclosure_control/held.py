"""Tables that results hold: they pass through the switch whenever they are read.

A table made while the switch was off is protected where it is read under it, and so is everything
made of it: a summary, a repr, a figure. One that was made under it stays protected after the block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pandas as pd

from trajectories.disclosure_control.declare import protect
from trajectories.disclosure_control.switch import disclosure, is_outermost, stricter

Owner = TypeVar("Owner")
MADE_UNDER = "_made_under"
"""Where an object keeps the setting of the switch that it was made under, if it was on."""
Declared = Mapping[str, Any] | Callable[[Any, pd.DataFrame], pd.DataFrame]


def holds_tables(**declared: Declared) -> Callable[[type[Owner]], type[Owner]]:
    """Declare tables in the attributes of a dataclass; for above ``@dataclass``.

    Parameters
    ----------
    declared
        Attribute → what :func:`protect` is told of its table; or a function of the object and the
        table that returns the table as it may be shown, called only under the switch; the other
        tables of the object it reads within ``unprotected``.
    """

    def declare(owner: type[Owner]) -> type[Owner]:
        for name, how in declared.items():
            setattr(owner, name, HeldTable(owner, name, how))
        return owner

    return declare


class HeldTable:
    """A table in an attribute, as it may be shown where it is read; kept as it is."""

    declares_tables = True

    def __init__(self, owner: type, name: str, declared: Declared) -> None:
        self._label = f"{owner.__name__}.{name}"
        self._name = name
        self._declared = declared
        self._slot = vars(owner).get(name)  # of a class with slots

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Return the table; without an object, this declaration."""
        if instance is None:
            return self
        table = self._kept(instance, owner)
        if not isinstance(table, pd.DataFrame) or not is_outermost():
            return table
        with stricter(getattr(instance, MADE_UNDER, None)):
            if not disclosure.is_on:
                return table
            if callable(self._declared):
                return self._declared(instance, table)
            return protect(table, name=self._label, **self._declared)

    def __set__(self, instance: Any, value: Any) -> None:
        """Keep a table; for the dataclass that makes the object."""
        if self._slot is None:
            vars(instance)[self._name] = value
            if disclosure.is_on:
                vars(instance)[MADE_UNDER] = disclosure.setting
        else:
            self._slot.__set__(instance, value)

    def _kept(self, instance: Any, owner: type | None) -> Any:
        if self._slot is not None:
            return self._slot.__get__(instance, owner)
        try:
            return vars(instance)[self._name]
        except KeyError:
            raise AttributeError(self._label) from None
