"""Make a panel of a user's CSV file, and note what was done on the way."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from trajectories.cli.ages import wide_ages
from trajectories.cli.cautions import cautions
from trajectories.cli.cells import (
    in_words_of_the_file,
    refuse_bad_counts,
    refuse_bad_exposure,
    refuse_bad_ids,
    refuse_missing_ids,
)
from trajectories.cli.columns import find_unit_column, guess_series, listed, named_columns
from trajectories.cli.csv_file import numeric_columns, read_csv
from trajectories.cli.exposure import floored, wide_exposure
from trajectories.disclosure_control import number_in_words
from trajectories.errors import ExposureWarning, InputError
from trajectories.panel import Panel
from trajectories.panel.arrays import counted
from trajectories.panel.audit import LONG_RUN
from trajectories.suggestions import did_you_mean

__all__ = ["PanelRead", "read_panel"]

_LISTED = 12
_OTHERWISE = (
    "if the columns look wrong, give --separator or --decimal; if the file has a row a person and "
    "age, give --format long with --unit, --age and --count"
)


@dataclass(frozen=True, slots=True)
class PanelRead:
    """A panel, sentences on how it was made of the file, and what the user must be warned of."""

    panel: Panel
    notes: tuple[str, ...]
    unit: str | None
    cautions: tuple[str, ...] = ()


def read_panel(args: argparse.Namespace) -> PanelRead:
    """Read the file of ``trajectories fit`` or ``select``, wide or long.

    Raises
    ------
    InputError
        If the file, its columns or its values cannot be used; one line, no row's contents.
    OSError
        If a file cannot be opened.
    """
    frame = read_csv(args.file, args.separator, args.decimal, args.unit)
    with warnings.catch_warnings():
        # said once, among the cautions, in the words of the command line
        warnings.simplefilter("ignore", ExposureWarning)
        read = _read_long(frame, args) if _is_long(frame, args) else _read_wide(frame, args)
    return replace(read, cautions=tuple(cautions(read.panel)))


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
    if unit is not None:
        refuse_bad_ids(frame[unit], args.file)
    columns, ages = wide_ages(_count_columns(frame, unit, args), args)
    notes = [_found(columns, unit)]
    counts = numeric_columns(frame, columns, args.file, args.missing)
    refuse_bad_counts(counts, args.file)
    units = None if unit is None else pd.Index(frame[unit], dtype=object)
    taken, values = list[str](), None
    if args.exposure is not None:
        exposure, path, taken, said = wide_exposure(frame, unit, columns, args)
        notes += said
        values, said = floored(exposure, args.exposure_floor)
        notes += said
        exposure = pd.DataFrame(values, exposure.index, exposure.columns)
        refuse_bad_exposure(exposure, counts.to_numpy(), path)
    else:
        floored(None, args.exposure_floor)
    notes += _unused(frame, [unit, *columns, *taken])
    try:
        panel = Panel.from_wide(
            counts.to_numpy(),
            ages=ages,
            exposure=values,
            units=units,
            drop_unobserved=args.drop_unobserved,
        )
    except InputError as error:
        raise InputError(in_words_of_the_file(str(error), args.file)) from None
    return PanelRead(panel, (*notes, *_left_out(panel), *_all_followed(panel)), unit)


def _all_followed(panel: Panel) -> list[str]:
    """Note that no cell is empty: tables filled up with zeros look so, and bend late curves."""
    if panel.observed is not None or panel.n_ages < LONG_RUN:
        return []
    last = f"{panel.grid[-1]:g}"
    return [
        f"No cell is empty: everybody was followed up to {last}. Where somebody died, left or was "
        "not followed so long, leave those cells empty."
    ]


def _unused(frame: pd.DataFrame, used: Sequence[str | None]) -> list[str]:
    unused = [name for name in frame.columns if name not in used]
    if not unused:
        return []
    more = f" and {len(unused) - _LISTED} more" if len(unused) > _LISTED else ""
    return [f"Columns not used: {', '.join(unused[:_LISTED])}{more}."]


def _left_out(panel: Panel) -> list[str]:
    who = number_in_words(panel.n_left_out, "persons")
    return [f"{who} without any observed year left out."] if panel.n_left_out else []


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
    return guess_series(frame, without, args.file.name, "--counts", _OTHERWISE)[1]


def _found(columns: list[str], unit: str | None) -> str:
    who = "rows are persons, without ids" if unit is None else f"ids from column {unit}"
    ends = columns[0] if len(columns) == 1 else f"{columns[0]} to {columns[-1]}"
    return f"Counts from {counted(len(columns), 'column')}, {ends}; {who}."


def _read_long(frame: pd.DataFrame, args: argparse.Namespace) -> PanelRead:
    file = args.file.name
    for option, other in (("counts", "count"), ("relabel_ages", "age")):
        if getattr(args, option) is not None:
            raise InputError(
                f"--{option.replace('_', '-')} is for wide files; name the one column of a long "
                f"file: --{other}"
            )
    unit = find_unit_column(list(frame.columns), args.unit, file)
    if unit is None:
        raise InputError(
            f"{file}: a long file needs a column of ids; name it with --unit; its columns: "
            f"{listed(list(frame.columns))}"
        )
    age, count = args.age or "age", args.count or "count"
    numbers = [age] if args.exposure is None else [age, args.exposure]
    for name, option in ((age, "--age"), (count, "--count"), (numbers[-1], "--exposure")):
        if name not in frame.columns:
            raise InputError(
                f"{file} has no column {name!r}; say which it is with {option}; its columns: "
                f"{listed(list(frame.columns))}{did_you_mean(name, frame.columns)}"
            )
    refuse_missing_ids(frame[unit], args.file)
    table = numeric_columns(frame, numbers, args.file)
    table[count] = numeric_columns(frame, [count], args.file, args.missing)[count]
    refuse_bad_counts(table[[count]], args.file)
    table.insert(0, unit, frame[unit])
    note = f"Long file: ids from column {unit}, ages from {age}, counts from {count}."
    said = _floor_of_long(table, count, args)
    ages = None if args.ages is None else np.array(sorted(args.ages))
    _refuse_absent_ages(table[age], ages, args)
    try:
        panel = Panel.from_long(
            table,
            unit,
            age,
            count,
            exposure=args.exposure,
            ages=ages,
            drop_unobserved=args.drop_unobserved,
        )
    except InputError as error:
        raise InputError(_of_long(str(error), frame[unit], args.file)) from None
    used = [unit, count, *numbers]
    return PanelRead(panel, (note, *said, *_unused(frame, used), *_left_out(panel)), unit)


def _floor_of_long(table: pd.DataFrame, count: str, args: argparse.Namespace) -> list[str]:
    """Raise exposure in the table to the floor, refuse what is not usable, and say so."""
    if args.exposure is None:
        return floored(None, args.exposure_floor)[1]
    values, said = floored(table[[args.exposure]], args.exposure_floor)
    table[args.exposure] = values
    refuse_bad_exposure(table[[args.exposure]], table[[count]].to_numpy(), args.file)
    return [f"Exposure from column {args.exposure}.", *said]


def _refuse_absent_ages(have: pd.Series, ages: np.ndarray | None, args: argparse.Namespace) -> None:
    absent = [] if ages is None else [f"{age:g}" for age in ages if age not in set(have)]
    if absent:
        raise InputError(
            f"{args.file.name}: no row at {counted(len(absent), 'age')} of --ages "
            f"({listed(absent, quoted=False)}); name ages between {have.min():g} and "
            f"{have.max():g} that are there"
        )


def _of_long(message: str, ids: pd.Series, path: Path) -> str:
    # the library counts rows of the table in some messages, and persons in others
    by_person = message.startswith(("exposure", "outcomes")) or "without any observed" in message
    first = np.flatnonzero(~ids.duplicated().to_numpy()) if by_person else None
    return in_words_of_the_file(message, path, first)
