"""`import trajectories` is light: what is heavy is loaded where it is used.

The time itself is measured by ``benchmarks/import_time.py``; a timed test would fail by chance on
a busy machine. What makes the time, the modules loaded, is tested here.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "matplotlib",
    "statsmodels",
    "sklearn",
    "dask",
    "scipy.stats",
    "tqdm",
    "IPython",
    "formulaic",
)


def loaded_by(code: str) -> set[str]:
    """Names of the modules in a fresh interpreter after `code`."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("heavy", HEAVY)
def test_import_loads_nothing_heavy(heavy: str) -> None:
    assert heavy not in loaded_by("import trajectories")


def test_import_loads_no_part_of_the_package_before_it_is_used() -> None:
    ours = {name for name in loaded_by("import trajectories") if name.startswith("trajectories.")}
    assert ours <= {"trajectories.version", "trajectories.errors"}


def test_fitting_loads_no_figures_and_no_other_model_library() -> None:
    modules = loaded_by("import trajectories as tr\ntr.GroupTrajectories\ntr.Panel\ntr.select")
    assert not modules & {"matplotlib", "statsmodels", "sklearn", "dask"}


def test_the_command_line_answers_help_without_loading_figures() -> None:
    code = (
        "import contextlib, io, trajectories.cli as cli\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    cli.main(['--help'])"
    )
    assert not loaded_by(code) & {"matplotlib", "statsmodels", "sklearn", "dask"}
