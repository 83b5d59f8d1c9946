"""Tables of a register from files or frames, with their columns named as declared."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names

REQUIRED = {
    "persons": ("person", "birth_date", "death_date", "emigration_date"),
    "offences": ("person", "offence_date", "offence_type"),
    "spells": ("person", "spell_type", "start_date", "end_date"),
    "relations": ("person", "relative", "relation"),
}
"""Table → columns that it must have."""
IDS = {
    "persons": ("person",),
    "offences": ("person",),
    "spells": ("person", "other"),
    "relations": ("person", "relative"),
}
"""Table → columns that hold ids of persons; ``other`` need not be there."""
DATES = {
    "persons": ("birth_date", "death_date", "emigration_date"),
    "offences": ("offence_date", "registration_date"),
    "spells": ("start_date", "end_date"),
    "relations": (),
}
"""Table → columns that hold dates; ``registration_date`` need not be there."""
TEXTS = {
    "persons": ("population", "sex"),
    "offences": ("offence_type",),
    "spells": ("spell_type",),
    "relations": ("relation",),
}
"""Table → columns that hold text."""
EMPTY_DATES = (
    "; where nobody died or emigrated, or it is not known, add an empty column, for instance "
    "persons.assign(emigration_date='')"
)
SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
"""What parts the fields of CSV files, and how it is called."""
MAY_BE_ABSENT = ("spells", "relations")


def load_tables(
    given: Mapping[str, Any],
    columns: Mapping[str, Any] | None,
    separator: str,
    decimal: str,
) -> dict[str, pd.DataFrame]:
    """Return the four tables with their columns renamed, rows numbered from 0.

    Raises
    ------
    InputError
        If a file is missing or damaged, a required column is absent, or a declared column is
        absent or would take the name of another.
    """
    renames = _by_table(columns)
    parts = {
        name: [
            _of_type(_load(part, name, renames[name], (separator, decimal)), kind, renames[name])
            for part, kind in _parts(source, name)
        ]
        for name, source in given.items()
    }
    _refuse_unused(columns, parts, renames)
    tables = {name: _joined(tables, name, renames[name]) for name, tables in parts.items()}
    if tables["persons"].empty:
        raise InputError("persons: the table has no row")
    return tables


def _parts(source: Any, name: str) -> list[tuple[Any, str | None]]:
    """Return the sources of a table, each with the type of its spells where that is said."""
    if source is None and name in MAY_BE_ABSENT:
        return [(pd.DataFrame({column: [] for column in REQUIRED[name]}, dtype="str"), None)]
    if name == "spells" and isinstance(source, Mapping) and len(source):
        return [(part, str(kind)) for kind, part in source.items()]
    if isinstance(source, list | tuple) and len(source):
        return [(part, None) for part in source]
    return [(source, None)]


def _of_type(table: pd.DataFrame, kind: str | None, rename: dict[str, str]) -> pd.DataFrame:
    """Return spells with their type in a column of its own, where the file was given by type."""
    if kind is None:
        return table
    if "spell_type" in [rename.get(column, column) for column in table.columns]:
        raise InputError(
            f"spells: the table given as {kind!r} has a column of types already: give it in a "
            "list, spells=[...], and name its types with spell_types="
        )
    return table.assign(spell_type=kind)


def _joined(tables: list[pd.DataFrame], name: str, rename: dict[str, str]) -> pd.DataFrame:
    """Return one table of the parts, each with its columns renamed, rows numbered through."""
    if len(tables) == 1:
        return _renamed(tables[0], name, rename)
    parts = [
        _renamed(table, f"{name} (part {number})", rename)
        for number, table in enumerate(tables, start=1)
    ]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _by_table(columns: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """Return the renaming of each table from one mapping for all, or one a table."""
    if columns is None:
        return {name: {} for name in REQUIRED}
    if not isinstance(columns, Mapping):
        raise InputError(f"columns= must be a dict, not {type(columns).__name__}")
    if columns and all(isinstance(value, Mapping) for value in columns.values()):
        strange = [name for name in columns if name not in REQUIRED]
        if strange:
            raise InputError(
                f"columns= names no table {names(strange)}; tables are {names(REQUIRED)}"
            )
        return {name: dict(columns.get(name, {})) for name in REQUIRED}
    if not all(isinstance(value, str) for value in columns.values()):
        raise InputError(
            "columns= must map names of columns to the register's names, for all tables at once "
            "or a dict a table"
        )
    return {name: dict(columns) for name in REQUIRED}


def _refuse_unused(
    columns: Mapping[str, Any] | None,
    parts: Mapping[str, list[pd.DataFrame]],
    renames: Mapping[str, dict[str, str]],
) -> None:
    """Refuse a declared column that is nowhere: a typing error would pass silently."""
    one_for_all = columns is not None and not any(isinstance(v, Mapping) for v in columns.values())
    if one_for_all:
        here = {column for tables in parts.values() for t in tables for column in t.columns}
        absent = [column for column in renames["persons"] if column not in here]
        if absent:
            raise InputError(f"columns= declares {names(absent)}, which no table has")
        return
    for name, tables in parts.items():
        here = {column for table in tables for column in table.columns}
        absent = [column for column in renames[name] if column not in here]
        if absent:
            raise InputError(f"columns= declares {names(absent)}, which {name} does not have")


def _renamed(table: pd.DataFrame, name: str, rename: dict[str, str]) -> pd.DataFrame:
    table = table.rename(columns=rename)
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        raise InputError(
            f"{name}: more than one column is called {names(twice)}, after columns=; "
            "rename or drop one"
        )
    absent = [c for c in REQUIRED[name.partition(" ")[0]] if c not in table.columns]
    if absent:
        raise InputError(
            f"{name}: column {names(absent)} absent; it has {names(table.columns)}; "
            "declare which column it is with columns={'its name': 'the name here'}"
            + (EMPTY_DATES if set(absent) & {"death_date", "emigration_date"} else "")
            + (", or give separator=" if table.shape[1] == 1 else "")
        )
    return table.reset_index(drop=True)


def _load(source: Any, name: str, rename: dict[str, str], signs: tuple[str, str]) -> pd.DataFrame:
    """Return a table; ``signs`` are what parts fields and what parts decimals in a CSV file."""
    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, (str, Path)):
        raise InputError(
            f"{name}: give a DataFrame, the path of a CSV or Parquet file, or a list of these, "
            f"not {type(source).__name__}"
        )
    path = Path(source)
    if not path.is_file():
        raise InputError(f"{name}: no file {path.name!r} there")
    if path.suffix.lower() in (".parquet", ".pq"):
        return _parquet(path, name)
    return _csv(path, name, rename, *signs)


def _parquet(path: Path, name: str) -> pd.DataFrame:
    if find_spec("pyarrow") is None:
        raise InputError(
            f"{name}: reading Parquet needs pyarrow, which is not installed; install it, "
            "or give a CSV file or a DataFrame"
        )
    try:
        return pd.read_parquet(path, engine="pyarrow")
    except (OSError, ValueError) as error:  # pyarrow's errors are among these
        raise InputError(
            f"{name}: {path.name} is no Parquet file that can be read ({type(error).__name__})"
        ) from None


def _csv(
    path: Path, name: str, rename: dict[str, str], separator: str, decimal: str
) -> pd.DataFrame:
    """Read ids, dates and texts as they stand; let pandas find the type of other columns."""
    as_they_stand = {*IDS[name], *DATES[name], *TEXTS[name], "offence", "case"}
    as_they_stand |= {column for column, new in rename.items() if new in as_they_stand}
    texts = dict.fromkeys(as_they_stand, "str")
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline().rstrip("\r\n")
        _refuse_other_separator(header, f"{name}: {path.name}", separator)
        with warnings.catch_warnings():
            # pandas drops the fields that are too many, and only warns
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                sep=separator,
                decimal=decimal,
                dtype=texts,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                index_col=False,
                low_memory=False,
            )
    except UnicodeDecodeError:
        raise InputError(f"{name}: {path.name} is no UTF-8 text; save it as UTF-8") from None
    except InputError:
        raise
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        # parser errors are value errors; texts may hold rows
        raise InputError(
            f"{name}: {path.name} is no table that can be read ({type(error).__name__}): "
            f"the first line must hold {counted(len(header.split(separator)), 'name')} and each "
            "row as many fields, "
            f"parted by {separator!r}"
        ) from None
    return _without_blanks(table)


def _without_blanks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without blanks around its texts, as columns of fixed width have them.

    A text of blanks only is missing. Each distinct text is looked at once.
    """
    for column in table.columns[[types.is_string_dtype(dtype) for dtype in table.dtypes]]:
        codes, texts = pd.factorize(table[column])
        plain = pd.Index(texts).str.strip()
        if not plain.equals(pd.Index(texts)):
            values = (
                pd.Series(plain, dtype="str").mask(plain == "").array.take(codes, allow_fill=True)
            )
            table[column] = pd.Series(values, index=table.index)
    return table


def _refuse_other_separator(header: str, where: str, separator: str) -> None:
    """Refuse a first line that is one name by this separator and several by another."""
    if separator in header:
        return
    other = max(SEPARATORS, key=header.count)
    if header.count(other):
        raise InputError(
            f"{where}: the first line is one name and holds {SEPARATORS[other]}: give "
            f"separator={other!r}"
        )
