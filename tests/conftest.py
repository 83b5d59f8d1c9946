"""What every test shares: threads, hypothesis profiles, the folder of reference data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Set before NumPy is loaded: two test processes on two cores run faster, and give the same bits in
# every run, when each of them keeps its linear algebra on one thread.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

REPOSITORY = Path(__file__).resolve().parents[1]

# `fast` draws the same examples in every run, so that a failure on one machine is a failure on
# all; `long` looks for new ones: HYPOTHESIS_PROFILE=long python -m pytest tests/laws
settings.register_profile(
    "fast", derandomize=True, deadline=None, print_blob=True, max_examples=25, database=None
)
settings.register_profile(
    "long",
    deadline=None,
    print_blob=True,
    max_examples=500,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout that the tests were collected from."""
    return REPOSITORY


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of data and results of other software; skip where it is absent.

    The environment variable TRAJECTORIES_REFERENCE names it; else it is looked for beside the
    checkout, in ``../shared/reference``. The files are other people's and are not copied here.
    """
    named = os.environ.get("TRAJECTORIES_REFERENCE")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "reference"
    if not (folder / "trajectory_fits.json").is_file():
        pytest.skip(
            "reference data not found: set TRAJECTORIES_REFERENCE to the folder that holds "
            "trajectory_fits.json (looked beside the checkout too)"
        )
    return folder


@pytest.fixture(scope="session")
def replicated() -> Any:
    """One replication of the whole study, with controls, for all tests that look at it."""
    import trajectories as tr

    return tr.rapporteur.replicate(
        2024, n_general_offenders=1_500, n_non_offenders=1_500, n_groups=4, family="poisson"
    )
