"""From register to panel, as a multiple of sorting the table of offences once.

Run: python benchmarks/register.py [--persons 1000000] [--rounds 3]

A register has three offences and five spells a person, one spell in five in detention, rows and
identifiers in no order. Every figure is a ratio within this run: the processor time (shortest of
the rounds) of ``Panel.from_register`` at ages 12 to 40 over that of
``offences.sort_values(["person", "offence_date"])`` on the same table; the same for
``Register.check``; and the peak memory beyond the tables, over the tables. Half and a quarter of
the persons show whether the time is linear.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr

LIMIT = 10.0
REFERENCE = np.datetime64("2021-07-02")
OTHER_SPELLS = np.array(["job", "partner", "education", "parental_home"], dtype=object)
TYPES = np.array(["violent", "property", "drugs", "traffic", "sexual", "other"], dtype=object)


def draw(n: int, held: float, seed: int = 0) -> tr.Register:
    """Draw a register of n persons; ``held`` is the share of spells in detention."""
    rng = np.random.default_rng(seed)
    person = rng.permutation(np.arange(n) * 7 + 10**9)
    birth = np.datetime64("1960-01-01") + rng.integers(0, 14_000, n)
    alive = (REFERENCE - birth).astype(int)
    none = np.full(n, np.datetime64("NaT", "D"))
    death = np.where(rng.random(n) < 0.03, birth + 5_000 + rng.integers(0, 17_000, n), none)
    death = np.where(death <= REFERENCE, death, none)
    emigration = np.where(rng.random(n) < 0.03, birth + rng.integers(0, alive), none)
    emigration = np.where(emigration > death, none, emigration)
    end = np.fmin(np.fmin(death, emigration), REFERENCE)
    days = (end - birth).astype(int)
    spells, start, stop = _spells(rng, n, birth, days, held)
    who = rng.integers(0, n, 3 * n)
    when = birth[who] + (rng.random(len(who)) * (days[who] + 1)).astype(int)
    return tr.Register(
        persons=_table(
            person=person, birth_date=birth, death_date=death, emigration_date=emigration
        ),
        offences=_table(
            person=person[who], offence_date=when, offence_type=rng.choice(TYPES, len(who))
        ),
        spells=_table(
            person=person[spells[0]], spell_type=spells[1], start_date=start, end_date=stop
        ),
        relations=pd.DataFrame({"person": [], "relative": [], "relation": []}),
        reference_date=pd.Timestamp(REFERENCE),
    )


def _spells(rng, n, birth, days, held):
    """Draw five spells a person; those in detention leave some of each year of age free."""
    who = rng.integers(0, n, 5 * n)
    detained = rng.random(len(who)) < held
    kind = np.where(detained, "detention", rng.choice(OTHER_SPELLS, len(who)))
    latest = np.maximum(days[who] - 700, 0)  # the last year may be short: none in detention there
    start = birth[who] + (rng.random(len(who)) * (latest + 1)).astype(int)
    length = np.where(detained, rng.integers(1, 60, len(who)), rng.integers(1, 2_000, len(who)))
    stop = start + length
    open_ended = (rng.random(len(who)) < 0.1) & ~detained
    return (who, kind), start, np.where(open_ended, np.datetime64("NaT"), stop)


def _table(**columns: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: values.astype("datetime64[s]") if values.dtype.kind == "M" else values
            for name, values in columns.items()
        }
    )


def shortest(work: Callable[[], object], rounds: int) -> float:
    """Return the shortest processor time: everything here runs in one thread."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def size_of(register: tr.Register) -> int:
    tables = (register.persons, register.offences, register.spells)
    return sum(int(table.memory_usage(index=True).sum()) for table in tables)


def measure(n: int, held: float, rounds: int) -> list[str]:
    """Return one line of the table."""
    register = draw(n, held)
    before = shortest(lambda: register.offences.sort_values(["person", "offence_date"]), rounds)
    best = shortest(lambda: tr.Panel.from_register(register), rounds)
    check = shortest(register.check, 1)
    after = shortest(lambda: register.offences.sort_values(["person", "offence_date"]), rounds)
    base = min(before, after)
    tracemalloc.start()
    panel = tr.Panel.from_register(register)
    held_bytes, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert panel.n_units + panel.n_left_out == n
    tables = size_of(register)
    return [
        f"{n:,} persons, {held:.0%} of spells in detention",
        f"{base:.2f}",
        f"{best:.2f}",
        f"{best / base:.2f}",
        f"{LIMIT:.0f}",
        f"{check / base:.2f}",
        f"{1e6 * best / n:.2f}",
        f"{tables / 2**20:,.0f}",
        f"{held_bytes / tables:.2f}",
        f"{peak / tables:.2f}",
    ]


HEADER = [
    "register",
    "sort s",
    "panel s",
    "ratio",
    "aim",
    "checks / sort",
    "microseconds a person",
    "tables MiB",
    "panel / tables",
    "peak / tables",
]


def main() -> None:
    """Measure, print, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    at = commit()
    n = options.persons
    runs = [(n // 4, 0.2), (n // 2, 0.2), (n, 0.2), (n, 1.0)]
    rows = [measure(n, held, options.rounds) for n, held in runs]
    table = markdown_table(HEADER, rows)
    print(table)
    if not options.no_results:
        body = (
            "Three offences and five spells a person, ages 12 to 40, one thread, processor time. "
            "Tables: persons, offences and spells; the panel is what is kept (counts, exposure, "
            f"mask), the peak what is needed beyond the tables while it is made.\n\n{table}"
        )
        title = "From register to panel against sorting the offences (register.py)"
        write_section("register", title, body, at=at)


if __name__ == "__main__":
    main()
