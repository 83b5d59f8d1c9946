"""Which classification of offences a register carries, and which one an analysis goes by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.offence_labels import unknown_types
from trajectories.panel.register_files import load_classification
from trajectories.panel.register_folder import ABOUT, NOT_GIVEN, only_file

if TYPE_CHECKING:
    from trajectories.panel.register import Register

NAME = "classification"
"""Of the file in a register's folder, and of the entry in its ``register.json``."""


def as_classification(
    given: Any, separator: str = ",", decimal: str = "."
) -> OffenceClassification | None:
    """Return a classification of what a user gives for one; None: offences are not classified.

    Raises
    ------
    InputError
        If it is no classification, no table or file of one, not "default" and not None.
    """
    if given is None or isinstance(given, OffenceClassification):
        return given
    if isinstance(given, str) and given == "default":
        return OffenceClassification.default()
    if isinstance(given, pd.DataFrame):
        return OffenceClassification.from_frame(given)
    if isinstance(given, str | Path):
        return OffenceClassification.from_frame(load_classification(given, separator, decimal))
    raise InputError(
        "classification= must be an OffenceClassification, a table or a file of one, 'default', or "
        f"None where offences are not classified, not {type(given).__name__}"
    )


def classification_to_read(
    folder: Any, given: Any, separator: str, decimal: str
) -> OffenceClassification | None:
    """Return the classification given, else that of the folder, else the default one."""
    if given is not NOT_GIVEN:
        return as_classification(given, separator, decimal)
    if folder is None:
        return OffenceClassification.default()
    return classification_in(Path(folder), separator, decimal)


def classification_in(
    place: Path, separator: str = ",", decimal: str = "."
) -> OffenceClassification | None:
    """Return the classification that lies in a register's folder, the default one without it."""
    path = only_file(place, NAME)
    if path is not None:
        return as_classification(path, separator, decimal)
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        about = {}  # who needs the file says what is wrong with it
    unclassified = isinstance(about, dict) and NAME in about and about[NAME] is None
    return None if unclassified else OffenceClassification.default()


def said_of(classification: OffenceClassification | None) -> str:
    """Return what the representation of a register says of a classification of its own."""
    if classification is None:
        return ", offence types not classified"
    if classification == OffenceClassification.default():
        return ""
    groups = names(dict.fromkeys(classification.table["offence_group"]))
    return f", own classification of {counted(len(classification), 'type')} in {groups}"


def classification_of(register: Register, given: Any, needed: str) -> OffenceClassification:
    """Return the classification given in a call, else the register's own.

    Parameters
    ----------
    register : Register
    given : OffenceClassification or None
        None: that of the register.
    needed : str
        What needs one, and what else the user can do: "event='serious' needs …".

    Raises
    ------
    InputError
        If there is neither, or the one given lacks types of the register.
    """
    if given is None:
        if register.classification is not None:
            return register.classification
        raise InputError(
            f"{needed}, and the register's offence types are not classified "
            "(classification=None): give it one with register.with_classification(own)"
        )
    own = as_classification(given)
    assert own is not None
    covering(own, register.offences)
    return own


def covering(classification: OffenceClassification, offences: pd.DataFrame) -> None:
    """Refuse a classification that lacks types of the offences; missing types are another matter.

    Raises
    ------
    InputError
        How many rows, and which types.
    """
    unknown = classification.unknown(offences)
    unknown &= np.asarray(offences["offence_type"].notna(), dtype=bool)
    if unknown.any():
        raise InputError(unknown_types(offences["offence_type"][unknown], unknown))
