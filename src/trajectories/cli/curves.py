"""The shape of the curves and the settings of a family, as options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trajectories.cli.options import number_list
from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.families import Family
    from trajectories.groups.bases import CurveBasis

__all__ = ["FAMILY_HELP", "add_curves", "basis", "degrees", "family"]

FAMILY_HELP = (
    "poisson (default), zip, zip_tau, negbin, zinb: counts; bernoulli: 0/1; censored_normal: a "
    "scale; beta: a share between 0 and 1"
)


def add_curves(parser: argparse.ArgumentParser) -> None:
    """Add what ``fit`` and ``select`` share about curves and families."""
    parser.add_argument(
        "--basis",
        default="polynomial",
        metavar="NAME",
        help="polynomial (default), bspline or natural_spline",
    )
    parser.add_argument(
        "--knots",
        type=number_list,
        metavar="16,20,28",
        help="interior knots of a spline, in ages (default: three, evenly spaced)",
    )
    parser.add_argument(
        "--limits",
        type=limits,
        metavar="LOW,HIGH",
        help="of censored_normal: an outcome at a limit is known to be there or beyond; leave one "
        "side empty for no limit, as in --limits=0,",
    )


def limits(text: str) -> tuple[float | None, float | None]:
    """Read '0,10', '0,' or ',10' as a lower and an upper limit."""
    parts = text.split(",")
    try:
        low, high = (float(part) if part.strip() else None for part in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not two limits such as 0,10, with one side empty for no limit"
        ) from None
    return low, high


def degrees(text: str) -> int | tuple[int, ...]:
    """Read '2', or '-1,2,3' as one degree per group."""
    try:
        values = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a degree nor a list of one degree per group, like -1,2,3"
        ) from None
    return values[0] if len(values) == 1 else values


def basis(args: argparse.Namespace) -> CurveBasis:
    """Return the basis asked for, before any file is read."""
    from trajectories.groups.bases import NAMES, resolve_basis

    if args.knots is None:
        return resolve_basis(args.basis)
    resolve_basis(args.basis)
    if args.basis == "polynomial":
        raise InputError("--knots are of a spline: give --basis bspline or natural_spline")
    return NAMES[args.basis](knots=args.knots)  # type: ignore[call-arg]


def family(name: str, args: argparse.Namespace) -> Family:
    """Return the family of a name with its settings, before any file is read."""
    from trajectories.families import resolve

    settings: dict[str, Any] = {}
    if args.inflation_degree is not None:
        settings["inflation_degree"] = args.inflation_degree
    if args.limits is not None:
        settings["lower"], settings["upper"] = args.limits
    resolve(name)
    try:
        return resolve(name, **settings)
    except TypeError:
        given = "--inflation-degree" if args.inflation_degree is not None else "--limits"
        raise InputError(f"{name} has no {given}; leave it out") from None
