"""How the time of one EM iteration grows with persons, ages, groups and terms.

Run: python benchmarks/growth.py [--largest 10000000] [--figure docs/_static/growth.png]

Unmerged panels of counts, one thread, processor time, the shortest of several rounds. Beside each
time the bytes that an iteration reads: the products of the outcomes with the basis (8 P bytes a
person) for the Poisson; for the zero-inflated Poisson patterns of counts, four bytes for some four
or five ages, and four bytes for where a person's begin. The last column is time over that of the
row above, over the same ratio of sizes: 1 is linear.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.moment_statistics import MomentStatistics
from trajectories.numerics.pattern_statistics import PatternStatistics
from trajectories.numerics.statistics import Statistics

BASE = {"persons": 300_000, "ages": 20, "groups": 4, "terms": 3}
VARIED = {
    "ages": (10, 20, 40, 80),
    "groups": (2, 4, 8, 16),
    "terms": (2, 3, 5, 7),
}


def draw(n_units: int, n_ages: int, seed: int = 0) -> np.ndarray:
    """Draw counts in which few histories are equal, in uint8, a block at a time."""
    rng = np.random.default_rng(seed)
    counts = np.empty((n_units, n_ages), dtype=np.uint8)
    for low in range(0, n_units, 200_000):
        rows = slice(low, min(low + 200_000, n_units))
        rate = rng.gamma(2.0, 0.35, rows.stop - low)[:, None]
        counts[rows] = rng.poisson(rate, (rows.stop - low, n_ages))
    return counts


def cost(counts: np.ndarray, family: str, n_groups: int, n_terms: int) -> dict[str, float]:
    """Return the processor time of one EM iteration, the shortest of several, and bytes read."""
    panel = tr.Panel.from_wide(counts, ages=np.arange(counts.shape[1]) + 12.0)
    model = Model.build(resolve(family), (n_terms - 1,) * n_groups, panel.ages)
    statistics = prepare(panel, model.family, merge=False).statistics
    statistics = statistics.projected(model.designs(panel.ages)[0])
    mixture = make_mixture(panel, model, statistics)
    theta = np.zeros((n_groups, model.n_group_parameters))
    theta[:, 0] = np.linspace(-1.5, 0.4, n_groups)
    theta[:, n_terms:] = -1.0
    state = Parameters(np.full(n_groups, -np.log(n_groups)), theta)
    state = mixture.m_step(state, mixture.e_step(state))
    taken: list[float] = []
    while len(taken) < 5 or (sum(taken) < 1.0 and len(taken) < 60):
        begin = time.process_time()
        mixture.m_step(state, mixture.e_step(state))
        taken.append(time.process_time() - begin)
    return {"seconds": min(taken), "bytes": read_by(statistics)}


def read_by(statistics: Statistics) -> int:
    """Return the bytes of the panel that one iteration reads."""
    if isinstance(statistics, PatternStatistics):
        return statistics.patterns.entries.nbytes + statistics.patterns.pointer.nbytes
    assert isinstance(statistics, MomentStatistics)
    held = statistics._products
    return int(statistics.outcome.nbytes if held is None else held.nbytes)


def measure(largest: int) -> pd.DataFrame:
    """Return one row a size: what was varied, its value, family, seconds and bytes."""
    sizes = [{**BASE, "persons": n} for n in 10 ** np.arange(3, 8) if n <= largest]
    names = ["persons"] * len(sizes)
    for name, values in VARIED.items():
        sizes += [{**BASE, name: value} for value in values]
        names += [name] * len(values)
    rows = []
    for name, size in zip(names, sizes, strict=True):
        counts = draw(int(size["persons"]), size["ages"])
        for family in ("poisson", "zip"):
            row = {"varied": name, "value": int(size[name]), "family": family}
            rows.append(row | cost(counts, family, size["groups"], size["terms"]))
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def table_of(frame: pd.DataFrame) -> str:
    """Return the times as Markdown."""
    rows = []
    for (family, name), part in frame.groupby(["family", "varied"], sort=False):
        before = part.shift()
        growth = (part["seconds"] / before["seconds"]) / (part["value"] / before["value"])
        for (_, row), ratio in zip(part.iterrows(), growth, strict=True):
            rows.append(
                [
                    f"{family}, {name}",
                    f"{row['value']:,}",
                    f"{1e3 * row['seconds']:.2f}",
                    f"{row['bytes'] / 1e6:.1f}",
                    f"{row['bytes'] / row['seconds'] / 1e9:.2f}",
                    "" if np.isnan(ratio) else f"{ratio:.2f}",
                ]
            )
    header = ["family, varied", "value", "ms", "MB read", "GB/s", "against linear growth"]
    return markdown_table(header, rows)


def draw_figure(frame: pd.DataFrame, path: Path) -> None:
    """Draw time against persons for both families, and the other sizes beside."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.1))
    marks = {"poisson": ("o", "-", "#0072b2"), "zip": ("s", "--", "#d55e00")}
    for family, (mark, line, colour) in marks.items():
        part = frame[(frame["family"] == family) & (frame["varied"] == "persons")]
        style = {"marker": mark, "linestyle": line, "color": colour, "label": family}
        left.loglog(part["value"], part["seconds"], **style)
    big = frame[(frame["varied"] == "persons") & (frame["family"] == "poisson")].iloc[-1]
    ends = np.array([1e3, 1e7])
    left.loglog(
        ends, big["seconds"] * ends / big["value"], color="0.6", linewidth=1, label="linear"
    )
    left.set(xlabel="persons", ylabel="seconds per EM iteration")
    left.legend(frameon=False)
    for name, mark in (("ages", "o"), ("groups", "s"), ("terms", "^")):
        for family, (_, line, colour) in marks.items():
            part = frame[(frame["family"] == family) & (frame["varied"] == name)]
            right.plot(
                part["value"],
                1e3 * part["seconds"],
                marker=mark,
                linestyle=line,
                color=colour,
                label=f"{family}, {name}",
            )
    right.set(xlabel=f"ages, groups or terms ({BASE['persons']:,} persons)", ylabel="milliseconds")
    right.set_ylim(0, 1400 * frame.loc[frame["varied"] != "persons", "seconds"].max())
    right.legend(frameon=False, fontsize="small", ncols=2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print, draw, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=10_000_000)
    parser.add_argument("--figure", type=Path, default=None)
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    at = commit()
    frame = measure(options.largest)
    table = table_of(frame)
    print(table)
    if options.figure is not None:
        draw_figure(frame, options.figure)
    if not options.no_results:
        base = ", ".join(f"{value:,} {name}" for name, value in BASE.items())
        write_section("growth", "Growth (growth.py)", f"Unless varied: {base}.\n\n{table}", at=at)


if __name__ == "__main__":
    main()
