"""What a stage hands over, and what is said of one that could not be done."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from trajectories.errors import TrajectoriesError, TrajectoriesWarning
from trajectories.rapporteur.estimate import Estimate


@dataclass(frozen=True, eq=False)
class Stage:
    """What came out of a stage of the study.

    Attributes
    ----------
    estimates : mapping
        Key of a published figure → its estimate.
    tables : mapping of str to DataFrame
        To be shown, by name.
    kept : mapping of str to object
        Results that later stages or users go on with.
    notes : tuple of str
        Warnings that came up on the way, in words.
    failed : str
        Why the stage could not be done; empty where it was.
    """

    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    failed: str = ""


def attempt(work: Callable[..., Stage], *arguments: Any, **options: Any) -> Stage:
    """Do a stage; where its data do not allow it, return an empty one that says why.

    A register without controls has no matched comparison, and the rest of the study goes on.
    The library's warnings become notes: they belong in the report, and every one is kept.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrajectoriesWarning)
        try:
            done = work(*arguments, **options)
        except TrajectoriesError as error:
            done = Stage(failed=str(error))
    ours = [one for one in caught if issubclass(one.category, TrajectoriesWarning)]
    for one in caught:
        if one not in ours:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    notes = tuple(dict.fromkeys(str(one.message) for one in ours))
    return replace(done, notes=(*done.notes, *notes))
