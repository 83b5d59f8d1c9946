"""Does the score rank persons as the events do? Area under the curve, Harrell's and Uno's C."""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectories.numerics.censoring_weights import uncensored_before
from trajectories.numerics.concordance import area_under_curve, concordance
from trajectories.profiles.judged import Judged
from trajectories.profiles.measures import absent, on_logit


def discrimination(judged: Judged, z: float) -> list[dict[str, Any]]:
    """Return rows of auc, and with times of harrell_c and uno_c up to the horizon.

    The area compares who had the event by the horizon with who is known to be without it then,
    weighted for censoring; without censoring its variance is DeLong's. The C indices count pairs
    whose first event lies at or before the horizon, where somebody is still followed up: nothing
    is asked of the time after the reference date at which all others are censored.
    """
    names = ["auc"] if judged.time is None else ["auc", "harrell_c", "uno_c"]
    if judged.gap:
        return [absent(judged, name, judged.gap) for name in names]
    found = [on_logit(judged, "auc", area(judged), z)]
    if judged.time is None or judged.event is None or judged.horizon is None:
        return found
    event = judged.event & (judged.time <= judged.horizon)
    time = np.minimum(judged.time, judged.horizon)
    free = uncensored_before(judged.time, judged.event, time)
    ones = np.ones(judged.persons)
    for name, weight in (("harrell_c", ones), ("uno_c", 1 / free**2)):
        weight = np.where(event, weight, 0.0)
        found.append(on_logit(judged, name, concordance(judged.score, time, event, weight), z))
    return found


def area(judged: Judged) -> Any:
    """Return the area under the curve at the horizon, of persons whose outcome is known."""
    known = judged.weight > 0
    return area_under_curve(judged.score[known], judged.case[known], judged.weight[known])
