"""Reading a selection table: the columns for the screen, and the row that somebody means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names
from trajectories.suggestions import did_you_mean

ON_SCREEN = (
    "family",
    "settings",
    "basis",
    "degree",
    "n_groups",
    "n_params",
    "llf",
    "bic",
    "icl",
    "heldout_llf",
    "smallest_share",
    "replicated",
    "stop_reason",
)
"""What a choice goes by; the table has more."""
SILENT = {"settings": "", "basis": "polynomial"}
"""Columns that say nothing where every row has this."""


def essential(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the columns for the screen, and a sentence about the others."""
    pairs = zip(table["n_replicated"], table["n_finished"], strict=True)
    of = table.assign(replicated=[f"{n} of {most}" for n, most in pairs])
    silent = [c for c, value in SILENT.items() if c in table.columns and (table[c] == value).all()]
    shown = [c for c in ON_SCREEN if c in of.columns and c not in silent]
    noted = table.get("notes", pd.Series("", index=table.index)).fillna("") != ""
    notes = f"; notes on {counted(int(noted.sum()), 'candidate')}" if noted.any() else ""
    return of[shown], f".table has {len(table.columns)} columns{notes}"


def number_on_screen(value: float) -> str:
    """Return a likelihood with two decimals, a share with three."""
    return f"{value:.2f}" if abs(value) > 1 else f"{value:.3f}"


def one_row(table: pd.DataFrame, asked: Mapping[str, object]) -> int:
    """Return the number of the one row that is as asked; None asks for nothing.

    Raises
    ------
    InputError
        If there is none, or more than one: what there is, or what tells them apart.
    """
    fits = pd.Series(True, index=table.index)
    for column, value in asked.items():
        if value is None:
            continue
        wanted = tuple(value) if isinstance(value, Sequence) and value != str(value) else value
        here = table[column].map(lambda found, wanted=wanted: found == wanted)
        if not here.any():
            known = list(dict.fromkeys(table[column]))
            raise InputError(
                f"no candidate with {column}={value!r}; there are {names(known)}"
                f"{did_you_mean(value, known)}"
            )
        fits &= here
    found = fits.to_numpy().nonzero()[0]
    if len(found) == 1:
        return int(found[0])
    if not len(found):
        raise InputError("no candidate is all of this at once: see the table of the selection")
    left = table.loc[fits].astype(str)
    differing = [c for c in asked if asked[c] is None and len(left[c].unique()) > 1]
    raise InputError(
        f"{counted(len(found), 'candidate')} are so: say {names(differing or ['settings'])} too"
    )
