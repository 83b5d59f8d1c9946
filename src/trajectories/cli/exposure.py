"""Exposure of a wide file: from columns beside the counts, or from a file of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from trajectories.cli.cells import at_lines, refuse_bad_ids
from trajectories.cli.columns import find_unit_column, guess_series, named_columns, trailing_number
from trajectories.cli.csv_file import numeric_columns, read_csv
from trajectories.errors import InputError
from trajectories.panel.arrays import counted

__all__ = ["floored", "wide_exposure"]


def wide_exposure(
    frame: pd.DataFrame, unit: str | None, counts: list[str], args: argparse.Namespace
) -> tuple[pd.DataFrame, Path, list[str], list[str]]:
    """Return exposure in the rows and columns of the counts, its file, columns taken, and notes.

    The index of the exposure holds the rows of its file.

    Raises
    ------
    InputError
        If persons or ages of the counts have no exposure.
    """
    path = Path(args.exposure)
    if path.is_file() or path.suffix.lower() == ".csv":
        table, said = _from_file(path, frame, unit, counts, args)
        return table, path, [], said
    names = [name for name in frame.columns if name != unit]
    columns = named_columns(names, args.exposure, args.file.name, "--exposure")
    shared = [name for name in columns if name in counts]
    if shared:
        raise InputError(
            f"--exposure and the counts share {counted(len(shared), 'column')}; name other ones"
        )
    columns = _in_order_of(columns, counts, args.file.name)
    note = f"Exposure from columns {columns[0]} to {columns[-1]}."
    return numeric_columns(frame, columns, args.file), args.file, columns, [note]


def _from_file(
    path: Path, frame: pd.DataFrame, unit: str | None, counts: list[str], args: argparse.Namespace
) -> tuple[pd.DataFrame, list[str]]:
    other = read_csv(path, args.separator, args.decimal, args.unit)
    asked = args.unit if args.unit in other.columns else None
    own = find_unit_column(list(other.columns), asked, path.name)
    series = guess_series(other, [] if own is None else [own], path.name, "--exposure")[1]
    columns = _in_order_of(series, counts, path.name)
    said = [f"Exposure from {path.name}, columns {columns[0]} to {columns[-1]}"]
    if unit is None and own is None:
        if len(other) != len(frame):
            raise InputError(
                f"{path.name} has {len(other):,} rows, the counts have {len(frame):,}, and there "
                "are no ids to match them by; add a column id to both"
            )
        return numeric_columns(other, columns, path), [f"{said[0]}, row by row."]
    if unit is None or own is None:
        lacking = args.file.name if unit is None else path.name
        raise InputError(f"{lacking} has no column of ids, the other file has; name it with --id")
    rows, n_extra = _rows_of(frame[unit], other[own], path, args.file)
    if n_extra:
        said.append(f"{counted(n_extra, 'person')} of it not in the counts")
    values = numeric_columns(other, columns, path).iloc[rows]
    return values, [f"{'; '.join(said)}, matched by {own}."]


def _rows_of(wanted: pd.Series, have: pd.Series, path: Path, file: Path) -> tuple[np.ndarray, int]:
    """Return for each id among the counts the row of exposure with the same text."""
    refuse_bad_ids(wanted, file)
    refuse_bad_ids(have, path)
    rows = pd.Index(have).get_indexer(pd.Index(wanted))
    absent = int((rows < 0).sum())
    if absent:
        raise InputError(
            f"{path.name} has no row for {absent:,} of the {len(wanted):,} persons in the counts "
            f"({at_lines(file, rows < 0)} of {file.name}); ids are compared as they are written: "
            "007 and 7 differ"
        )
    return rows, len(have) - len(np.unique(rows))


def _in_order_of(columns: list[str], counts: list[str], file: str) -> list[str]:
    """Return the columns of exposure, one for each column of counts, matched by number."""
    ages = [trailing_number(name) for name in counts]
    by_age: dict[float | None, str] = {trailing_number(name): name for name in columns}
    if None in ages or None in by_age:
        if len(columns) != len(counts):
            raise InputError(
                f"{file}: {len(columns)} columns of exposure for {len(counts)} columns of counts, "
                "and no numbers in their names to match them by"
            )
        return columns
    absent = [age for age in ages if age not in by_age]
    if absent:
        raise InputError(
            f"{file} has no column of exposure for {len(absent)} of {len(ages)} columns of counts "
            f"(first: {absent[0]:g})"
        )
    return [by_age[age] for age in ages]


def floored(
    exposure: pd.DataFrame | None, floor: float | None
) -> tuple[np.ndarray | None, list[str]]:
    """Return exposure with values from 0 to the floor raised to it, and a note that says so."""
    if exposure is None:
        if floor is not None:
            raise InputError("--exposure-floor needs --exposure")
        return None, []
    values = exposure.to_numpy(dtype=float)
    if floor is None:
        return values, []
    negative = int((values < 0.0).sum())
    if negative:
        raise InputError(
            f"exposure is negative in {counted(negative, 'cell')}; a floor cannot mend that"
        )
    low = values < floor
    note = (
        f"Exposure below {floor:g} was raised to {floor:g} in {counted(int(low.sum()), 'cell')}: a "
        "choice that changes the estimates; compare with the fit without it."
    )
    return np.where(low, floor, values), [note]
