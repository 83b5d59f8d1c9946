"""The kind of each offence: its type as registered, or its group in a classification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.careers.histories import Histories
from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, IntArray, counted
from trajectories.panel.classification import OffenceClassification


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Hold the kinds of M offences.

    Attributes
    ----------
    names : tuple of str
        In alphabetical order; those that occur.
    code : ndarray of int, shape (M,)
    """

    names: tuple[str, ...]
    code: IntArray


def kinds_of(made: Histories, classification: OffenceClassification | None = None) -> Kinds:
    """Return the kind of each offence.

    Raises
    ------
    InputError
        If a type is missing, or unknown to the classification.
    """
    if classification is not None:
        values = classification.classify(_types(made))["offence_group"]
    else:
        values = made.column("offence_type")
    missing = int(values.isna().sum())
    if missing:
        raise InputError(
            f"register: offence_type missing in {counted(missing, 'offence')}; fill it in, or "
            "leave these offences out with event= (a boolean Series over the offences)"
        )
    code, names = pd.factorize(values, sort=True)
    return Kinds(tuple(str(name) for name in names), code.astype(np.int64))


def seriousness_of(made: Histories, classification: OffenceClassification) -> FloatArray:
    """Return the seriousness of each offence, (M,)."""
    found = classification.classify(_types(made))["seriousness"]
    return found.to_numpy(dtype=np.float64)


def ordered_by_seriousness(made: Histories, classification: OffenceClassification) -> Kinds:
    """Return the types of the offences, the least serious first; ties in alphabetical order."""
    kinds = kinds_of(made)
    first = np.array([np.argmax(kinds.code == k) for k in range(len(kinds.names))], dtype=np.int64)
    serious = seriousness_of(made, classification)[first] if len(first) else np.empty(0)
    order = np.argsort(serious, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Kinds(tuple(kinds.names[k] for k in order), rank[kinds.code])


def _types(made: Histories) -> pd.DataFrame:
    return pd.DataFrame({"offence_type": made.column("offence_type").to_numpy()})
