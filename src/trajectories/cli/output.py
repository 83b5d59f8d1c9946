"""Write a folder all at once: first beside its place, then moved there."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trajectories.errors import InputError
from trajectories.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trajectories.groups import GroupTrajectoriesResults

__all__ = [
    "MARKER",
    "check_folder",
    "new_folder",
    "save_model",
    "write_figures",
    "write_tables",
]

MARKER = "trajectories-output.json"
"""Lists the files that a command wrote, so that it may replace them later, and no others."""


def check_folder(folder: Path, force: bool) -> None:
    """Refuse a folder that holds files this program did not write, before any work is done.

    Raises
    ------
    InputError
        If the folder is a file, or holds files and no marker, and ``force`` is false.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a folder with --out")
    if not force and folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise InputError(
            f"{folder} holds files that trajectories did not write; "
            "give another folder with --out, or --force to write into this one"
        )


@contextmanager
def new_folder(folder: Path, command: str, force: bool) -> Iterator[Path]:
    """Give a temporary folder to write in; move what is in it to ``folder`` when all went well.

    Files of an earlier run are replaced or, where this run has no such file, removed. Files of
    the user's stay. Where the body raises, nothing in ``folder`` changes.
    """
    check_folder(folder, force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{folder.resolve().name}-"
    try:
        with _draft(folder, prefix, command) as draft:
            yield draft
    except OSError as error:
        if isinstance(error.filename, str):
            error.filename = _users_path(error.filename, folder, prefix)
        raise


def _users_path(path: str, folder: Path, prefix: str) -> str:
    """Return the path under the user's folder that a path in the temporary one stands for."""
    draft = re.escape(str(folder.resolve().parent / prefix)) + r"[^/\\]*"
    return re.sub(draft, lambda _: str(folder), path)


@contextmanager
def _draft(folder: Path, prefix: str, command: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent, prefix=prefix) as name:
        draft = Path(name)
        yield draft
        files = sorted(p.relative_to(draft).as_posix() for p in draft.rglob("*") if p.is_file())
        marker = {"written by": f"trajectories {command}", "version": __version__, "files": files}
        (draft / MARKER).write_text(json.dumps(marker, indent=1) + "\n", encoding="utf-8")
        folder.mkdir(exist_ok=True)
        _remove_earlier(folder, keep=set(files))
        for file in [*files, MARKER]:
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(draft / file, target)


def _remove_earlier(folder: Path, keep: set[str]) -> None:
    try:
        earlier = json.loads((folder / MARKER).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    inside = folder.resolve()
    for file in earlier if isinstance(earlier, list) else []:
        path = (folder / str(file)).resolve()
        # a marker edited by hand must not reach outside its folder
        if str(file) not in keep and path.is_file() and path.is_relative_to(inside):
            path.unlink()


def save_model(folder: Path, results: GroupTrajectoriesResults, groups: pd.DataFrame) -> str:
    """Write ``model.json``, unless it would describe a group of few persons closely.

    Parameters
    ----------
    folder : Path
    results : GroupTrajectoriesResults
    groups : DataFrame
        The table of groups, with small cells suppressed if that was asked for.

    Returns
    -------
    str
        What to say where it was not written, else nothing.
    """
    from trajectories.panel.arrays import counted
    from trajectories.report.group_cells import small_groups

    few = len(small_groups(groups))
    if not few:
        results.save(folder / "model.json")
        return ""
    return (
        f"model.json not written: it holds the curve of {counted(few, 'group')} of few persons; "
        "fit fewer groups, or run without --minimum-cell and keep the model where the data are"
    )


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as ``name.csv``: UTF-8, LF, numbers with fifteen significant digits.

    A score can then be checked against the model to rounding error, and 0.1 + 0.2 is 0.3. What was
    planted has six, as in ``planted_figures.csv`` of a synthetic register.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        named = any(level is not None for level in table.index.names)
        if "planted" in table.columns:
            table = table.assign(planted=table["planted"].map(_six_digits))
        table.to_csv(folder / f"{name}.csv", index=named, lineterminator="\n", float_format="%.15g")


def _six_digits(value: object) -> object:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def write_figures(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write each figure as PNG and SVG."""
    from trajectories import plot

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        plot.save(figure, folder / name)
