"""What the report of the replication says, section by section."""

from __future__ import annotations

__all__ = ["INTRODUCTION", "METHODS", "NOTHING_CHANGED", "stage_notes"]

INTRODUCTION = (
    "The study followed 630 persons who were brought to trial in the Netherlands for domestic sex "
    "trafficking, from their first registered offence to July 2021, and set them beside as many "
    "general offenders and persons without a record. Its registers are not public; its figures "
    "are. This page does the study again, from the register tables to the scores, on a synthetic "
    "register in which those figures were planted."
)

METHODS = {
    "careers": (
        "Offences are counted from the register's own dates; detention is no time at risk. "
        "Participation is the share with an offence in a year of age, frequency the offences per "
        "year free of those who had one; their product is the aggregate rate."
    ),
    "groups": (
        "Careers are summarised by a group-based trajectory model: counts of offences from age 12 "
        "to 40, with the years free as exposure, second-degree curves, and the number of groups "
        "and the family chosen by BIC. Nobody's group is known; whatever is said of a group allows "
        "for that."
    ),
    "described": (
        "What is a function of the career itself is averaged with the posterior probabilities as "
        "weights; what is known from elsewhere (sex, upbringing, relatives, circumstances) is "
        "estimated in a second step with the trajectory model held fixed. Persons are never "
        "counted in their most likely group. Intervals carry the uncertainty of the groups."
    ),
    "matched": (
        "Every trafficker is matched to one general offender, who has an earlier registered "
        "offence, and to one person without any record: of the same sex and year of birth, alive "
        "and resident on the day of the first trafficking offence. Controls are drawn at random "
        "among the eligible, none twice."
    ),
    "within_person": (
        "Do years with a job, a partner or children have fewer offences than other years of the "
        "same person, at the same age? A conditional logit of offending in a year of age from 18 "
        "to 40 answers that with everything left out that does not change about a person. It "
        "says nothing of those who never, or always, offended. Only directions are published; "
        "the sizes planted are a choice of this library."
    ),
    "recidivism": (
        "The clock starts at the registration of the first trafficking case and runs in calendar "
        "time, detention included. Shares within two, five and seven years are net of death and "
        "emigration (Kaplan–Meier), those 'ever' count what was seen until the reference date."
    ),
    "scores": (
        "A score is the probability of each group given a history so far, and what it lets "
        "expect; it is no verdict on a person. Histories outside what the model has seen, and "
        "histories without an offence, are refused. The first table scores made-up histories. "
        "The others judge scores of persons the model never saw: a second register of the same "
        "truth, scored at age 25, where only a synthetic register can tell who truly belongs to "
        "which group."
    ),
    "followed": (
        "If the pipeline gave the published figures whatever the data, the tables above would "
        "look as good. So it has to follow when something else is planted. These are the figures "
        "that were planted at another value than the published one, on request or because they "
        "follow from what was requested."
    ),
}

NOTHING_CHANGED = (
    "In this run every figure was planted at its published value, within its rounding. "
    "'trajectories replicate --truth other' plants another truth, and this section then shows "
    "whether the estimates follow."
)

_STAGES = {
    "careers": "careers",
    "matched": "matched comparison",
    "within_person": "within-person effects",
    "recidivism": "recidivism",
    "scores": "scores",
}


def stage_notes(notes: dict[str, tuple[str, ...]], *stages: str) -> list[str]:
    """Return the notes of some stages as sentences, each naming its stage."""
    return [
        f"Note on {_STAGES.get(stage, stage)}: {note}"
        for stage in stages
        for note in notes.get(stage, ())
    ]
