"""Covariates that carry no conditional estimate: constant, collinear, separating."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.conditional_strata import Strata
from trajectories.numerics.types import FloatArray

COLLINEAR = 1e-9
"""Smallest part of a column, relative to its length, that the other columns must leave over."""

SAFE = 1e-8
"""Smallest eigenvalue of the correlations that no rounding can have made out of 0."""

MINOR = 0.02
"""A direction's components below this part of its largest one are taken for 0."""

SLACK = 1e-6
"""Violations of separation below this many standard deviations are rounding."""


def listed(names: Sequence[str]) -> str:
    """Quote names, separated by commas."""
    return ", ".join(repr(name) for name in names)


def refuse_constant(strata: Strata) -> None:
    """Raise an InputError that names columns without variation within informative strata."""
    flat = [name for name, scale in zip(strata.names, strata.scale, strict=True) if scale == 0]
    if flat:
        raise InputError(
            f"design: {listed(flat)} never varies within any of the "
            f"{strata.counts.informative_strata:,} strata whose outcome varies, so a conditional "
            "likelihood says nothing about its effect: leave it out, or compare between strata"
        )


def refuse_collinear(strata: Strata) -> None:
    """Raise an InputError that names columns that follow from those before, within strata."""
    weighted = strata.design * np.sqrt(strata.spread(strata.weight))[:, None]
    if _far_from_collinear(weighted):
        return
    triangle = np.linalg.qr(weighted, mode="r")
    # what is left of each column beside those before it; all have one length
    left = np.zeros(weighted.shape[1])
    left[: len(triangle)] = np.abs(np.diag(triangle))
    dependent = np.flatnonzero(left <= COLLINEAR * left[0])
    if dependent.size:
        found = listed([strata.names[p] for p in dependent])
        raise InputError(
            f"design: {found} is a combination of the columns before it within strata: leave it out"
        )


def _far_from_collinear(columns: FloatArray) -> bool:
    """Tell at once, from the correlations, where no column can be a combination of others."""
    gram = columns.T @ columns
    length = np.sqrt(np.diag(gram))
    return bool(np.linalg.eigvalsh(gram / np.outer(length, length))[0] > SAFE)


def separated_by(strata: Strata, direction: FloatArray) -> tuple[str, ...]:
    """Return the columns along which a direction separates events from other rows, or ().

    The conditional likelihood has no maximum if, in every stratum, each row with an event lies at
    least as far along some direction as each row without, and farther somewhere (Albert &
    Anderson 1984 for the unconditional likelihood, applied here within strata); that of counts,
    if each row with an event lies farthest of its stratum.

    Parameters
    ----------
    direction : ndarray, shape (P,)
        In columns of the scaled design; that in which Newton steps run off, say.
    """
    size = np.abs(direction)
    main = np.where(size >= MINOR * size.max(), direction, 0.0)
    single = [np.sign(main[p]) * unit for p, unit in enumerate(np.eye(len(main))) if main[p]]
    for candidate in (*single, main, direction):
        if _separates(strata, candidate):
            return tuple(strata.names[p] for p in np.flatnonzero(candidate))
    return ()


def _separates(strata: Strata, direction: FloatArray) -> bool:
    along = strata.design @ direction
    event = strata.outcome > 0
    lowest = np.minimum.reduceat(np.where(event, along, np.inf), strata.first)
    # counts pile up without end in rows that lie farthest: there, events are compared with each
    # other too
    others = np.where(event, -np.inf, along) if strata.binary else along
    highest = np.maximum.reduceat(others, strata.first)
    slack = SLACK * np.abs(direction).max()
    # the direction varies within strata, so where it orders all pairs it orders some strictly
    return bool((lowest - highest >= -slack).all() and np.abs(along).max() > slack)


def separation_message(names: Sequence[str]) -> str:
    """Say that columns separate, and what to do."""
    what = listed(names) if len(names) == 1 else f"a combination of {listed(names)}"
    return (
        f"design: {what} separates: it never lies the other way between a row with and a row "
        "without an event of the same stratum, so the likelihood rises without end and no finite "
        "estimate exists; leave it out, merge categories, or use more data"
    )
