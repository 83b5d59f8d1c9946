"""A fit of a panel on disk that is larger than the memory the process may use.

Run: python benchmarks/out_of_core.py [--persons 24000000] [--limit 700]   (Linux, needs pyarrow)

A register-like panel (see ``country.py``) is written as Parquet in row groups. Another process then
limits its own memory (``RLIMIT_DATA``: everything but file-backed pages) to less than the counts
take, reads the row groups with ``Panel.from_parquet`` and fits five groups.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import multiprocessing
import resource
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
from country import register_like
from results_file import commit, write_section

import trajectories as tr


def write(path: Path, n_units: int) -> int:
    """Write the panel in row groups; return the bytes of its counts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, size = None, 0
    for seed, low in enumerate(range(0, n_units, 500_000)):
        ages, counts = register_like(min(500_000, n_units - low), seed=seed)
        frame = pd.DataFrame(counts, columns=[f"{age:g}" for age in ages])
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=100_000)
        size += counts.nbytes
    assert writer is not None
    writer.close()
    return size


def fit(path: Path, limit: int, answer: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    """Read and fit under a limit; answer with seconds, units and how the fit ended."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
    begin = time.perf_counter()
    panel = tr.Panel.from_parquet(path)
    read = time.perf_counter() - begin
    results = tr.GroupTrajectories(5, "poisson", 2).fit(panel)
    used = time.perf_counter() - begin - read
    answer.put((read, used, panel.n_units, str(results.stop_reason), results.n_replicated))


def main() -> None:
    """Measure, print, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=24_000_000)
    parser.add_argument("--limit", type=int, default=700, help="MB")
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    at = commit()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.parquet"
        size = write(path, options.persons)
        context = multiprocessing.get_context("spawn")
        answer = context.Queue()
        work = context.Process(target=fit, args=(path, options.limit * 10**6, answer))
        work.start()
        work.join()
        if work.exitcode:
            print("the process did not come to an end within its memory")
            return
        read, used, n_units, reason, replicated = answer.get()
    body = (
        f"{n_units:,} x 30 from Parquet: {size / 1e6:.0f} MB of counts in uint8, process limited "
        f"to {options.limit} MB of memory of its own, libraries included. Read and spooled in "
        f"{read:.0f} s, fitted (Poisson, K = 5) in {used:.0f} s: {reason}, {replicated} starts in "
        "the mode."
    )
    print(body)
    if not options.no_results:
        write_section("out_of_core", "Larger than memory (out_of_core.py)", body, at=at)


if __name__ == "__main__":
    main()
