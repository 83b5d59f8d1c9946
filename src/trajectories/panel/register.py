"""The tables of a register: persons, offences, spells and relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from trajectories.disclosure_control import MARK, disclosed, holds_tables, protect, said
from trajectories.errors import InputError
from trajectories.panel.arrays import names
from trajectories.panel.calendar import as_day
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.register_checks import EXCLUSIVE, check_register
from trajectories.panel.register_classification import (
    as_classification,
    classification_to_read,
    covering,
    said_of,
)
from trajectories.panel.register_files import REQUIRED
from trajectories.panel.register_folder import NOT_GIVEN, tables_and_dates
from trajectories.panel.register_read import read_tables


def _shown_repairs(register: Register, table: pd.DataFrame) -> pd.DataFrame:
    shown = protect(table, persons="rows", part_counts=(), parts=(), name="Register.repairs")
    if MARK not in shown.columns:  # nothing was repaired
        return shown
    return shown.assign(where=shown["where"].mask(shown[MARK], "few rows"))


@holds_tables(
    repairs=_shown_repairs,
    date_precision={
        "persons": "rows",
        "part_counts": {"moved": None},
        "keys": ("table", "column", "precision"),
        "parts": ("precision",),
    },
)
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Register:
    """Hold the tables of a register as an agency delivers them.

    Attributes
    ----------
    persons : DataFrame
        A row a person: ``person``, ``birth_date``, ``death_date`` and ``emigration_date`` (NaT:
        neither), and what else is known of them (``sex``, ``population``, …).
    offences : DataFrame
        A row an offence: ``person``, ``offence_date``, ``offence_type``, …
    spells : DataFrame
        A row a spell: ``person``, ``spell_type``, ``start_date``, ``end_date`` (the first day that
        is no longer in it; NaT: still open at the reference date), …
    relations : DataFrame
        A row a tie: ``person``, ``relative``, ``relation``.
    reference_date : Timestamp
        Last day that the register covers.
    truth : object or None
        What was planted, when the register is synthetic.
    study : str or None
        The population (a value of ``persons["population"]``) that the study is about, and that
        panels are made of unless told otherwise. The other persons are controls to match from, or
        relatives. None: everybody is studied.
    repairs : DataFrame or None
        What ``read`` repaired: ``table``, ``column``, ``check``, ``rows`` (how many), ``where``
        (the first row numbers as given), ``repair``. Empty where all was sound; None for a
        register that was not read.
    date_precision : DataFrame or None
        How well the dates that ``read`` found are known (day, month or year), and what that costs.
    classification : OffenceClassification or None
        What kinds of offence the types are; what asks for kinds or seriousness goes by it unless
        told otherwise. None: the types are not classified, and any will do.

    Notes
    -----
    A register is equal to itself only. Compare tables with ``equals``, and classifications with
    ``==``.
    """

    persons: pd.DataFrame
    offences: pd.DataFrame
    spells: pd.DataFrame
    relations: pd.DataFrame
    reference_date: pd.Timestamp
    truth: Any = None
    study: str | None = None
    repairs: pd.DataFrame | None = None
    date_precision: pd.DataFrame | None = None
    classification: OffenceClassification | None = field(
        default_factory=OffenceClassification.default
    )

    def __post_init__(self) -> None:
        for table in REQUIRED:
            if not isinstance(getattr(self, table), pd.DataFrame):
                raise InputError(f"register: {table} must be a pandas DataFrame")
        object.__setattr__(self, "reference_date", as_day(self.reference_date, "reference_date"))
        object.__setattr__(self, "classification", as_classification(self.classification))

    @classmethod
    def read(
        cls,
        folder: Any = None,
        *,
        persons: Any = NOT_GIVEN,
        offences: Any = NOT_GIVEN,
        spells: Any = NOT_GIVEN,
        relations: Any = NOT_GIVEN,
        reference_date: Any = None,
        columns: Mapping[str, Any] | None = None,
        strict: bool = True,
        classification: Any = NOT_GIVEN,
        exclusive_spells: Iterable[str] = EXCLUSIVE,
        spell_types: Mapping[str, str] | None = None,
        date_precision: Mapping[str, str] | None = None,
        date_format: str | None = None,
        missing_dates: Mapping[str, Any] | None = None,
        separator: str = ",",
        decimal: str = ".",
        study: str | None = None,
    ) -> Register:
        """Read a register extract and check it as a whole.

        Parameters
        ----------
        folder : path, optional
            Where the tables are files called ``persons``, ``offences``, ``spells`` and
            ``relations``, CSV or Parquet, as ``trajectories simulate`` writes them. What is given
            by name is not looked for there.
        persons, offences, spells, relations : DataFrame or path of a CSV or Parquet file
            Or a list of these, where a table comes in parts (detention from one agency, jobs from
            another); rows are then numbered through. For spells also a dict of type → file, for
            files without a column of types. None for spells or relations: there are none. Columns
            that are not needed are kept.
        reference_date : date
            Last day that the register covers; with a folder by default that of its
            ``register.json``, which says what is studied, too.
        columns : dict, optional
            Name of a column → name in the register, for all tables (``{"rinpersoon": "person"}``)
            or a dict a table (``{"persons": {"rinpersoon": "person"}}``); ``classification`` is
            one of the tables.
        strict : bool
            True: any problem is an error that names all of them. False: problems that can be
            repaired are, and ``repairs`` says what was done; the others are still an error.
        classification : OffenceClassification, DataFrame, path, "default" or None
            What offence types there are, and of what kind; the register keeps it. A table or file
            of one's own as for ``OffenceClassification.from_frame``. None: any type is known, and
            none is classified. Unless given: ``classification.csv`` of the folder, else the
            default one.
        exclusive_spells : sequence of str
            Types of spell of which a person has one at a time; overlapping ones are a problem.
        spell_types : dict, optional
            Type of spell as given → its name here (``{"detentie": "detention"}``). Only "detention"
            is taken off time at risk, so spells of which none is called so are an error, unless
            this says how types are called; ``{}`` says that there is no detention among them.
        date_precision : dict, optional
            Column of dates → "month" or "year", for dates that look better known than they are.
        date_format : str, optional
            Of dates that are not written year first: "%d-%m-%Y".
        missing_dates : dict, optional
            Column of dates → what stands there for "none" or "not known", one text or several
            (``{"end_date": "31-12-9999", "death_date": ["01-01-1900", "00-00-0000"]}``), written as
            the table does.
        separator : str
            What parts the fields of a CSV file.
        decimal : str
            Decimal sign of numbers in a CSV file: ``","`` for 28,6.
        study : str, optional
            The population that the study is about: a value of the persons' column ``population``.

        Returns
        -------
        Register

        Raises
        ------
        InputError
            For a table that cannot be read, a column that is absent, and problems with contents:
            table, column, number of rows and the first row numbers, never what the rows hold.

        Notes
        -----
        Dates are year-month-day, or 1990-05 or 1990 where only the month or year is known: the
        middle of it is used, or the day nearest to it that does not contradict another date of
        the person. ``date_precision`` counts them and says what that costs.
        """
        tables = {
            "persons": persons,
            "offences": offences,
            "spells": spells,
            "relations": relations,
        }
        given, reference_date, study = tables_and_dates(folder, tables, reference_date, study)
        fields = read_tables(
            given,
            reference_date,
            columns,
            strict,
            lambda: classification_to_read(folder, classification),
            exclusive_spells,
            spell_types,
            date_precision,
            date_format,
            missing_dates,
            separator,
            decimal,
            study,
        )
        return cls(study=study, **fields)

    def with_classification(self, classification: Any) -> Register:
        """Return the same register with another classification of its offence types.

        Parameters
        ----------
        classification : OffenceClassification, DataFrame, "default" or None
            As for ``read``.

        Raises
        ------
        InputError
            If it lacks types that the offences have: how many rows, and which types.
        """
        own = as_classification(classification)
        if own is not None:
            self.require("offences")
            covering(own, self.offences)
        return replace(self, classification=own)

    def require(self, *tables: str) -> None:
        """Raise an InputError that names the required columns that a table lacks."""
        absent = {
            table: [c for c in REQUIRED[table] if c not in getattr(self, table).columns]
            for table in tables
        }
        found = [
            f"{table} without column {names(absent[table])}" for table in tables if absent[table]
        ]
        if found:
            raise InputError(f"register: {'; '.join(found)}; rename or add it")

    def countable(self, until: Any = None) -> pd.Series[bool]:
        """Return which offences a panel can count, as a mask over the offences.

        Registers hold offences that no rate can be made of: committed in a year of age that was
        spent in detention from one birthday to the next, after death or emigration, before birth.
        ``Panel.from_register`` and the measures of careers refuse them; ``event=`` takes this
        mask, alone or with others (``mask & (offences["offence_type"] == "violent")``).
        ``(~mask).sum()`` is the number to report.

        Parameters
        ----------
        until : date, optional
            Last day of follow-up, by default the reference date.

        Returns
        -------
        Series of bool
            With the index of ``offences``.
        """
        # the account of time at risk reads registers itself
        from trajectories.panel.countable import countable_offences

        return countable_offences(self, until)

    @disclosed(persons="rows", part_counts=(), parts=())
    def check(self) -> pd.DataFrame:
        """Count what is wrong in the tables: unknown persons, dates missing or out of order.

        Returns
        -------
        DataFrame
            table, check, rows: the number of rows that fail. All zero in a sound register. Under
            disclosure control no number of few rows, but that there are some.

        Raises
        ------
        InputError
            If a required column is absent or a column of dates holds no dates.
        """
        return check_register(self)

    def __repr__(self) -> str:
        """Describe the size of the tables; never show a row."""
        sizes = ", ".join(said(len(getattr(self, table)), table[:-1]) for table in REQUIRED)
        study = f", a study of {self.study}" if self.study else ""
        kinds = said_of(self.classification)
        return f"<Register: {sizes}, until {self.reference_date.date()}{study}{kinds}>"
