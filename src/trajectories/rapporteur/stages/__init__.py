"""The stages of the study, one a file: each hands over estimates by key, and tables to show."""

from __future__ import annotations

from trajectories.rapporteur.stages.careers import careers
from trajectories.rapporteur.stages.clock import Clock
from trajectories.rapporteur.stages.matched import matched_comparison
from trajectories.rapporteur.stages.populations import populations
from trajectories.rapporteur.stages.recidivism import recidivism
from trajectories.rapporteur.stages.scores import scores
from trajectories.rapporteur.stages.stage import Stage, attempt
from trajectories.rapporteur.stages.within_person import within_person_effects

__all__ = [
    "Clock",
    "Stage",
    "attempt",
    "careers",
    "matched_comparison",
    "populations",
    "recidivism",
    "scores",
    "within_person_effects",
]
