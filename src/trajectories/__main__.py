"""Run the command line as ``python -m trajectories``."""

from __future__ import annotations

import sys

from trajectories.cli import main

if __name__ == "__main__":
    sys.exit(main())
