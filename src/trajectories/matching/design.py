"""What a matched design asks for, checked before any data is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, get_args

from trajectories.errors import InputError
from trajectories.matching.names import Distance, Method, Missing, Order
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.greedy_assignment import Wish
from trajectories.panel.arrays import names
from trajectories.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Design:
    """Hold the arguments of a match; see ``match`` for their meaning.

    Attributes
    ----------
    exact, nearest : tuple of str
        Columns that must agree, and columns that distance is measured in.
    distance : str
    caliper : tuple of (str, float)
        Column (``"distance"`` for the distance itself) and width.
    caliper_scale : str
        "sd" or "units".
    wish : Wish
        Least and most controls a case has in each population.
    replacement : bool
    order, method, missing : str
    seed : int
    """

    exact: tuple[str, ...]
    nearest: tuple[str, ...]
    distance: Distance
    caliper: tuple[tuple[str, float], ...]
    caliper_scale: str
    wish: Wish
    replacement: bool
    order: Order
    method: Method
    missing: Missing
    seed: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the design looks at, once."""
        extra = (column for column, _ in self.caliper if column != "distance")
        return tuple(dict.fromkeys([*self.exact, *self.nearest, *extra]))


def make_design(
    *,
    exact: Any,
    nearest: Any,
    distance: Any,
    caliper: Any,
    caliper_scale: str,
    ratio: Any,
    replacement: bool,
    order: str,
    method: str,
    missing: str,
    seed: Any,
) -> Design:
    """Return the checked arguments.

    Raises
    ------
    InputError
        Naming the argument that cannot be used, and what can.
    """
    exact_columns, nearest_columns = _columns(exact, "exact"), _columns(nearest, "nearest")
    both = [column for column in nearest_columns if column in exact_columns]
    if both:
        raise InputError(f"column {names(both)} is both in exact= and in nearest=: choose one")
    if distance is None:
        distance = "plain" if len(nearest_columns) < 2 else "mahalanobis"
    _one_of("distance", distance, get_args(Distance))
    _one_of("order", order, get_args(Order))
    _one_of("method", method, get_args(Method))
    _one_of("missing", missing, get_args(Missing))
    _one_of("caliper_scale", caliper_scale, ("sd", "units"))
    if distance != "plain" and not nearest_columns:
        raise InputError(f"distance={distance!r} needs columns: name them in nearest=")
    if method == "optimal" and replacement:
        raise InputError(
            "method='optimal' is for controls who serve once; with replacement=True the nearest "
            "control of each case is optimal already: leave method='nearest'"
        )
    return Design(
        exact=exact_columns,
        nearest=nearest_columns,
        distance=distance,
        caliper=_caliper(caliper, nearest_columns),
        caliper_scale=caliper_scale,
        wish=_wish(ratio),
        replacement=bool(replacement),
        order=order,  # type: ignore[arg-type]
        method=method,  # type: ignore[arg-type]
        missing=missing,  # type: ignore[arg-type]
        seed=whole_number("seed", seed),
    )


def _columns(value: Any, what: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, Iterable):
        raise InputError(f"{what}= must be a list of column names, not {type(value).__name__}")
    columns = tuple(listed)
    if len(set(columns)) < len(columns):
        raise InputError(f"{what}= names a column twice")
    return columns


def _one_of(what: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(
            f"{what}={value!r} is unknown: choose from {names(known)}{did_you_mean(value, known)}"
        )


def _wish(ratio: Any) -> Wish:
    pair = ratio if isinstance(ratio, (tuple, list)) else (ratio, ratio)
    whole = [int(p) for p in pair if isinstance(p, Integral) and not isinstance(p, bool)]
    if len(pair) != 2 or len(whole) != 2 or not 1 <= whole[0] <= whole[1]:
        raise InputError(
            "ratio= must be a whole number of 1 or more (controls per case), or (least, most)"
        )
    return Wish(*whole)


def _caliper(caliper: Any, nearest: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    if caliper is None:
        return ()
    widths = caliper if isinstance(caliper, Mapping) else {"distance": caliper}
    for column, width in widths.items():
        if not isinstance(width, Real) or isinstance(width, bool) or not float(width) >= 0:
            raise InputError(f"caliper of {column!r} must be a number, 0 or more")
    if "distance" in widths and not nearest:
        raise InputError("a caliper on the distance needs columns in nearest=")
    return tuple((str(column), float(width)) for column, width in widths.items())
