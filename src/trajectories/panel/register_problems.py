"""What is wrong with an extract before its rows are looked at, kept to be said with the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from trajectories.panel.register_draft import GIVEN_TWICE, NOT_A_PERSON, ROW_TWICE, Finding

ALL = "*"
"""Stands for every column of a table."""


@dataclass(slots=True, eq=False)
class Problems:
    """Collect problems of files and columns.

    Attributes
    ----------
    clauses : list of str
        What was found, and where.
    advice : list of str
        What to do, each said once.
    unusable : set of (table, column)
        Of which nothing more can be said; a stand-in without contents takes their place.
    """

    clauses: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    unusable: set[tuple[str, str]] = field(default_factory=set)

    def add(self, clause: str, advice: str = "") -> None:
        """Note a problem, and what to do about it."""
        self.clauses.append(clause)
        if advice:
            self.advise(advice)

    def advise(self, advice: str) -> None:
        """Note what more to do."""
        if advice not in self.advice:
            self.advice.append(advice)

    def without(self, table: str, column: str = ALL) -> None:
        """Note that a table, or a column of it, cannot be used."""
        self.unusable.add((table, column))

    def lacks(self, table: str, column: str) -> bool:
        """Tell whether a column cannot be used."""
        return bool(self.unusable & {(table, column), (table, ALL)})

    def follows(self, found: Finding) -> bool:
        """Tell whether a finding only says again that a table or column cannot be used."""
        if self.lacks(found.table, found.column):
            return True
        if found.what == NOT_A_PERSON and self.lacks("persons", "person"):
            return True
        incomplete = any(table == found.table for table, _ in self.unusable)
        whole_row = found.what.startswith(ROW_TWICE) or found.table == "relations"
        return incomplete and whole_row and GIVEN_TWICE in found.what
