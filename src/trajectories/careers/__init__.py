"""Criminal-career measures: a register in, tidy frames with intervals and numbers of persons out.

Every function takes ``by=`` (a column of the persons, or a group of each person) or
``posterior=`` (group probabilities, a row a person), and describes everybody too.
"""

from __future__ import annotations

from trajectories.careers.co_offending import co_offending
from trajectories.careers.concordance import concordance
from trajectories.careers.concordance_in_time import concordance_in_time
from trajectories.careers.describe import describe
from trajectories.careers.desistance import desistance
from trajectories.careers.duration import duration
from trajectories.careers.escalation import escalation
from trajectories.careers.frequency import frequency
from trajectories.careers.intermittency import intermittency
from trajectories.careers.lead_up import lead_up
from trajectories.careers.onset import onset, onset_distribution
from trajectories.careers.participation import participation
from trajectories.careers.prevalence import cumulative_prevalence
from trajectories.careers.relatives import records_of_relatives, relatives_with_record
from trajectories.careers.specialisation import specialisation
from trajectories.careers.timelines import timelines
from trajectories.careers.transitions import transitions
from trajectories.careers.versatility import diversity, versatility

__all__ = [
    "co_offending",
    "concordance",
    "concordance_in_time",
    "cumulative_prevalence",
    "describe",
    "desistance",
    "diversity",
    "duration",
    "escalation",
    "frequency",
    "intermittency",
    "lead_up",
    "onset",
    "onset_distribution",
    "participation",
    "records_of_relatives",
    "relatives_with_record",
    "specialisation",
    "timelines",
    "transitions",
    "versatility",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
