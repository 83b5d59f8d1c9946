"""Draw the figures of docs/how-to/several-outcomes.md and attrition.md, by running these pages.

python docs/make_joint_figures.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
STATIC = DOCS / "_static"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(page: str, blocks: slice) -> dict[str, Any]:
    """Run blocks of Python of a page and return what they leave."""
    found = PYTHON.findall((DOCS / "how-to" / page).read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    exec("\n".join(found[blocks]), names)
    return names


def main() -> None:
    """Write several-outcomes.png, dual-trajectories.png and attrition.png."""
    names = run("several-outcomes.md", slice(None))
    names["res"].plot().savefig(STATIC / "several-outcomes.png", dpi=150)
    names["dual"].plot().savefig(STATIC / "dual-trajectories.png", dpi=150)
    run("attrition.md", slice(1))["res"].plot().savefig(STATIC / "attrition.png", dpi=150)


if __name__ == "__main__":
    main()
