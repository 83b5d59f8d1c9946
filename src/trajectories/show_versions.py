"""What is installed, for a bug report or the methods section of a paper."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from trajectories.version import __version__

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "matplotlib",
    "joblib",
    "tqdm",
    "formulaic",
    "openpyxl",
    "pyarrow",
    "dask",
    "distributed",
)
"""What the package and its extras need, in the order of pyproject.toml."""


def versions() -> dict[str, str]:
    """Return the version of the package, of Python, the system and every package it may use."""
    found = {
        "trajectories": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def show_versions() -> None:
    """Print what is installed: the library, Python, the system and the packages it uses.

    Nothing else about the machine is printed, so that it can be pasted into a bug report.
    """
    found = versions()
    width = max(map(len, found))
    for name, value in found.items():
        sys.stdout.write(f"{name:<{width}}  {value}\n")
