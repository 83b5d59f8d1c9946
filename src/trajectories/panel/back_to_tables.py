"""A panel as tables again: wide or long, with what was not observed left empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import names

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel


class GivesTables:
    """Give a panel's cells as frames; mixed into ``Panel``."""

    def to_wide(
        self, what: Literal["outcomes", "exposure"] = "outcomes", prefix: str = ""
    ) -> pd.DataFrame:
        """Return a row a unit and a column an age, NaN where not observed.

        ``Panel.from_wide(panel.to_wide(), exposure=panel.to_wide("exposure"))`` is the panel again.
        The array ``outcomes`` is 0 in cells that were not observed, and no table to pass on.

        Parameters
        ----------
        what : {"outcomes", "exposure"}
            Offences, or years free.
        prefix : str
            Put before the ages in the names of the columns (``"count_"`` for ``trajectories fit``);
            without it they are the ages as numbers.

        Raises
        ------
        InputError
            If the panel has no exposure, or every unit ages of its own: ``to_long`` has these.
        """
        panel = _panel(self)
        panel.require_common_ages("to_wide")
        if what not in ("outcomes", "exposure"):
            raise InputError(f"to_wide: choose among {names(['outcomes', 'exposure'])}")
        values = panel.outcomes if what == "outcomes" else panel.exposure
        if values is None:
            raise InputError("to_wide: this panel was made without exposure")
        cells = _seen(panel, values)
        whole = (panel.ages == np.floor(panel.ages)).all()
        ages = panel.ages.astype(np.int64) if whole else panel.ages
        columns: Any = [f"{prefix}{age}" for age in ages] if prefix else ages
        return pd.DataFrame(cells, index=panel.units, columns=columns)

    def to_long(self) -> pd.DataFrame:
        """Return a row for each observed cell: ``unit``, ``age``, ``outcome`` and more.

        ``exposure`` where the panel has it, ``weight``, and a column for each time-varying
        covariate. Cells that were not observed have no row.
        """
        panel = _panel(self)
        shape = panel.outcomes.shape
        seen = np.ones(shape, dtype=bool) if panel.observed is None else panel.observed
        row, column = np.nonzero(seen)
        ages = panel.ages[column] if panel.individual_ages is None else panel.individual_ages[seen]
        table = {"unit": panel.units.take(row), "age": ages, "outcome": panel.outcomes[seen]}
        if panel.exposure is not None:
            table["exposure"] = panel.exposure[seen]
        if panel.weights is not None:
            table["weight"] = panel.weights[row]
        for name, values in (panel.covariates or {}).items():
            table[name] = values[seen]
        return pd.DataFrame(table)


def _panel(tables: GivesTables) -> Panel:
    return tables  # type: ignore[return-value]  # mixed into Panel only


def _seen(panel: Panel, values: Any) -> Any:
    return values.copy() if panel.observed is None else np.where(panel.observed, values, np.nan)
