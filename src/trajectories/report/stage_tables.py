"""The tables of the stages of a replication, as they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from trajectories.disclosure_control import disclosure, protect
from trajectories.matching.few_persons import PART_OF

if TYPE_CHECKING:
    from trajectories.matching import MatchedSets

__all__ = ["STAGE_TABLES", "protect_stage_tables"]

STAGE_TABLES: Mapping[str, Mapping[str, Any]] = {
    "populations": {"part_counts": ("compared",), "parts": ()},
    "careers": {},
    "careers_by_age": {},
    "onset_by_age": {},
    "risk_factors": {"part_counts": PART_OF, "parts": ()},
    "risk_contrasts": {"part_counts": PART_OF, "parts": ()},
    "within_person": {"parts": ()},
    "within_person_base": {"parts": ()},
    "event_study": {"parts": ()},
    "recidivism": {},
    "recidivism_curves": {},
    "score_forecast": {"parts": ()},
    "score_groups": {"parts": ()},
    "score_calibration": {"parts": ()},
}
"""Table → what ``protect`` is told of it; the usual names of columns say the rest."""


def protect_stage_tables(
    tables: Mapping[str, pd.DataFrame], minimum_cell: int, sets: MatchedSets | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of the stages that are there, under the switch for small cells.

    Made-up histories count nobody. ``followed`` repeats the table of figures, and is left out
    where numbers are suppressed.

    Parameters
    ----------
    tables : mapping
        ``replication.tables``.
    minimum_cell : int
    sets : MatchedSets, optional
        For the table of balance, which protects itself.
    """
    with disclosure(minimum_cell, disclosure.rounding):
        shown = {
            name: protect(tables[name], name=name, **declared)
            for name, declared in STAGE_TABLES.items()
            if name in tables
        }
        if "balance" in tables and sets is not None:
            shown["balance"] = sets.balance()
        if "followed" in tables and not disclosure.is_on:
            shown["followed"] = tables["followed"]
    if "score_examples" in tables:
        shown["score_examples"] = tables["score_examples"]
    return shown
