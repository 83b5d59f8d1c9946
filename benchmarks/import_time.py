"""Time `import trajectories` against `import pandas`, each in fresh interpreters, in pairs.

    python benchmarks/import_time.py [--pairs 21]

The two are timed in turn, so that a machine that slows down slows both; the ratio printed is the
median over pairs, with its quartiles. The aim is at most 1.2. Names are loaded when first used, so
the time until the model and the panel are there is printed too. The time of an empty interpreter
is part of all.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time


def seconds(code: str) -> float:
    """Wall-clock time of one fresh interpreter that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


CODES = {
    "empty interpreter": "pass",
    "import pandas": "import pandas",
    "import trajectories": "import trajectories",
    "... and the model": "import trajectories as tr; tr.GroupTrajectories, tr.Panel",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=21, help="pairs of runs (default: 21)")
    n_pairs = max(2, parser.parse_args().pairs)
    for code in CODES.values():
        seconds(code)  # the first run of each compiles and fills the file cache
    times = {name: [] for name in CODES}
    for _ in range(n_pairs):
        for name, code in CODES.items():
            times[name].append(seconds(code))
    for name, values in times.items():
        ratios = [a / b for a, b in zip(values, times["import pandas"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"{name:20s} {1e3 * statistics.median(values):8.1f} ms   "
            f"{middle:6.3f} of import pandas (quartiles {low:.3f} to {high:.3f})"
        )


if __name__ == "__main__":
    main()
