"""Time `import trajectories` against `import pandas`, each in fresh interpreters, in pairs.

    python benchmarks/import_time.py [--pairs 21]

The two are timed in turn, so that a machine that slows down slows both; the ratio printed is the
median over pairs, with its quartiles. The aim is at most 1.2. The time of an empty interpreter is
printed for scale and is part of both.
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=21, help="pairs of runs (default: 21)")
    n_pairs = max(2, parser.parse_args().pairs)
    for code in ("import trajectories", "import pandas"):
        seconds(code)  # the first run of each compiles and fills the file cache
    ours, theirs, empty = [], [], []
    for _ in range(n_pairs):
        ours.append(seconds("import trajectories"))
        theirs.append(seconds("import pandas"))
        empty.append(seconds("pass"))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4)
    print(f"empty interpreter    {1e3 * statistics.median(empty):8.1f} ms")
    print(f"import pandas        {1e3 * statistics.median(theirs):8.1f} ms")
    print(f"import trajectories  {1e3 * statistics.median(ours):8.1f} ms")
    print(
        f"ratio, median of {n_pairs} pairs: {statistics.median(ratios):.3f} "
        f"(quartiles {low:.3f} to {high:.3f}; aim: at most 1.2)"
    )


if __name__ == "__main__":
    main()
