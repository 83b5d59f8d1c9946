"""What kind of offence an offence type is: its group, how serious it is, what the law allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, IntArray, counted, names, where_rows
from trajectories.panel.dutch_offences import CBS, COLUMNS, SYNTHETIC
from trajectories.panel.offence_labels import label, labels, unknown_types

SERIOUS_YEARS = 4.0
"""Statutory maximum from which an offence is serious, where pre-trial detention is not allowed."""
VERY_SERIOUS_YEARS = 8.0
REQUIRED = ("offence_type", "offence_group", "statutory_maximum", "pretrial_detention")
ADDED = (
    "offence_group",
    "seriousness",
    "statutory_maximum",
    "pretrial_detention",
    "serious",
    "very_serious",
)
"""Columns that ``classify`` adds."""
COMPARED = ("offence_group", "seriousness", "statutory_maximum", "pretrial_detention")
"""What two classifications must say alike of each type to be equal."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OffenceClassification:
    """Hold a table with a row an offence type, to be replaced with one's own.

    An offence is *serious* where its statutory maximum is 4 years or more or pre-trial detention
    is allowed, and *very serious* where the maximum is 8 years or more. A register carries the
    classification that it was read with. Types are compared as text: 310 is "310".

    Two classifications are equal where they hold the same types, each with the same group,
    seriousness, maximum and pre-trial detention; the order of rows and remarks make no difference.

    Attributes
    ----------
    table : DataFrame
        ``offence_type``, ``offence_group`` (violent, property, drugs, traffic, sexual,
        trafficking, other, or groups of one's own), ``seriousness`` (a number to order types by),
        ``statutory_maximum`` (years in prison; life counts as 30), ``pretrial_detention`` (whether
        it is allowed), ``basis`` (an article, or the highest common one of several) and
        ``source``.
    """

    _table: pd.DataFrame

    @classmethod
    def default(cls) -> OffenceClassification:
        """Return the seven types of the synthetic register and Dutch offence names.

        The Dutch names are those of the Standaardclassificatie Misdrijven 2010 of Statistics
        Netherlands (main groups, and types with an article of their own); maxima are those in
        force on 1 July 2021. Seriousness is the statutory maximum, for want of a better scale.
        Weapons and other special laws are not in it.
        """
        return _default()

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> OffenceClassification:
        """Return a classification of one's own.

        Parameters
        ----------
        frame : DataFrame
            ``offence_type``, ``offence_group``, ``statutory_maximum`` and ``pretrial_detention``;
            ``seriousness`` (otherwise the maximum), ``basis`` and ``source`` if there are any.

        Raises
        ------
        InputError
            If a column is absent, a type is there twice, or a value is missing or out of range.
        """
        if not isinstance(frame, pd.DataFrame):
            raise InputError(f"classification: give a DataFrame, not {type(frame).__name__}")
        absent = [column for column in REQUIRED if column not in frame.columns]
        if absent:
            raise InputError(f"classification without column {names(absent)}: add it")
        table = pd.DataFrame(
            {
                "offence_type": _text(frame, "offence_type"),
                "offence_group": _text(frame, "offence_group"),
                "seriousness": _numbers(
                    frame, "seriousness" if "seriousness" in frame.columns else "statutory_maximum"
                ),
                "statutory_maximum": _numbers(frame, "statutory_maximum"),
                "pretrial_detention": _answers(frame),
                "basis": _remark(frame, "basis"),
                "source": _remark(frame, "source"),
            }
        ).reset_index(drop=True)
        _refuse(labels(table["offence_type"]).duplicated(), "offence_type", "there before")
        _refuse(table["statutory_maximum"] < 0, "statutory_maximum", "below 0")
        return cls(table)

    @property
    def table(self) -> pd.DataFrame:
        """The table, as a copy that may be changed and given back to ``from_frame``."""
        return self._table.copy()

    def replace(self, offence_type: str, **columns: Any) -> OffenceClassification:
        """Return the classification with some values of one type changed, or with a type added.

        Parameters
        ----------
        offence_type : str
            A type in the table, or a new one, which needs ``offence_group``,
            ``statutory_maximum`` and ``pretrial_detention``.
        **columns
            New values. A new maximum is the new seriousness too, unless that is given.

        Raises
        ------
        InputError
            For a column that does not exist, or a value that ``from_frame`` refuses.
        """
        unknown = [name for name in columns if name not in self._table.columns]
        if unknown:
            raise InputError(
                f"classification has no column {names(unknown)}; "
                f"choose among {names(self._table.columns[1:])}"
            )
        if "statutory_maximum" in columns:
            columns.setdefault("seriousness", columns["statutory_maximum"])
        columns = {"basis": "as given", "source": "user"} | columns
        rows = self._table.to_dict("records")
        name = label(offence_type)
        old = [row for row in rows if label(row["offence_type"]) == name]
        row: dict[Any, Any] = dict(old[0]) if old else {}
        row |= {"offence_type": offence_type, **columns}
        absent = [column for column in REQUIRED if column not in row]
        if absent:
            raise InputError(f"classification: a new offence type needs {names(absent)}")
        kept = [row if label(other["offence_type"]) == name else other for other in rows]
        return self.from_frame(pd.DataFrame(kept if old else [*rows, row]))

    def classify(self, offences: pd.DataFrame) -> pd.DataFrame:
        """Return the offences with ``offence_group``, ``seriousness``, … of their type.

        Columns of these names that are already there are replaced. Added are ``offence_group``,
        ``seriousness``, ``statutory_maximum``, ``pretrial_detention``, ``serious`` and
        ``very_serious``.

        Raises
        ------
        InputError
            If a type is missing or not in the table: how many rows, and which types.
        """
        place = self._places(offences)
        kinds = self._table.assign(serious=self._serious(), very_serious=self._very_serious())
        found = kinds.loc[:, list(ADDED)].take(place).set_index(offences.index)
        return offences.assign(**{name: found[name] for name in ADDED})

    def serious(self, offences: pd.DataFrame) -> pd.Series[bool]:
        """Return a mask of offences with a maximum of 4 years or with pre-trial detention."""
        return self._mask(self._serious(), offences)

    def very_serious(self, offences: pd.DataFrame) -> pd.Series[bool]:
        """Return a mask of offences with a maximum of 8 years or more."""
        return self._mask(self._very_serious(), offences)

    def unknown(self, offences: pd.DataFrame) -> BoolArray:
        """Return a mask of the offences without a type, or with one that the table lacks."""
        mask: BoolArray = self._find(offences) < 0
        return mask

    def _serious(self) -> BoolArray:
        table = self._table
        long = table["statutory_maximum"] >= SERIOUS_YEARS
        return np.asarray(long | table["pretrial_detention"], dtype=bool)

    def _very_serious(self) -> BoolArray:
        return np.asarray(self._table["statutory_maximum"] >= VERY_SERIOUS_YEARS, dtype=bool)

    def _mask(self, of_types: BoolArray, offences: pd.DataFrame) -> pd.Series[bool]:
        return pd.Series(of_types[self._places(offences)], index=offences.index, dtype=bool)

    def named(self, name: Any) -> bool:
        """Tell whether a type or a group has this name."""
        groups, kinds = self._table["offence_group"], labels(self._table["offence_type"])
        return bool((labels(groups) == label(name)).any() or (kinds == label(name)).any())

    def _find(self, offences: pd.DataFrame) -> IntArray:
        """Return each offence's row in the table, −1 where its type is missing or unknown."""
        if "offence_type" not in offences.columns:
            raise InputError("offences without column 'offence_type'; rename or add it")
        codes, kinds = pd.factorize(offences["offence_type"])
        known = pd.Index(labels(self._table["offence_type"]))
        rows = known.get_indexer(pd.Index([label(kind) for kind in kinds], dtype=object))
        rows = np.append(rows, -1).astype(np.int64)  # missing types have code −1
        return rows[codes]

    def _places(self, offences: pd.DataFrame) -> IntArray:
        place = self._find(offences)
        unknown = place < 0
        if unknown.any():
            raise InputError(unknown_types(offences["offence_type"][unknown], unknown))
        return place

    def __eq__(self, other: object) -> bool:
        """Compare what is said of each type."""
        if not isinstance(other, OffenceClassification):
            return NotImplemented
        return self._said() == other._said()

    def __hash__(self) -> int:
        return hash(frozenset(self._said().items()))

    def _said(self) -> dict[str, tuple[Any, ...]]:
        """Return type → what is said of it."""
        rows = self._table[list(COMPARED)].itertuples(index=False, name=None)
        return dict(zip(labels(self._table["offence_type"]), rows, strict=True))

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        """Name the groups."""
        groups = names(self._table["offence_group"].unique())
        return f"<OffenceClassification: {counted(len(self), 'type')} in {groups}>"


