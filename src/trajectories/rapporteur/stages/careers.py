"""Careers: who takes part at which age, how often, from when, and with what offences."""

from __future__ import annotations

import pandas as pd

from trajectories.careers import describe, onset_distribution
from trajectories.panel import Register
from trajectories.rapporteur.figures import TRAFFICKERS
from trajectories.rapporteur.stages.stage import Stage

AGES = range(12, 41)
BY_AGE = ("participation", "frequency", "aggregate_rate", "cumulative_prevalence")
IN_TEXT = (
    "onset_age",
    "last_age",
    "duration",
    "frequency_in_career",
    "diversity_scaled",
    "desisted",
    "forward_specialisation",
)
"""Measures of the short table, in this order."""


def careers(register: Register, posterior: pd.DataFrame) -> Stage:
    """Describe the careers of the traffickers, of all and by trajectory group.

    Parameters
    ----------
    register : Register
    posterior : DataFrame
        Group probabilities, index person, a column a name.
    """
    measures = describe(register, persons=TRAFFICKERS, posterior=posterior)
    starts = onset_distribution(register, AGES, persons=TRAFFICKERS, posterior=posterior)
    by_age = measures[measures["measure"].isin(BY_AGE)]
    short = pd.concat([measures[measures["measure"] == name] for name in IN_TEXT])
    # by group too few persons have two offences of every kind
    short = short[(short["measure"] != "forward_specialisation") | (short["group"] == "all")]
    return Stage(
        tables={
            "careers": short.reset_index(drop=True),
            "careers_by_age": by_age.reset_index(drop=True),
            "onset_by_age": starts,
        }
    )
