"""Fits on a Dask cluster of worker processes against the same fit on one machine.

Run: python benchmarks/dask_scale.py [--units 400000] [--parts 8] [--large-parts 32]

First a panel of counts on two worker processes of one thread: time of the fit, bytes of arrays that
went between this process and the workers, and the largest difference in any parameter, standard
error and the log-likelihood from the fit of a ``Panel`` in memory on one thread. One machine first
draws its large panels down to a sample on which starts are finished; the cluster climbs with all of
the panel from each start, so that iterations are compared too. Then a panel with exposure whose
statistics are larger than the memory limit of the one worker: parts are kept on its disk. Last, a
worker process is killed in the middle of the fit of the first panel. Both machines are this one.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import signal
import time
from functools import partial

import numpy as np
from distributed import Client, LocalCluster
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.groups import Control
from trajectories.scale import DaskPanel

AGES = np.arange(12.0, 32.0)
SPEC = tr.GroupTrajectories(3, "poisson", 2)
CONTROL = Control(n_starts=12, n_finish=6)
MIB = 2**20


def counts_of(part: int, rows: int) -> np.ndarray:
    """Counts of one part, always the same."""
    rng = np.random.default_rng(part)
    curve = np.exp(-(((AGES - 19) / 6.0) ** 2))
    rate = rng.choice([0.05, 0.6, 3.0], rows, p=[0.7, 0.2, 0.1])[:, None] * curve
    return rng.poisson(rate).astype(float)


def counted(part: int, rows: int) -> tr.Panel:
    """A part with counts only."""
    return tr.Panel.from_wide(counts_of(part, rows), ages=AGES)


def exposed(part: int, rows: int) -> tr.Panel:
    """A part with years free that differ from cell to cell, so that no two rows are the same."""
    exposure = np.random.default_rng(10_000 + part).uniform(0.4, 1.0, (rows, len(AGES)))
    return tr.Panel.from_wide(counts_of(part, rows), ages=AGES, exposure=exposure)


def whole(make, n_parts: int, rows: int) -> tr.Panel:
    """All parts as one panel in memory."""
    parts = [make(part, rows) for part in range(n_parts)]
    exposure = None
    if parts[0].exposure is not None:
        exposure = np.concatenate([one.exposure for one in parts])
    counts = np.concatenate([one.outcomes for one in parts])
    return tr.Panel.from_wide(counts, ages=AGES, exposure=exposure)


def timed(work):
    start = time.perf_counter()
    value = work()
    return value, time.perf_counter() - start


def differences(one, other) -> list[str]:
    return [
        f"{np.abs(one.params - other.params).max():.1e}",
        f"{np.abs(one.bse - other.bse).max():.1e}",
        f"{abs(one.llf - other.llf) / abs(other.llf):.1e}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=400_000)
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--large-parts", type=int, default=32)
    parser.add_argument("--large-rows", type=int, default=100_000)
    parser.add_argument("--limit", type=int, default=600, help="MiB of the one worker")
    given = parser.parse_args()
    at, rows = commit(), given.units // given.parts
    options = {"processes": True, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    options |= {"threads_per_worker": 1, "silence_logs": "CRITICAL"}
    table = []

    panel = whole(counted, given.parts, rows)
    alone, alone_s = timed(lambda: SPEC.fit(panel, control=CONTROL))
    size = panel.outcomes.nbytes
    table.append(["one machine", f"{given.units:,}", f"{alone_s:.1f}", "", "", "", "", "", ""])
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster) as client:
        spread = DaskPanel.from_parts(range(given.parts), partial(counted, rows=rows), AGES)
        there, there_s = timed(lambda: SPEC.fit(spread, control=CONTROL))
        table.append(row("two workers", given.units, there_s, spread, there, alone))
        pids, killed = client.run(os.getpid), []

        def kill(now) -> None:
            if now.iterations == 5 and not killed:
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)

        again = DaskPanel.from_parts(range(given.parts), partial(counted, rows=rows), AGES)
        survived, survived_s = timed(lambda: SPEC.fit(again, control=CONTROL, callback=kill))
        table.append(row("one of them killed", given.units, survived_s, again, survived, alone))
        same = survived.parameters.theta.tobytes() == there.parameters.theta.tobytes()

    n_large = given.large_parts * given.large_rows
    few = Control(n_starts=6, n_finish=3)
    limited = LocalCluster(n_workers=1, memory_limit=given.limit * MIB, **options)
    with limited as cluster, Client(cluster):
        large = DaskPanel.from_parts(
            range(given.large_parts), partial(exposed, rows=given.large_rows), AGES
        )
        found, found_s = timed(lambda: SPEC.fit(large, control=few))
        held = large.problem(SPEC.family).parts.n_bytes
        rebuilt = large.problem(SPEC.family).parts.traffic.rebuilt
        first = row(f"limit {given.limit} MiB", n_large, found_s, large, found, found)
    large_panel = whole(exposed, given.large_parts, given.large_rows)
    large_size = 2 * large_panel.outcomes.nbytes
    check, check_s = timed(lambda: SPEC.fit(large_panel, control=few))
    table.append(["one machine", f"{n_large:,}", f"{check_s:.1f}", "", "", "", "", "", ""])
    first[-3:] = differences(found, check)
    table.append(first)
    head = ["", "persons", "s", "passes", "kB sent a pass", "kB back a pass"]
    head += ["largest difference: parameters", "standard errors", "log-likelihood (share)"]
    body = (
        f"Poisson, K = 3, degree 2, {len(AGES)} ages, {given.parts} and {given.large_parts} parts. "
        f"The first panel is {size / MIB:,.0f} MiB in float64, the second (counts and exposure) "
        f"{large_size / MIB:,.0f} MiB; its statistics, {held / MIB:,.0f} MiB, passed through a "
        f"worker limited to {given.limit} MiB, parts lost on the way: {rebuilt}. The fit that lost "
        f"a worker {'has the same bits as' if same else 'DIFFERS from'} the one that did not. "
        f"Load of the two cores at the end: {os.getloadavg()[1]:.0f}.\n\n"
        + markdown_table(head, table)
    )
    print(body)
    write_section("dask-scale", "On a Dask cluster", body, at=at)


def row(name, units, seconds, panel, found, alone) -> list[str]:
    traffic = panel.problem(SPEC.family).parts.traffic
    kb = [f"{one / max(traffic.passes, 1) / 1e3:.1f}" for one in (traffic.sent, traffic.received)]
    cells = [name, f"{units:,}", f"{seconds:.1f}", str(traffic.passes), *kb]
    return [*cells, *differences(found, alone)]


if __name__ == "__main__":
    main()
