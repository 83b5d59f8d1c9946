"""``trajectories panel``: counts by age and years free, of a user's own register."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.cli.cautions import cautions, warn_of
from trajectories.cli.output import check_folder, new_folder, write_tables
from trajectories.cli.register_input import in_words_of_options, read_register_folder
from trajectories.disclosure_control import number_in_words
from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.panel import Panel, Register

__all__ = ["run"]

_LEFT_OUT = "before birth, after the end of follow-up, or at an age without a day free"


def run(args: argparse.Namespace) -> None:
    """Read the register, count, and write what ``trajectories fit`` reads."""
    if args.out.resolve() == args.folder.resolve():
        raise InputError(f"{args.out} is the register's own folder; give another with --out")
    check_folder(args.out, args.force)
    ages = _ages(args.ages)
    try:
        register = read_register_folder(args)
        event, uncounted = _event(register, args)
        panel = _panel(register, ages, event, args)
    except InputError as error:
        raise InputError(in_words_of_options(str(error))) from None
    warn_of(tuple(cautions(panel)))
    repairs = _repairs(register)
    with new_folder(args.out, "panel", args.force) as folder:
        write_tables(folder, _tables(panel))
        write_tables(folder, {"audit": panel.audit()})
        if repairs is not None:
            write_tables(folder, {"repairs": repairs})
    if not args.quiet:
        sys.stdout.write(_summary(panel, uncounted, repairs, args.out))


def _ages(asked: list[int]) -> np.ndarray:
    """Return the ages in order; two that stand for a range, and one alone, are refused."""
    ages = np.array(sorted(asked))
    if len(ages) == 1:
        raise InputError("--ages is one age, and a trajectory takes several: --ages 12:40, say")
    if len(ages) == 2 and ages[1] - ages[0] > 1:
        raise InputError(
            f"--ages are two ages, {ages[0]} and {ages[1]}, and none between: give "
            f"{ages[0]}:{ages[1]} for all of them"
        )
    return ages


def _event(register: Register, args: argparse.Namespace) -> tuple[Any, int | None]:
    """Return what counts, and how many offences of it cannot; None where they are refused."""
    from trajectories.panel.select import select_offences

    event = args.event[0] if len(args.event) == 1 else args.event
    if not args.countable:
        return event, None
    countable = register.countable(args.until)
    wanted = select_offences(register, event)
    return countable & wanted, int((wanted & ~countable).sum())


def _panel(register: Register, ages: np.ndarray, event: Any, args: argparse.Namespace) -> Panel:
    from trajectories.panel import Panel

    return Panel.from_register(
        register, ages=ages, event=event, until=args.until, persons=args.persons
    )


def _tables(panel: Panel) -> dict[str, pd.DataFrame]:
    tables = {"counts": panel.to_wide(prefix="count_")}
    if panel.exposure is not None:
        tables["years_free"] = panel.to_wide("exposure", prefix="years_free_")
    return {name: table.rename_axis("person") for name, table in tables.items()}


def _repairs(register: Register) -> pd.DataFrame | None:
    """Return what was repaired, if anything; the register hides few rows where it must."""
    repairs = register.repairs
    return None if repairs is None or not len(repairs) else repairs


def _summary(panel: Panel, uncounted: int | None, repairs: pd.DataFrame | None, out: Path) -> str:
    hidden = 0 if panel.observed is None else int((~panel.observed).sum())
    lines = [
        f"{number_in_words(panel.n_units, 'persons')} with "
        f"{number_in_words(float(np.nansum(panel.outcomes)), 'offences')} at ages "
        f"{panel.grid[0]:g} to {panel.grid[-1]:g}",
        f"{number_in_words(hidden, 'cells')} not observed, of {panel.outcomes.size:,}",
    ]
    if panel.n_left_out:
        who = number_in_words(panel.n_left_out, "persons")
        lines.append(f"{who} left out: never observed and free at these ages")
    if uncounted:
        lines.append(f"{number_in_words(uncounted, 'offences')} left out: {_LEFT_OUT}")
    if repairs is not None:
        lines += [
            f"repaired: {one.table}, {one.check}: {_rows(one.rows)}; {one.repair}"
            for one in repairs.itertuples(index=False)
        ]
    lines += [f"checks: {out / 'audit.csv'}", "", "next:", f"  {_next(panel, out)}"]
    return "\n".join(lines) + "\n"


def _rows(number: Any) -> str:
    return "few rows" if pd.isna(number) else number_in_words(number, "rows")


def _next(panel: Panel, out: Path) -> str:
    command = ["trajectories", "fit", str(out / "counts.csv"), "--id", "person"]
    if panel.exposure is not None:
        command += ["--exposure", str(out / "years_free.csv")]
    return shlex.join(command)
