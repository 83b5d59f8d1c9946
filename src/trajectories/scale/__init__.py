"""Beyond one machine: panels, registers and follow-up in parts on a Dask cluster.

Needs the extra ``scale`` (dask, distributed, pyarrow); Dask is loaded when it is first used.
"""

from __future__ import annotations

from trajectories.scale.dask_follow_up import DaskFollowUp
from trajectories.scale.dask_panel import DaskPanel
from trajectories.scale.dask_register import DaskRegister
from trajectories.scale.matching_keys import eligible_pool, stratum_counts

__all__ = ["DaskFollowUp", "DaskPanel", "DaskRegister", "eligible_pool", "stratum_counts"]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
