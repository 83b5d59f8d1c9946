"""Which classification of offences a register carries, and which one an analysis goes by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.offence_labels import unknown_types
from trajectories.panel.register_files import CLASSIFICATION, load_classification
from trajectories.panel.register_folder import ABOUT, NOT_GIVEN, only_file

if TYPE_CHECKING:
    from trajectories.panel.register import Register


def as_classification(
    given: Any, rename: Mapping[str, str] | None = None
) -> OffenceClassification | None:
    """Return a classification of what a user gives for one; None: offences are not classified.

    ``rename`` is column of a table → its name here, where it is not called so already.

    Raises
    ------
    InputError
        If it is no classification, no table of one, not "default" and not None.
    """
    if given is None or isinstance(given, OffenceClassification):
        return given
    if isinstance(given, str) and given == "default":
        return OffenceClassification.default()
    if isinstance(given, pd.DataFrame):
        named = {c: new for c, new in (rename or {}).items() if new not in given.columns}
        return OffenceClassification.from_frame(given.rename(columns=named))
    if is_table(given):
        raise InputError(
            "classification= is the path of a file, which only Register.read takes: give the table "
            "that pandas.read_csv makes of it"
        )
    raise InputError(
        "classification= must be an OffenceClassification, a table of one, 'default', or None "
        f"where offences are not classified, not {type(given).__name__}"
    )


def is_table(given: Any) -> bool:
    """Tell whether a classification is given as a table or the path of one."""
    return isinstance(given, pd.DataFrame | str | Path) and not (
        isinstance(given, str) and given == "default"
    )


def classification_to_read(folder: Any, given: Any) -> Any:
    """Return the classification given, else the file of the folder, else the default one."""
    if given is not NOT_GIVEN:
        return given
    return OffenceClassification.default() if folder is None else _in_folder(Path(folder))


def classification_in(place: Path) -> OffenceClassification | None:
    """Return the classification that lies in a register's folder, the default one without it."""
    found = _in_folder(place)
    return as_classification(
        load_classification(found, ",", ".", {}) if isinstance(found, Path) else found
    )


def _in_folder(place: Path) -> Path | OffenceClassification | None:
    path = only_file(place, CLASSIFICATION)
    if path is not None:
        return path
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        about = {}  # who needs the file says what is wrong with it
    unclassified = isinstance(about, dict) and about.get(CLASSIFICATION, "") is None
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
