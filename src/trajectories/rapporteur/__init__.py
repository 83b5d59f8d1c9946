"""The Rapporteur's study: published figures, the synthetic register, and the replication."""

from __future__ import annotations

from trajectories.rapporteur.figures import figures
from trajectories.rapporteur.render import read_register, write_register, write_truth
from trajectories.rapporteur.replicate import Replication, replicate
from trajectories.rapporteur.simulate import simulate
from trajectories.rapporteur.truth import Truth

__all__ = [
    "Replication",
    "Truth",
    "figures",
    "read_register",
    "replicate",
    "simulate",
    "write_register",
    "write_truth",
]