@cache
def _default() -> OffenceClassification:
    frame = pd.DataFrame([*SYNTHETIC, *CBS], columns=list(COLUMNS))
    return OffenceClassification.from_frame(frame)


def _text(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    values = frame[column]
    _refuse(values.isna(), column, "missing")
    return values


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    values = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    _refuse(~np.isfinite(values), column, "missing or no finite number")
    return values


def _answers(frame: pd.DataFrame) -> pd.Series[Any]:
    values = frame["pretrial_detention"]
    _refuse(values.isna(), "pretrial_detention", "missing")
    if not types.is_bool_dtype(values.infer_objects()):
        raise InputError(
            "classification column 'pretrial_detention' must hold True or False: make it of a "
            "comparison, table['pretrial_detention'] == 'ja' say"
        )
    return values.astype(bool)


def _remark(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    if column not in frame.columns:
        return pd.Series("", index=frame.index)
    values = frame[column].astype(object)  # without any remark a file's column holds no text
    return values.where(values.notna(), "").astype("str")


def _refuse(bad: Any, column: str, what: str) -> None:
    mask = np.asarray(bad, dtype=bool)
    if mask.any():
        raise InputError(
            f"classification column {column!r} {what} in {counted(int(mask.sum()), 'row')} "
            f"({where_rows(mask)}): correct it"
        )
