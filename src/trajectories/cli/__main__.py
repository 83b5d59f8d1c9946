"""``python -m trajectories.cli``."""

from __future__ import annotations

import sys

from trajectories.cli import main

sys.exit(main())
