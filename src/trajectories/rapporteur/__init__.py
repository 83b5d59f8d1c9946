"""The Rapporteur's study: published figures, the synthetic register, and the replication."""

from __future__ import annotations

from trajectories.rapporteur.coverage import Coverage, coverage
from trajectories.rapporteur.figures import figures
from trajectories.rapporteur.planted_truths import truths
from trajectories.rapporteur.render import read_register, write_register, write_truth
from trajectories.rapporteur.replicate import Replication, replicate
from trajectories.rapporteur.simulate import simulate
from trajectories.rapporteur.truth import Truth

__all__ = [
    "Coverage",
    "Replication",
    "Truth",
    "coverage",
    "figures",
    "read_register",
    "replicate",
    "simulate",
    "truths",
    "write_register",
    "write_truth",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
