"""Joint distribution of several yes/no traits with given marginals and a given union."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trajectories.errors import TargetError

Array = npt.NDArray[np.float64]


def joint_of_traits(marginals: npt.ArrayLike, union: float) -> Array:
    """Find the joint distribution of J traits closest to independence that fits all shares.

    Iterative proportional fitting from the independent table; the limit has the smallest
    Kullback–Leibler distance to it among all tables with these marginals and this union
    (Csiszár 1975).

    Parameters
    ----------
    marginals
        (J,) share of persons with each trait.
    union
        Share of persons with at least one of the traits.

    Returns
    -------
    ndarray
        (2**J,) probabilities; bit j of a cell's number says whether trait j is there.

    Raises
    ------
    TargetError
        Where the union is below the largest marginal or above their sum.
    """
    shares = np.asarray(marginals, float)
    if not (shares.max() - 1e-9 <= union <= min(1.0, shares.sum()) + 1e-9):
        raise TargetError(
            f"traits with shares {np.round(shares, 4).tolist()} cannot have a union of {union:g}: "
            f"it must lie in {shares.max():.4g}..{min(1.0, shares.sum()):.4g}"
        )
    has = traits_of_cells(len(shares))
    table = np.where(has, shares, 1 - shares).prod(axis=1)
    insides = np.vstack([has.T, has.any(axis=1)])
    for _ in range(2000):
        before = table
        for inside, share in zip(insides, [*shares, union], strict=True):
            table = _scale(table, inside, float(share))
        if np.abs(table - before).max() < 1e-13:
            break
    return np.asarray(table)


def traits_of_cells(n_traits: int) -> npt.NDArray[np.bool_]:
    """Return, for each of the 2**J cells, which of the J traits it stands for, (2**J, J)."""
    cells = np.arange(2**n_traits)[:, None]
    return np.asarray((cells >> np.arange(n_traits)) & 1 == 1)


def _scale(table: Array, inside: npt.NDArray[np.bool_], share: float) -> Array:
    """Scale the cells inside to sum to share, and those outside to the rest."""
    mass = table[inside].sum()
    up = share / mass if mass > 0 else 0.0
    down = (1 - share) / (1 - mass) if mass < 1 else 0.0
    return np.asarray(np.where(inside, table * up, table * down))
