"""Cards and reporting items of a model, evaluated on persons of whom few had the outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories import profiles
from trajectories.groups import GroupTrajectoriesResults

CARD = {
    "population": "planted persons of a test",
    "country": "nowhere",
    "years": (2000, 2004),
    "inclusion": "all of the planted persons",
    "fitted_by": "the tests",
    "intended_use": "to be read by a test",
    "limits": "speaks of nobody at all",
    "valid_until": "2999-12-31",
}
N = 300


def evaluated(events: int) -> profiles.Validation:
    """Return a validation of 300 persons of whom so many had the outcome; four refused."""
    rng = np.random.default_rng(12)
    outcome = np.zeros(N)
    outcome[:events] = 1.0
    risk = np.clip(0.2 + 0.3 * outcome + rng.normal(0.0, 0.1, N), 0.01, 0.99)
    risk[-4:] = np.nan
    place = np.where(np.arange(N) % 50 < 1, "rare", "usual")
    return profiles.validate(risk, outcome, by=pd.Series(place, name="place"))


def outputs(
    model: GroupTrajectoriesResults,
    small: GroupTrajectoriesResults,
    panel: tr.Panel,
    panel_small: tr.Panel,
) -> dict[str, list[Callable[[], Any]]]:
    """Return what makes each output, by the name of the method that does.

    Parameters
    ----------
    model, small : GroupTrajectoriesResults
        A fit without small groups, and one with a group of few.
    panel, panel_small : Panel
        What they were fitted to, 314 persons each.
    """
    few = profiles.ModelCard(**CARD, n_by_subgroup={"women": 310})
    many = profiles.ModelCard(**CARD, n_by_subgroup={"men": 200})
    with tr.disclosure(minimum_cell=0):
        fitted = [profiles.publish(model, panel, few), profiles.publish(small, panel_small, few)]
        fitted.append(profiles.publish(model, panel, many))
        told = {events: evaluated(events) for events in (6, 60, 294)}

    def documents(make: Callable[..., Any], form: str) -> list[Callable[[], Any]]:
        pairs = [(0, 6), (1, 60), (2, 294), (2, 60)]
        found = [lambda m=m, e=e: getattr(make(fitted[m], told[e]), form)() for m, e in pairs]
        # evaluated under the switch too
        return [*found, lambda: getattr(make(fitted[2], evaluated(6)), form)()]

    return {
        "CardDocument.to_html": documents(profiles.card_document, "to_html"),
        "CardDocument.to_markdown": documents(profiles.card_document, "to_markdown"),
        "Tripod.to_html": documents(profiles.tripod, "to_html"),
        "Tripod.to_markdown": documents(profiles.tripod, "to_markdown"),
        "Validation.discrimination": [
            lambda e=e: evaluated(e).discrimination for e in (6, 60, 294)
        ],
    }
