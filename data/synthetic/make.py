"""Make the files in this folder: ``python make.py`` here, or ``make(other_folder)``."""

from __future__ import annotations

from pathlib import Path

from trajectories.rapporteur import simulate, write_register, write_truth

SEED = 2024
POOL = 800
"""Persons in each pool: enough for a match with every trafficker, and for a folder of 4 MB."""


def make(folder: Path) -> list[Path]:
    """Write register and truth to a folder; return the files."""
    register = simulate(seed=SEED, n_general_offenders=POOL, n_non_offenders=POOL)
    return [*write_register(register, folder), *write_truth(register.truth, folder)]


if __name__ == "__main__":
    make(Path(__file__).parent)
