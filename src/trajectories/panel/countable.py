"""Which offences of a register lie where they can be counted: in a year of age with time free."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.panel.arrays import BoolArray
from trajectories.panel.calendar import age_on, birthday, days
from trajectories.panel.detention import refuse_unknown
from trajectories.panel.register import Register
from trajectories.panel.time_at_risk import time_at_risk


def countable_offences(register: Register, until: Any) -> pd.Series[bool]:
    """Return a mask of the offences that a panel can count; see ``Register.countable``."""
    register.require("persons", "offences", "spells")
    risk = time_at_risk(register, "all", until=until)
    ids = pd.Index(register.persons["person"])
    row = ids.get_indexer(pd.Index(register.offences["person"])).astype(np.int64)
    refuse_unknown(row < 0, np.arange(len(row)), "offence")
    day = days(register.offences, "offence_date", "offences")
    countable: BoolArray = (risk.birth[row] <= day) & (day < risk.end[row])  # False for NaT
    place = np.flatnonzero(countable)
    row, day, birth = row[place], day[place], risk.birth[row[place]]
    age = age_on(birth, day)
    free = risk.days_between(row, birthday(birth, age), birthday(birth, age + 1))
    countable[place] = free > 0
    return pd.Series(countable, index=register.offences.index, name="countable")
