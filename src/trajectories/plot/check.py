"""The one check that every figure makes of the frame it is given."""

from __future__ import annotations

import pandas as pd

from trajectories.errors import InputError

__all__ = ["need_columns"]


def need_columns(frame: pd.DataFrame, what: str, *columns: str) -> None:
    """Raise InputError where columns are missing or there are no rows."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"{what}: figures are drawn from the tables that results return "
            f"(results.trajectories(), say), not from {type(frame).__name__}; results.plot() "
            "draws them at once"
        )
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"{what}: columns missing for the figure: {', '.join(missing)}")
    if len(frame) == 0:
        raise InputError(f"{what}: no rows to draw")
