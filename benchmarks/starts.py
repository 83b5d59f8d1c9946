"""How often default settings find the best known solution of every reference fit, and how fast.

Run: python benchmarks/starts.py [--seeds 100] [--reference DIRECTORY]

The reference fits (``trajectory_fits.json`` with its data) are not part of the project; without
them the script says so and stops. Every entry is fitted with default settings from each seed. A
seed counts if its log-likelihood is within 0.001 of the best known (0.01 where that is given to two
decimals); the best known is the reference's value, or a higher proper one found here. Times are
medians of whole fits on one thread, as multiples of ``Y.sum()`` of that panel's float64 outcomes
read from cache, and in milliseconds of this machine.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr

FOUND_HERE = {("TO1.csv", "zip_tau", 3): -8565.0712}
"""A proper interior maximum above the reference's value; see tests/reference."""


def panel_of(folder: Path, entry: dict) -> tr.Panel:
    """Return the panel that an entry of the reference was fitted to."""
    name, *with_exposure = entry["data"].split(" + ")
    frame = pd.read_csv(folder / name)
    if name.startswith("TO1"):
        counts = frame.set_index("id").to_numpy(float)
        exposure = None
        if with_exposure:
            exposure = pd.read_csv(folder / with_exposure[0]).set_index("id").to_numpy(float)
            if "0.05" in entry["exposure"]:
                exposure = np.maximum(exposure, 0.05)
        return tr.Panel.from_wide(counts, ages=np.arange(8, 39), exposure=exposure)
    outcomes = frame[[f"Y{wave}" for wave in range(1, 6)]].to_numpy(float)
    censoring = entry.get("censoring", "")
    if "clipped" in censoring:
        outcomes = np.clip(outcomes, -10, 12)
    if "drop" in frame:
        wave, drop = np.arange(1, 6), frame["drop"].to_numpy()[:, None]
        outcomes[(drop > 1) & (wave >= drop)] = np.nan
    return tr.Panel.from_wide(outcomes, ages=np.arange(1, 6))


def family_of(entry: dict) -> tr.families.Family:
    """Return the family of an entry, with its settings."""
    if entry["family"] == "zip":
        return tr.families.ZeroInflatedPoisson(entry["inflation_degree"])
    if entry["family"] == "censored_normal":
        limits = (-10.0, 12.0) if "clipped" in entry["censoring"] else (None, None)
        common = "common" if entry["sigma"] == "common" else "group"
        return tr.families.CensoredNormal(*limits, sigma=common)
    return tr.families.resolve(entry["family"])


def attempt(panel: tr.Panel, entry: dict, seed: int) -> tuple[float, int, float]:
    """Fit once; return the log-likelihood, how many starts reached it, and the seconds."""
    spec = tr.GroupTrajectories(entry["n_groups"], family_of(entry), entry["degree"])
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        results = spec.fit(panel, seed=seed)
    return results.llf, results.n_replicated, time.perf_counter() - start


def row_of(folder: Path, entry: dict, seeds: int) -> list[str]:
    """Return a row of the table: the model, its rate and its time."""
    panel = panel_of(folder, entry)
    key = (entry["data"], entry["family"], entry["n_groups"])
    best = FOUND_HERE.get(key, entry["llf"])
    within = 0.01 if entry.get("decimals") == 2 else 1e-3
    done = [attempt(panel, entry, seed) for seed in range(seeds)]
    llf = np.array([one[0] for one in done])
    tops = llf > llf.max() - 1e-3
    once = min(_seconds(panel.outcomes) for _ in range(50))
    median = float(np.median([one[2] for one in done]))
    reached = int((llf > best - within).sum())
    detail = entry.get("sigma") if entry["family"] == "censored_normal" else None
    return [
        f"{entry['data']} {entry['family']}{f', sigma {detail}' if detail else ''}",
        str(entry["n_groups"]),
        f"{best:.3f}",
        f"{llf.max():.3f}",
        f"{reached}/{seeds}",
        f"{int(tops.sum())}/{seeds}",
        f"{min(one[1] for one in done)}",
        f"{1000 * median:.0f}",
        f"{median / once:,.0f}",
    ]


def _seconds(values: np.ndarray) -> float:
    start = time.perf_counter()
    values.sum()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=100)
    default = os.environ.get("TRAJECTORIES_REFERENCE", "../shared/reference")
    parser.add_argument("--reference", type=Path, default=Path(default))
    arguments = parser.parse_args()
    listed = arguments.reference / "trajectory_fits.json"
    if not listed.exists():
        raise SystemExit(f"no reference fits at {listed}: give --reference")
    at = commit()
    rows = []
    for entry in json.loads(listed.read_text()):
        rows.append(row_of(arguments.reference, entry, arguments.seeds))
        print("  ".join(rows[-1]), flush=True)
    header = [
        "data and family",
        "groups",
        "best known",
        "highest here",
        "seeds that reached it",
        "seeds at the highest",
        "fewest starts that agree",
        "ms",
        "times Y.sum()",
    ]
    body = (
        "Default settings (60 starts, the best 12 run to the end), "
        f"{arguments.seeds} seeds a row.\n\n{markdown_table(header, rows)}"
    )
    write_section("starts", "Starts: how often the best known solution is found", body, at=at)


if __name__ == "__main__":
    main()
