"""Tables of a register from files or frames, with their columns named as declared."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names
from trajectories.panel.register_parts import joined, parts_of, with_type, without_blanks
from trajectories.panel.register_problems import ALL, Problems

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
DECLARE = "declare which column is which with columns={'its name': 'the name here'}"
EMPTY_DATES = (
    "where nobody died or emigrated, or it is not known, add an empty column, for instance "
    "persons.assign(emigration_date='')"
)
SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
"""What parts the fields of CSV files, and how it is called."""
CLASSIFICATION = "classification"
"""The table of types, which is no table of the register."""
MAY_BE_ABSENT = ("spells", "relations")


def load_tables(
    given: Mapping[str, Any],
    columns: Mapping[str, Any] | None,
    separator: str,
    decimal: str,
    problems: Problems,
    classified: Iterable[str] = (),
) -> dict[str, pd.DataFrame]:
    """Return the four tables with their columns renamed, rows numbered from 0.

    A file that is missing or damaged, a required column that is absent, and a declared column that
    is absent or would take the name of another go to ``problems``; an empty table or column stands
    in, so that everything else can be checked. ``classified`` are the columns of the table of the
    classification, which ``columns`` may declare too.

    Raises
    ------
    InputError
        If ``columns`` is no mapping of names.
    """
    renames = by_table(columns)
    parts = {}
    for name, source in given.items():
        if source is None and name in MAY_BE_ABSENT:
            parts[name] = [_empty(name)]
            continue
        try:
            parts[name] = _load_parts(source, name, renames[name], (separator, decimal))
        except InputError as error:
            problems.add(str(error))
            problems.without(name)
    _note_unused(columns, parts, renames, problems, set(classified))
    tables = {}
    for name in given:
        if name not in parts:
            tables[name] = _empty(name)
        elif given[name] is None:
            tables[name] = parts[name][0]
        else:
            tables[name] = _renamed(parts[name], name, renames[name], problems)
    if tables["persons"].empty and not problems.lacks("persons", ALL):
        problems.add("persons: the table has no row")
        problems.without("persons")
    return tables


def _load_parts(
    source: Any, name: str, rename: Mapping[str, str], signs: tuple[str, str]
) -> list[pd.DataFrame]:
    texts = _as_they_stand(name, rename)
    return [
        with_type(_load(part, name, texts, signs), kind, rename)
        for part, kind in parts_of(source, name)
    ]


def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame({column: [] for column in REQUIRED[name]}, dtype="str")


def by_table(columns: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """Return the renaming of each table from one mapping for all, or one a table."""
    tables = (*REQUIRED, CLASSIFICATION)
    if columns is None:
        return {name: {} for name in tables}
    if not isinstance(columns, Mapping):
        raise InputError(f"columns= must be a dict, not {type(columns).__name__}")
    if columns and all(isinstance(value, Mapping) for value in columns.values()):
        strange = [name for name in columns if name not in tables]
        if strange:
            raise InputError(
                f"columns= names no table {names(strange)}; tables are {names(tables)}"
            )
        return {name: dict(columns.get(name, {})) for name in tables}
    if not all(isinstance(value, str) for value in columns.values()):
        raise InputError(
            "columns= must map names of columns to the register's names, for all tables at once "
            "or a dict a table"
        )
    return {name: dict(columns) for name in tables}


def _note_unused(
    columns: Mapping[str, Any] | None,
    parts: Mapping[str, list[pd.DataFrame]],
    renames: Mapping[str, dict[str, str]],
    problems: Problems,
    classified: set[str],
) -> None:
    """Note a declared column that is nowhere: a typing error would pass silently."""
    one_for_all = columns is not None and not any(isinstance(v, Mapping) for v in columns.values())
    here = {name: {c for table in tables for c in table.columns} for name, tables in parts.items()}
    here[CLASSIFICATION] = classified
    if one_for_all and len(parts) < len(REQUIRED):
        return  # they may be in a table that could not be read
    if one_for_all:
        everywhere = set().union(*here.values())
        absent = [column for column in renames["persons"] if column not in everywhere]
        if absent:
            problems.add(f"columns= declares {names(absent)}, which no table has")
        return
    for name, found in here.items():
        absent = [column for column in renames[name] if column not in found]
        if absent:
            problems.add(f"columns= declares {names(absent)}, which {name} does not have")


def _renamed(
    parts: list[pd.DataFrame], name: str, rename: dict[str, str], problems: Problems
) -> pd.DataFrame:
    """Return the parts of a table as one, its columns renamed; note those twice or absent."""
    several = len(parts) > 1
    return joined(
        [
            _renamed_part(part, name, f" (part {number})" if several else "", rename, problems)
            for number, part in enumerate(parts, start=1)
        ]
    )


def _renamed_part(
    table: pd.DataFrame, name: str, part: str, rename: dict[str, str], problems: Problems
) -> pd.DataFrame:
    table = table.rename(columns=rename)
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        where = f"{name}{part}: more than one column is called {names(twice)}, after columns="
        problems.add(where, "rename or drop one column of a name")
        table = table.loc[:, ~table.columns.duplicated()]
    absent = [column for column in REQUIRED[name] if column not in table.columns]
    if absent:
        problems.add(
            f"{name}{part}: column {names(absent)} absent (it has {names(table.columns)})", DECLARE
        )
        if set(absent) & {"death_date", "emigration_date"}:
            problems.advise(EMPTY_DATES)
        if table.shape[1] == 1:
            problems.advise("give separator= if fields are parted by another sign")
    for column in [*twice, *absent]:
        problems.without(name, column)
    return table.assign(**dict.fromkeys(absent, np.nan)).reset_index(drop=True)


def load_classification(
    source: Any, separator: str, decimal: str, rename: Mapping[str, str]
) -> pd.DataFrame:
    """Return the table of a classification, its columns as in the file; types are left as text."""
    here = {"offence_type", "offence_group"}
    texts = here | {column for column, new in rename.items() if new in here}
    return _load(source, CLASSIFICATION, texts, (separator, decimal))


def _as_they_stand(name: str, rename: Mapping[str, str]) -> set[str]:
    """Return the columns of a table that are read as text, by the names that they have there."""
    here = {*IDS[name], *DATES[name], *TEXTS[name], "offence", "case"}
    return here | {column for column, new in rename.items() if new in here}


def _load(source: Any, name: str, texts: set[str], signs: tuple[str, str]) -> pd.DataFrame:
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
    return _csv(path, name, texts, *signs)


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


def _csv(path: Path, name: str, texts: set[str], separator: str, decimal: str) -> pd.DataFrame:
    """Read ids, dates and texts as they stand; let pandas find the type of other columns."""
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
                dtype=dict.fromkeys(texts, "str"),
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
    return without_blanks(table)


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
