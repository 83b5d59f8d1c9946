"""Beyond one machine: panels, registers and follow-up in parts on a Dask cluster.

Needs the extra ``scale`` (dask, distributed, pyarrow); loaded when it is first used.
"""

from __future__ import annotations

from trajectories.scale.dask_panel import DaskPanel

__all__ = ["DaskPanel"]
