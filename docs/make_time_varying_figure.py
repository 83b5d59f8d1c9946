"""Draw docs/_static/time-varying-covariates.png: curves at two paths, and the effects by group.

    python docs/make_time_varying_figure.py

The panel and the fit are those of docs/how-to/time-varying-covariates.md. Run this again when the
page or the figures change.
"""

from __future__ import annotations

import re
from pathlib import Path

import trajectories as tr

HERE = Path(__file__).parent
TARGET = HERE / "_static" / "time-varying-covariates"


def fitted() -> tr.GroupTrajectoriesResults:
    """Run the page's own code up to the fit."""
    page = (HERE / "how-to" / "time-varying-covariates.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    for block in (blocks[0], blocks[2]):
        exec(block, names)  # the page is ours
    results = names["res"]
    assert isinstance(results, tr.GroupTrajectoriesResults)
    return results


def main() -> None:
    results = fitted()
    figure = results.plot_at({"without a job": {"job": 0}, "with a job": {"job": 1}})
    for path in tr.plot.save(figure, TARGET, formats=("png",), dpi=130):
        print(path.name)
    effects = TARGET.with_name("time-varying-effects")
    for path in tr.plot.save(results.plot_effects(), effects, formats=("png",), dpi=130):
        print(path.name)


if __name__ == "__main__":
    main()
