"""The kind of each offence: its group in the register's classification, or its type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.histories import Histories
from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, IntArray, counted
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.register_classification import classification_of, covering
from trajectories.suggestions import did_you_mean

CHOICES = ("group", "type")


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


def kinds_of(
    made: Histories, classification: OffenceClassification | None = None, kinds: str = "group"
) -> Kinds:
    """Return the kind of each offence.

    Parameters
    ----------
    made : Histories
    classification : OffenceClassification, optional
        By default that of the register.
    kinds : {"group", "type"}
        Groups of the classification, or types as registered, which need none.

    Raises
    ------
    InputError
        If a type is missing, or unknown to the classification, or there is none.
    """
    if kinds not in CHOICES:
        raise InputError(
            f"kinds= must be 'group' or 'type', not {kinds!r}{did_you_mean(kinds, CHOICES)}"
        )
    values = _types(made)
    if kinds == "group":
        needed = "kinds of offence are groups of a classification (unless kinds='type')"
        known = classification_of(made.register, classification, needed)
        values = _classified(made, values, known)["offence_group"]
    code, names = pd.factorize(values, sort=True)
    return Kinds(tuple(str(name) for name in names), code.astype(np.int64))


def seriousness_of(
    made: Histories, classification: OffenceClassification | None = None
) -> FloatArray:
    """Return the seriousness of each offence, (M,), by the register's classification or another."""
    needed = "escalation follows the seriousness of a classification"
    known = classification_of(made.register, classification, needed)
    found = _classified(made, _types(made), known)["seriousness"]
    return found.to_numpy(dtype=np.float64)


def ordered_by_seriousness(
    made: Histories, classification: OffenceClassification | None = None
) -> Kinds:
    """Return the types of the offences, the least serious first; ties in alphabetical order."""
    kinds = kinds_of(made, kinds="type")
    first = np.array([np.argmax(kinds.code == k) for k in range(len(kinds.names))], dtype=np.int64)
    serious = seriousness_of(made, classification)[first] if len(first) else np.empty(0)
    order = np.argsort(serious, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Kinds(tuple(kinds.names[k] for k in order), rank[kinds.code])


def _types(made: Histories) -> pd.Series[Any]:
    values = made.column("offence_type")
    missing = int(values.isna().sum())
    if missing:
        raise InputError(
            f"register: offence_type missing in {counted(missing, 'offence')}; fill it in, or "
            "leave these offences out with event= (a boolean Series over the offences)"
        )
    return values


def _classified(
    made: Histories, types: pd.Series[Any], classification: OffenceClassification
) -> pd.DataFrame:
    """Return what the classification says of each offence; rows in errors are the register's."""
    table = pd.DataFrame({"offence_type": types.to_numpy()})
    if classification.unknown(table).any():
        covering(classification, made.register.offences)
    return classification.classify(table)
