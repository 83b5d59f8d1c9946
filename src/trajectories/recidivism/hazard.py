"""The hazard over time: events over time at risk, band by band."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import as_number, need_single
from trajectories.recidivism.rates import rates


@disclosed(keys=("stratum", "from", "to"))
def hazard(
    follow_up: FollowUp,
    bands: Any = None,
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the hazard as constant within bands of time, with exact Poisson intervals.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events.
    bands : sequence of float or float, optional
        Where bands begin and end, or their width; ten bands of equal width unless given.
    cause, by, level
        As for ``kaplan_meier``.

    Returns
    -------
    DataFrame
        ``stratum, from, to, persons, events, time, hazard, lower, upper``: events per unit of time
        among those who had none before. Bands in which nobody was at risk are absent.
    """
    follow_up = need_single(follow_up, "hazard")
    first, last = float(follow_up.start.min()), float(follow_up.stop.max())
    if bands is None:
        bands = np.linspace(first, last, 11)
    elif np.ndim(bands) == 0:
        bands = as_number("the width of the bands", bands)
        if not bands > 0:
            raise InputError("the width of the bands must be above 0")
        bands = np.arange(first, last + bands, bands)
    table = rates(follow_up, cause, by, level, bands, "exact")
    table = table[table["time"] > 0].reset_index(drop=True)
    return table.rename(columns={"rate": "hazard"}).drop(columns="dispersion")
