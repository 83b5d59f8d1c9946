"""The ages of the columns of a wide file."""

from __future__ import annotations

import argparse

import numpy as np

from trajectories.cli.columns import listed, trailing_number
from trajectories.errors import InputError
from trajectories.panel.arrays import counted

__all__ = ["wide_ages"]


def wide_ages(columns: list[str], args: argparse.Namespace) -> tuple[list[str], np.ndarray]:
    """Return columns of counts in order of age, and their ages.

    Where the names end in numbers these are the ages, and ``--ages`` keeps some of them; it never
    gives a column another age than its name has. Names that only number waves, 1 to the last, get
    ages by ``--relabel-ages``; columns without numbers by either option.

    Raises
    ------
    InputError
        If ages are asked for that no column has, or are more or fewer than the columns.
    """
    numbers = [trailing_number(name) for name in columns]
    if any(number is None for number in numbers):
        return columns, _given(columns, args)
    by_number = sorted(zip((float(str(number)) for number in numbers), columns, strict=True))
    have, names = [number for number, _ in by_number], [name for _, name in by_number]
    if args.relabel_ages is not None:
        return names, _relabelled(names, have, args)
    wanted = have if args.ages is None else args.ages
    absent = [f"{age:g}" for age in wanted if age not in have]
    if absent:
        waves = _are_waves(have)
        advice = (
            "; if they number waves, give the ages of all of them with --relabel-ages"
            if waves
            else ""
        )
        raise InputError(
            f"--ages: no column of counts for {counted(len(absent), 'age')} "
            f"({listed(absent, quoted=False)}); the columns {names[0]} to {names[-1]} are of ages "
            f"{have[0]:g} to {have[-1]:g}{advice}"
        )
    kept = [(number, name) for number, name in by_number if number in set(wanted)]
    return [name for _, name in kept], np.array([number for number, _ in kept], dtype=float)


def _given(columns: list[str], args: argparse.Namespace) -> np.ndarray:
    asked, option = args.ages, "--ages"
    if asked is None:
        asked, option = args.relabel_ages, "--relabel-ages"
    if asked is None:
        raise InputError("the columns of counts do not end in numbers: give their --ages")
    return _as_many(asked, columns, option)


def _relabelled(names: list[str], have: list[float], args: argparse.Namespace) -> np.ndarray:
    if args.ages is not None:
        raise InputError("give --ages or --relabel-ages, not both")
    if not _are_waves(have):
        raise InputError(
            f"--relabel-ages is for columns numbered as waves from 1; {names[0]} to {names[-1]} "
            "carry other numbers: keep some of them with --ages, or rename the columns"
        )
    return _as_many(args.relabel_ages, names, "--relabel-ages")


def _are_waves(numbers: list[float]) -> bool:
    return numbers == [float(wave) for wave in range(1, len(numbers) + 1)]


def _as_many(asked: list[float], columns: list[str], option: str) -> np.ndarray:
    if len(asked) != len(columns):
        raise InputError(
            f"{option} names {counted(len(asked), 'age')}, but there "
            f"{'is' if len(columns) == 1 else 'are'} {counted(len(columns), 'column')} of counts"
        )
    return np.array(asked, dtype=float)
