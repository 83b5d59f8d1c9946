"""Draw data from known models, returned with their truth."""

from __future__ import annotations

from trajectories.simulate.groups import SimulatedPanel, panel_from_groups

__all__ = ["SimulatedPanel", "panel_from_groups"]
