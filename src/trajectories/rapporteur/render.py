"""Write a register to a folder of CSV files, and read one back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import OffenceClassification, Register
from trajectories.panel.arrays import names
from trajectories.panel.register_classification import classification_in
from trajectories.panel.register_files import CLASSIFICATION
from trajectories.rapporteur.truth import Truth

COLUMNS = {
    "persons": {
        "person": "id",
        "sex": "text",
        "birth_date": "date",
        "death_date": "date",
        "emigration_date": "date",
        "population": "text",
        "migration_background": "answer",
        "basic_qualification_at_23": "answer",
        "single_parent_family": "answer",
        "institution_as_minor": "answer",
    },
    "offences": {
        "offence": "id",
        "person": "id",
        "offence_date": "date",
        "offence_type": "text",
        "case": "id",
        "registration_date": "date",
    },
    "spells": {
        "person": "id",
        "spell_type": "text",
        "start_date": "date",
        "end_date": "date",
        "other": "id or empty",
    },
    "relations": {"person": "id", "relative": "id", "relation": "text"},
}
"""Table → column → kind of content, in the order of the files."""
ABOUT = "register.json"
SCHEMA = 1
_ANSWERS = {"true": True, "false": False}


def write_register(register: Register, folder: str | Path) -> list[Path]:
    """Write the four tables as CSV, reference date and study as JSON; return the files.

    UTF-8, LF, ISO dates, ``true``/``false``, empty for what is not there or not yet over; columns
    in a fixed order. Two registers that are equal give the same bytes. A classification that is
    not the default one is written too. The truth is not: see :func:`write_truth`.

    Raises
    ------
    InputError
        Where a table lacks a column that the synthetic register has.
    """
    _refuse_other(register)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, columns in COLUMNS.items():
        table: pd.DataFrame = getattr(register, name)
        text = {column: _as_text(table[column], kind) for column, kind in columns.items()}
        written.append(_write(pd.DataFrame(text), folder / f"{name}.csv"))
    about: dict[str, Any] = {
        "reference_date": str(register.reference_date.date()),
        "schema": SCHEMA,
        "study": register.study,
    }
    if register.classification is None:
        about[CLASSIFICATION] = None
    written += write_classification(register, folder)
    path = folder / ABOUT
    path.write_bytes((json.dumps(about, indent=1) + "\n").encode())
    return [*written, path]


def write_truth(truth: Truth, folder: str | Path) -> list[Path]:
    """Write ``truth_groups.csv``, ``truth_curves.csv`` and ``planted_figures.csv``.

    Numbers have six significant digits.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figures = truth.figures.copy()
    figures["planted"] = [_number(value) for value in figures["planted"]]
    return [
        _write(truth.groups.reset_index(), folder / "truth_groups.csv"),
        _write(truth.curves, folder / "truth_curves.csv"),
        _write(figures, folder / "planted_figures.csv"),
    ]


def read_register(folder: str | Path) -> Register:
    """Read a register that :func:`write_register` wrote; its truth is None.

    Raises
    ------
    InputError
        Where a file or column is missing, or a column holds something else than it should.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        reference_date, study = pd.Timestamp(about["reference_date"]), about.get("study")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{ABOUT} in the register's folder is missing or damaged ({type(error).__name__}); "
            'it must hold {"reference_date": "YYYY-MM-DD"}'
        ) from None
    tables = {name: _read(folder / f"{name}.csv", name) for name in COLUMNS}
    return Register(
        tables["persons"],
        tables["offences"],
        tables["spells"],
        tables["relations"],
        reference_date,
        study=study,
        classification=classification_in(folder),
    )


def write_classification(register: Register, folder: Path) -> list[Path]:
    """Write the register's classification where it is not the default one; remove an older one."""
    path = folder / f"{CLASSIFICATION}.csv"
    own = register.classification
    if own is None or own == OffenceClassification.default():
        path.unlink(missing_ok=True)
        return []
    return [_write(own.table, path, "%.17g")]


def _refuse_other(register: Register) -> None:
    absent = [
        f"{name}.{column}"
        for name, columns in COLUMNS.items()
        for column in columns
        if column not in getattr(register, name).columns
    ]
    if absent:
        raise InputError(
            f"write_register writes registers such as simulate makes, and {names(absent)} absent "
            "here: write the tables of another register with DataFrame.to_csv, and read them again "
            "with Register.read"
        )


def _read(path: Path, name: str) -> pd.DataFrame:
    columns = COLUMNS[name]
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read: {type(error).__name__}") from None
    missing = [column for column in columns if column not in raw.columns]
    if missing:
        raise InputError(f"{path.name} lacks the column(s) {', '.join(missing)}")
    return pd.DataFrame({c: _from_text(raw[c], kind, path.name) for c, kind in columns.items()})


def _as_text(column: pd.Series, kind: str) -> pd.Series:
    if kind == "answer":
        return pd.Series(np.where(column, "true", "false"), index=column.index)
    if kind == "date":
        return pd.Series(column.dt.strftime("%Y-%m-%d")).fillna("")
    return column


def _from_text(column: pd.Series, kind: str, file: str) -> pd.Series:
    try:
        if kind == "date":
            dates = pd.to_datetime(column.where(column != ""), format="%Y-%m-%d")
            return dates.astype("datetime64[s]")
        if kind == "id":
            return column.astype("int64")
        if kind == "id or empty":
            return column.where(column != "").astype("Int64")
    except (ValueError, TypeError):
        raise InputError(
            f"{file}: column {column.name} holds something that is no {kind}"
        ) from None
    if kind == "answer":
        answers = column.map(_ANSWERS)
        if answers.isna().any():
            raise InputError(
                f"{file}: column {column.name} must be true or false; "
                f"{int(answers.isna().sum())} rows are neither"
            )
        return answers.astype("bool")
    return column


def _number(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _write(table: pd.DataFrame, path: Path, number: str = "%.6g") -> Path:
    table.to_csv(path, index=False, lineterminator="\n", float_format=number, encoding="utf-8")
    return path
