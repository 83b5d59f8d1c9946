"""A part of a register: some persons with their offences, spells and ties."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from trajectories.panel import Register


def only(register: Register, persons: pd.Index[int]) -> Register:
    """Return the register of some persons; what looks at few should not read the tables of all.

    Their relatives are no longer in it, so that it says nothing about these.
    """

    def own(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["person"].isin(persons)].reset_index(drop=True)

    return replace(
        register,
        persons=own(register.persons),
        offences=own(register.offences),
        spells=own(register.spells),
        relations=own(register.relations),
    )
