"""Tables in, arrays out: panels of outcomes by age, register tables, checks and audit."""

from __future__ import annotations

from trajectories.panel.panel import Panel
from trajectories.panel.register import Register

__all__ = ["Panel", "Register"]
