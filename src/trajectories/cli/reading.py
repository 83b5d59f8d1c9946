"""Make a panel of a user's CSV file, and note what was done on the way."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.cli.columns import find_unit_column, guess_series, named_columns, trailing_number
from trajectories.cli.csv_file import numeric_columns, read_csv
from trajectories.cli.exposure import floored, wide_exposure
from trajectories.errors import InputError
from trajectories.panel import Panel

__all__ = ["PanelRead", "read_panel"]


@dataclass(frozen=True, slots=True)
class PanelRead:
    """A panel, and sentences on how it was made of the file."""

    panel: Panel
    notes: tuple[str, ...]


def read_panel(args: argparse.Namespace) -> PanelRead:
    """Read the file of ``trajectories fit`` or ``select``, wide or long.

    Raises
    ------
    InputError
        If the file, its columns or its values cannot be used; one line, no row's contents.
    OSError
        If a file cannot be opened.
    """
    frame = read_csv(args.file, args.separator, args.decimal)
    return _read_long(frame, args) if _is_long(frame, args) else _read_wide(frame, args)


def _is_long(frame: pd.DataFrame, args: argparse.Namespace) -> bool:
    if args.format != "auto":
        return bool(args.format == "long")
    if args.counts is not None:
        return False
    if args.age is not None or args.count is not None:
        return True
    return {"age", "count"} <= set(frame.columns)


def _read_wide(frame: pd.DataFrame, args: argparse.Namespace) -> PanelRead:
    file = args.file.name
    for option in ("age", "count"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option} is for long files; this one is read as wide")
    unit = find_unit_column(list(frame.columns), args.unit, file)
    columns = _count_columns(frame, unit, args)
    columns, ages = _ages(columns, args.ages)
    notes = [_found(columns, unit)]
    counts = numeric_columns(frame, columns, file, args.missing)
    units = None if unit is None else pd.Index(frame[unit])
    exposure, taken = None, list[str]()
    if args.exposure is not None:
        exposure, taken, said = wide_exposure(frame, unit, columns, args)
        notes += said
    values, said = floored(exposure, args.exposure_floor)
    unused = [name for name in frame.columns if name not in {unit, *columns, *taken}]
    if unused:
        notes.append(f"Columns not used: {', '.join(unused[:12])}{' …' * (len(unused) > 12)}.")
    panel = Panel.from_wide(counts.to_numpy(), ages=ages, exposure=values, units=units)
    return PanelRead(panel, (*notes, *said))


def _count_columns(frame: pd.DataFrame, unit: str | None, args: argparse.Namespace) -> list[str]:
    names = [name for name in frame.columns if name != unit]
    if args.counts is not None:
        return named_columns(names, args.counts, args.file.name, "--counts")
    taken: list[str] = []
    if args.exposure is not None and not args.exposure.lower().endswith(".csv"):
        try:
            taken = named_columns(names, args.exposure, args.file.name, "--exposure")
        except InputError:
            taken = []  # a file then, or an error that wide_exposure words
    without = taken if unit is None else [*taken, unit]
    return guess_series(frame, without, args.file.name, "--counts")[1]


def _ages(columns: list[str], asked: list[float] | None) -> tuple[list[str], np.ndarray]:
    """Return columns and their ages: by the numbers they end in, or as the user says."""
    numbers = [trailing_number(name) for name in columns]
    if all(number is not None for number in numbers):
        by_number = sorted(zip(numbers, columns, strict=True))
        if asked is None or set(asked) <= set(numbers):
            wanted = by_number if asked is None else [p for p in by_number if p[0] in set(asked)]
            ages = np.array([number for number, _ in wanted], dtype=float)
            return [name for _, name in wanted], ages
        columns = [name for _, name in by_number]
    elif asked is None:
        raise InputError("the columns of counts do not end in numbers: give their --ages")
    if len(asked) != len(columns):
        raise InputError(
            f"--ages names {len(asked)} ages, but there are {len(columns)} columns of counts"
        )
    return columns, np.array(asked, dtype=float)


def _found(columns: list[str], unit: str | None) -> str:
    who = "rows are persons, without ids" if unit is None else f"ids from column {unit}"
    return f"Counts from {len(columns)} columns, {columns[0]} to {columns[-1]}; {who}."


def _read_long(frame: pd.DataFrame, args: argparse.Namespace) -> PanelRead:
    file = args.file.name
    if args.counts is not None:
        raise InputError("--counts is for wide files; name the one column of a long file: --count")
    unit = find_unit_column(list(frame.columns), args.unit, file)
    if unit is None:
        raise InputError(f"{file}: a long file needs a column of ids; name it with --unit")
    age, count = args.age or "age", args.count or "count"
    numbers = [age] if args.exposure is None else [age, args.exposure]
    for name, option in ((age, "--age"), (count, "--count"), (numbers[-1], "--exposure")):
        if name not in frame.columns:
            raise InputError(f"{file} has no column {name!r}; say which it is with {option}")
    table = numeric_columns(frame, numbers, file)
    table[count] = numeric_columns(frame, [count], file, args.missing)[count]
    table.insert(0, unit, frame[unit])
    said: list[str] = []
    if args.exposure_floor is not None:
        given = None if args.exposure is None else table[[args.exposure]]
        values, said = floored(given, args.exposure_floor)
        table[args.exposure] = values
    ages = None if args.ages is None else np.array(sorted(args.ages))
    panel = Panel.from_long(table, unit, age, count, exposure=args.exposure, ages=ages)
    note = f"Long file: ids from column {unit}, ages from {age}, counts from {count}."
    return PanelRead(panel, (note, *said))
