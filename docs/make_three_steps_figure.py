"""Draw docs/_static/three-steps.png: odds ratios by method, from docs/how-to/three-steps.md.

python docs/make_three_steps_figure.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import trajectories as tr

HERE = Path(__file__).parent


def main() -> None:
    page = (HERE / "how-to" / "three-steps.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
        if "figure" in names:
            break
    tr.plot.save(names["figure"], HERE / "_static" / "three-steps.png")


if __name__ == "__main__":
    main()
