"""A register in parts, each with all that is known of its persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import FollowUp, Panel, Register
from trajectories.panel.detention import DETENTION
from trajectories.panel.register_files import by_table
from trajectories.scale.cluster import later
from trajectories.scale.dask_follow_up import DaskFollowUp
from trajectories.scale.dask_panel import DaskPanel
from trajectories.scale.panel_part import Nobody
from trajectories.scale.sources import joined, split_by_unit

TABLES = ("persons", "offences", "spells", "relations")
WHOLE = (("persons", "population"), ("spells", "spell_type"))
"""Columns of which a register is asked whether a value stands in them at all."""


@dataclass(frozen=True, eq=False, repr=False)
class DaskRegister:
    """Hold a register in parts; all rows of a person are in one part.

    Attributes
    ----------
    parts : tuple
        What each part is made of: a Dask ``Delayed``, a folder, or anything that ``read`` takes.
    read : callable or None
        Makes a Register of a source, on a worker; None: sources are (delayed) Registers.
    client : distributed.Client or None
        None: the client in force when it is first used.
    """

    parts: tuple[Any, ...]
    read: Callable[[Any], Register] | None = None
    client: Any = None

    @classmethod
    def from_frames(
        cls,
        *,
        persons: Any,
        offences: Any,
        spells: Any,
        relations: Any,
        reference_date: Any,
        n_parts: int | None = None,
        client: Any = None,
        **options: Any,
    ) -> DaskRegister:
        """Sort Dask frames into parts by person, and read each part as ``Register.read`` does.

        Rows are sent between workers once, when the register is first used.

        Parameters
        ----------
        persons, offences, spells, relations : dask.dataframe.DataFrame
            Each with a column ``person``.
        reference_date : date
        n_parts : int, optional
            As many as ``persons`` has partitions unless given.
        client : distributed.Client, optional
        **options
            Of ``Register.read``: ``strict``, ``study``, …
        """
        given = dict(zip(TABLES, (persons, offences, spells, relations), strict=True))
        for name, frame in given.items():
            if "person" not in getattr(frame, "columns", ()) or not hasattr(frame, "to_delayed"):
                raise InputError(f"{name} must be a Dask DataFrame with a column 'person'")
        number = int(persons.npartitions) if n_parts is None else int(n_parts)
        delayed = {name: frame.to_delayed() for name, frame in given.items()}
        split, join, look = later(split_by_unit, number), later(joined), later(_values)
        named = by_table(options.get("columns"))
        present = {
            column: [look(piece, column, named[name]) for piece in delayed[name]]
            for name, column in WHOLE
        }
        pieces: dict[str, list[Any]] = {}
        for name in TABLES:
            shares = [list(split(piece, "person", number)) for piece in delayed[name]]
            pieces[name] = [join([share[place] for share in shares]) for place in range(number)]
        make = later(partial(_register_of, reference_date, options))
        parts = (
            make(present, *(pieces[name][place] for name in TABLES)) for place in range(number)
        )
        return cls(tuple(parts), None, client)

    @classmethod
    def from_parts(
        cls, parts: Sequence[Any], read: Callable[[Any], Register], client: Any = None
    ) -> DaskRegister:
        """Make a register of anything that a function turns into Registers, on the workers."""
        if not callable(read):
            raise InputError("read must be a function that makes a Register of a part")
        return cls(tuple(parts), read, client)

    def panel(
        self,
        ages: Any = range(12, 41),
        event: Any = "any",
        until: Any = None,
        persons: Any = None,
        **options: Any,
    ) -> DaskPanel:
        """Count offences by age with the years free, part by part, as ``Panel.from_register``.

        Parameters
        ----------
        ages, event, until, persons
            As there.
        **options
            ``keep``, ``sample_size``: see ``DaskPanel``.
        """
        counted = {"ages": ages, "event": event, "until": until, "persons": persons}
        read = partial(_panel_of, read=self.read, counted=counted)
        options.setdefault("client", self.client)
        return DaskPanel(self.parts, np.asarray(list(ages), dtype=float), read, **options)

    def follow_up(self, **options: Any) -> DaskFollowUp:
        """Follow persons from their index case, part by part, as ``FollowUp.from_register``."""
        read = partial(_follow_up_of, read=self.read, options=options)
        return DaskFollowUp(self.parts, read, self.client)

    def __repr__(self) -> str:
        """Describe the size; never show a row."""
        return f"<DaskRegister: {len(self.parts)} parts>"


def _values(table: pd.DataFrame, column: str, named: Mapping[str, str]) -> set[Any]:
    """Return what stands in a column, whatever it is called; nothing where there is none."""
    table = table.rename(columns=dict(named))
    return set(table[column].dropna()) if column in table else set()


def _register_of(
    reference_date: Any,
    options: Mapping[str, Any],
    present: Mapping[str, Sequence[set[Any]]],
    *tables: pd.DataFrame,
) -> Register | Nobody:
    """Read a part; what the register has and this part lacks is not held against the part."""
    if not any(len(table) for table in tables):
        return Nobody()
    given: dict[str, Any] = dict(zip(TABLES, tables, strict=True))
    told, named = dict(options), by_table(options.get("columns"))
    here = {column: _values(given[name], column, named[name]) for name, column in WHOLE}
    everywhere = {column: set[Any]().union(*values) for column, values in present.items()}
    study = told.get("study")
    elsewhere = study in everywhere["population"] - here["population"]
    if elsewhere:
        told["study"] = None
    kinds = told.get("spell_types")
    if kinds is not None:
        lacking = everywhere["spell_type"] - here["spell_type"]
        told["spell_types"] = {kind: kinds[kind] for kind in kinds if kind not in lacking}
    elif DETENTION in everywhere["spell_type"] - here["spell_type"]:
        told["spell_types"] = {}
    register = Register.read(**given, reference_date=reference_date, **told)
    return replace(register, study=study) if elsewhere else register


def _register(
    source: Any, read: Callable[[Any], Register] | None, make: Callable[[Register], Any]
) -> Any:
    """Return what is made of the register of a part; Nobody of a part without any row."""
    register = source if read is None else read(source)
    if isinstance(register, Nobody):
        return register
    if not isinstance(register, Register):
        found = type(register).__name__
        raise InputError(f"every part must be a Register, and one is a {found}: return a Register")
    return make(register)


def _panel_of(
    source: Any, read: Callable[[Any], Register] | None, counted: Mapping[str, Any]
) -> Panel | Nobody:
    made: Panel | Nobody = _register(source, read, partial(Panel.from_register, **counted))
    return made


def _follow_up_of(
    source: Any, read: Callable[[Any], Register] | None, options: Mapping[str, Any]
) -> FollowUp | Nobody:
    made: FollowUp | Nobody = _register(source, read, partial(FollowUp.from_register, **options))
    return made
