"""Scoring profiles responsibly: what a history so far says, and what it does not."""

from __future__ import annotations

from trajectories.profiles.card import ModelCard
from trajectories.profiles.contributions import contributions, development
from trajectories.profiles.flags import Flag
from trajectories.profiles.model import ScoringModel, load, publish
from trajectories.profiles.score import score
from trajectories.profiles.support import Support

__all__ = [
    "Flag",
    "ModelCard",
    "ScoringModel",
    "Support",
    "contributions",
    "development",
    "load",
    "publish",
    "score",
]
