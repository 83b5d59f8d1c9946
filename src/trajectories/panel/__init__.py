"""Tables in, arrays out: panels of outcomes by age, register tables, checks and audit."""

from __future__ import annotations

from trajectories.panel.arrays import widened
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.follow_up import FollowUp
from trajectories.panel.panel import Panel
from trajectories.panel.register import Register
from trajectories.panel.time_at_risk import TimeAtRisk, time_at_risk

__all__ = [
    "FollowUp",
    "OffenceClassification",
    "Panel",
    "Register",
    "TimeAtRisk",
    "time_at_risk",
    "widened",
]
