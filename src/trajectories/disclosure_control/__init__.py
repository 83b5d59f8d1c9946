"""Statistical disclosure control: nothing that leaves tells about a few persons.

``disclosure`` is the switch. Functions that return tables declare them with ``disclosed``; where
the switch is off they return what they always did.
"""

from __future__ import annotations

from trajectories.disclosure_control.columns import COUNTS_OF_PERSONS, MARK
from trajectories.disclosure_control.crossed import (
    is_below,
    is_few,
    number_in_words,
    said,
    withheld_cells,
)
from trajectories.disclosure_control.declare import (
    as_shown,
    disclosed,
    drawable,
    protect,
    protect_by_group,
    unprotected,
)
from trajectories.disclosure_control.held import holds_tables
from trajectories.disclosure_control.relations import Relation, relations_of
from trajectories.disclosure_control.secondary import withhold
from trajectories.disclosure_control.switch import DisclosureControl, disclosure

__all__ = [
    "COUNTS_OF_PERSONS",
    "MARK",
    "DisclosureControl",
    "Relation",
    "as_shown",
    "disclosed",
    "disclosure",
    "drawable",
    "holds_tables",
    "is_below",
    "is_few",
    "number_in_words",
    "protect",
    "protect_by_group",
    "relations_of",
    "said",
    "unprotected",
    "withheld_cells",
    "withhold",
]
