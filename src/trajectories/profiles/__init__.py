"""Scoring profiles responsibly: what a history so far says, and what it does not."""

from __future__ import annotations

from trajectories.profiles.audit_trail import audit_record, write_audit_record
from trajectories.profiles.card import ModelCard
from trajectories.profiles.card_document import CardDocument, card_document
from trajectories.profiles.contributions import contributions, development
from trajectories.profiles.drift import Drift, drift
from trajectories.profiles.error_rates import error_rates
from trajectories.profiles.flags import Flag
from trajectories.profiles.histories import Histories
from trajectories.profiles.model import ScoringModel, load, publish
from trajectories.profiles.reading import histories_from_table
from trajectories.profiles.recalibrate import recalibrate
from trajectories.profiles.risk_ahead import risk_ahead
from trajectories.profiles.score import score
from trajectories.profiles.support import Support
from trajectories.profiles.tripod import Tripod, tripod
from trajectories.profiles.validate import Validation, validate
from trajectories.profiles.validate_forecast import validate_forecast

__all__ = [
    "CardDocument",
    "Drift",
    "Flag",
    "Histories",
    "ModelCard",
    "ScoringModel",
    "Support",
    "Tripod",
    "Validation",
    "audit_record",
    "card_document",
    "contributions",
    "development",
    "drift",
    "error_rates",
    "histories_from_table",
    "load",
    "publish",
    "recalibrate",
    "risk_ahead",
    "score",
    "tripod",
    "validate",
    "validate_forecast",
    "write_audit_record",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
