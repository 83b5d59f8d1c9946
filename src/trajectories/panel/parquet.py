"""Counts from Parquet files, row group by row group, spooled once into a memory-mapped array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import names
from trajectories.panel.checks import check_ages
from trajectories.panel.count_spool import SPOOLED_ROWS, CountSpool, plain
from trajectories.panel.labels import ages_from_labels
from trajectories.panel.numeric_text import numbers_of


def read_parquet(
    source: Any, unit: Any, age: Any, count: Any, ages: Any, absent: Any, folder: Any
) -> dict[str, Any]:
    """Return the fields of a Panel from Parquet; see ``Panel.from_parquet``."""
    frames = _frames(source)
    if age is None:
        return _wide(frames, unit, ages, folder)
    if ages is None:
        raise InputError(
            "a table with a row a unit and age is read piece by piece, so the ages have to be "
            "known before: give ages="
        )
    if unit is None:
        raise InputError("a table with a row a unit and age needs the column of unit ids: unit=")
    if absent is not None and absent != 0:
        raise InputError(f"absent must be None or 0, not {absent!r}")
    known = check_ages(ages, np.size(list(ages) if isinstance(ages, range) else ages))
    return _long(frames, unit, age, count, known, absent, folder)


def _frames(source: Any) -> Iterator[pd.DataFrame]:
    """Yield the row groups of one file, of a folder's or a list's files, or the frames given."""
    if isinstance(source, pd.DataFrame):
        yield source
        return
    if isinstance(source, str | Path):
        path = Path(source)
        source = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not source:
            raise InputError("the folder holds no file that ends in .parquet")
    if not isinstance(source, Iterable):
        kind = type(source).__name__
        raise InputError(f"from_parquet needs a path, paths or an iterator of tables, not a {kind}")
    for piece in source:
        if isinstance(piece, str | Path):
            yield from _row_groups(Path(piece))
        elif isinstance(piece, pd.DataFrame):
            yield piece
        elif hasattr(piece, "to_pandas"):
            yield piece.to_pandas()
        else:
            raise InputError(
                f"a piece is a {type(piece).__name__}: give paths, pandas tables or Arrow tables"
            )


def _row_groups(path: Path) -> Iterator[pd.DataFrame]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise InputError(
            "Parquet files are read with pyarrow: install trajectories[parquet]"
        ) from None
    try:
        file = ParquetFile(path)
    except (OSError, ValueError) as problem:
        kind = "cannot be found" if isinstance(problem, FileNotFoundError) else "is no Parquet file"
        raise InputError(f"the file {path.name} {kind}") from None
    with file:
        for number in range(file.num_row_groups):
            try:
                group = file.read_row_group(number).to_pandas()
            except (OSError, ValueError):  # the words of pyarrow may quote what it read
                raise InputError(
                    f"row group {number} of {path.name} cannot be read: the file is damaged or "
                    "was cut off; write it anew"
                ) from None
            yield group


def _wide(frames: Iterator[pd.DataFrame], unit: Any, ages: Any, folder: Any) -> dict[str, Any]:
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise InputError("the Parquet source holds no rows")
    if unit is None and first.index.name is not None:
        unit = first.index.name  # ids that pandas wrote as the index are in the file all the same
    columns = list((first if unit is None else _indexed(first, unit)).columns)
    known = ages_from_labels(pd.Index(columns)) if ages is None else ages
    units: list[pd.Index[Any]] = []
    with closing(CountSpool(len(columns), folder)) as spool:
        for given in chain([first], frames):
            frame = given if unit is None else _indexed(given, unit)
            if list(frame.columns) != columns:
                raise InputError(
                    f"row groups have different columns: {names(columns)} first, then "
                    f"{names(frame.columns)}"
                )
            for low in range(0, len(frame), SPOOLED_ROWS):
                spool.append(frame.iloc[low : low + SPOOLED_ROWS])
            if unit is not None:
                units.append(frame.index)
        if not spool.n_rows:
            raise InputError("the Parquet source holds no rows")
        ids = units[0].append(units[1:]) if units else None
        return {"outcomes": spool.array(), "ages": known, "units": ids}


def _long(
    frames: Iterator[pd.DataFrame],
    unit: Any,
    age: Any,
    count: Any,
    ages: Any,
    absent: int | None,
    folder: Any,
) -> dict[str, Any]:
    """Write counts as they come; a unit may be in several row groups, its ages in any order."""
    held: dict[Any, int] = {}
    with closing(CountSpool(len(ages), folder)) as spool:
        for frame in frames:
            if any(name in (unit, age) and name not in frame.columns for name in frame.index.names):
                frame = frame.reset_index()  # ids that pandas wrote as the index
            missing = [label for label in (unit, age, count) if label not in frame.columns]
            if missing:
                raise InputError(f"no column {names(missing)} in a row group of the Parquet source")
            part = frame[[unit, age, count]]
            if part.isna().to_numpy().any():
                raise InputError(
                    "unit, age or count is missing in a row group: drop these rows, or use "
                    "pandas.read_parquet and Panel.from_long, which takes missing counts"
                )
            here = numbers_of(part, age, "in a row group of the Parquet source")
            place = np.searchsorted(ages, here)
            inside = (place < len(ages)) & (ages[np.minimum(place, len(ages) - 1)] == here)
            part, place = part[inside], place[inside]
            codes, found = pd.factorize(part[unit])
            rows = np.fromiter(
                (held.setdefault(one, len(held)) for one in found), dtype=np.int64, count=len(found)
            )
            spool.extend_to(len(held))
            spool.add(rows[codes], place, plain(part[[count]])[:, 0])
        if not held:
            raise InputError("the Parquet source holds no rows at the ages asked for")
        return {"outcomes": spool.settled(absent), "ages": ages, "units": pd.Index(list(held))}


def _indexed(frame: pd.DataFrame, unit: Any) -> pd.DataFrame:
    if unit not in frame.columns:
        if frame.index.name == unit:
            return frame
        raise InputError(f"no column {unit!r} in a row group of the Parquet source")
    return frame.set_index(unit)
