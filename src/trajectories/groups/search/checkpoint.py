"""A fit that survives: what is known so far, in a file that is whole at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trajectories.errors import CheckpointError, TrajectoriesWarning
from trajectories.groups.search.plain_values import decode, encode
from trajectories.groups.search.recording import Entry
from trajectories.numerics.em import Fitted
from trajectories.numerics.mixture import Parameters
from trajectories.version import __version__

FORMAT = "trajectories.checkpoint"
FORMAT_VERSION = 1
INTERVAL = 5.0
"""Seconds between two writes while a start climbs."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where fits keep what they know so far.

    Attributes
    ----------
    path : Path
        A file; with ``many`` a folder with a file a fit.
    many : bool
    keep : bool
        Whether the file stays when the fit is done.
    interval : float
        Seconds between two writes while a start climbs; every finished start is written at once.
    """

    path: Path
    many: bool = False
    keep: bool = False
    interval: float = INTERVAL

    def open(self, data: str, settings: str) -> State:
        """Return the state of a fit: the one in the file, or a new one.

        Raises
        ------
        CheckpointError
            If the file holds no checkpoint, or that of another fit.
        """
        file = self.path
        if self.many:
            self.path.mkdir(parents=True, exist_ok=True)
            file = self.path / f"{settings}.checkpoint"
        elif not file.parent.is_dir():
            raise CheckpointError(f"the folder of checkpoint {file} does not exist: make it first")
        state = State(file, {"data": data, "settings": settings}, self.keep, self.interval)
        if file.exists():
            state.read()
        return state


def as_checkpoint(given: str | Path | Checkpoint | None) -> Checkpoint | None:
    """Return a path as a checkpoint of one fit."""
    if given is None or isinstance(given, Checkpoint):
        return given
    if not isinstance(given, str | Path):
        raise CheckpointError(
            f"checkpoint must be the path of a file, not a {type(given).__name__}"
        )
    if Path(given).is_dir():
        raise CheckpointError(f"checkpoint {given} is a folder: name a file")
    return Checkpoint(Path(given))


def as_folder(given: str | Path | None) -> Checkpoint | None:
    """Return a path as a folder of checkpoints, a file a fit, which stay until all are done."""
    if given is None:
        return None
    if not isinstance(given, str | Path):
        raise CheckpointError(f"checkpoint must be the path of a folder, not {given!r}")
    if Path(given).exists() and not Path(given).is_dir():
        raise CheckpointError(f"checkpoint {given} is a file: several fits need a folder")
    return Checkpoint(Path(given), many=True, keep=True)


def clear(folder: Checkpoint | None, data: str | None = None) -> None:
    """Remove the checkpoints of fits that are all done, and their folder if nothing else is in.

    A file that a user named, or of another panel than that with the digest ``data``, stays.
    """
    if folder is None or not folder.path.is_dir():
        return
    for file in folder.path.glob("*.checkpoint*"):
        name, _, rest = file.name.partition(".")
        if re.fullmatch("[0-9a-f]{32}", name) is None:
            continue
        cut_off = rest.endswith(".part")  # killed while writing
        if cut_off or (rest == "checkpoint" and data in (None, _data_of(file))):
            file.unlink()
    if not any(folder.path.iterdir()):
        folder.path.rmdir()


def _data_of(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["data"]
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(slots=True)
class State:
    """What is known of a search: its starts, those finished, the record of the one that climbs.

    Attributes
    ----------
    path : Path
    of : dict
        Digests of the data and of the settings.
    keep : bool
    interval : float
    starts : list of Parameters, or None
        The random starts that are run to the end; None before they were chosen.
    finished : list of Fitted
    entries : list of dict
        Of the journal of the start that is under way.
    """

    path: Path
    of: dict[str, str]
    keep: bool = False
    interval: float = INTERVAL
    starts: list[Parameters] | None = None
    finished: list[Fitted] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    _written: float = field(default_factory=time.monotonic)
    _kept: bool = False

    def chosen(self, choose: Callable[[], list[Parameters]]) -> list[Parameters]:
        """Return the starts, chosen now unless they were before."""
        if self.starts is None:
            self.starts = choose()
            self.write()
        return self.starts

    def finish(self, fitted: Fitted) -> None:
        """Note that a start was run to the end."""
        self.finished.append(fitted)
        self.entries.clear()
        self.write()

    def write_if_due(self) -> None:
        """Write unless that was done a moment ago."""
        if time.monotonic() - self._written >= self.interval:
            self.write()

    def write(self) -> None:
        """Write the file whole or not at all."""
        content = {
            "starts": encode(self.starts),
            "finished": encode(self.finished),
            "entries": encode(self.entries),
        }
        keep(lambda: write_state(self.path, self.of, content), self._kept)
        self._kept = True
        self._written = time.monotonic()

    def read(self) -> None:
        """Read the file.

        Raises
        ------
        CheckpointError
            If it holds no checkpoint, or that of another fit.
        """
        content = read_state(self.path, self.of)
        try:
            self.starts = decode(content["starts"])
            self.finished = decode(content["finished"])
            self.entries = decode(content["entries"])
            self._kept = True
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{self.path} lacks or garbles an entry: delete it") from error

    def close(self) -> None:
        """Remove the file of a fit that is done, unless it is to be kept."""
        if self.keep:
            self.write()
        else:
            self.path.unlink(missing_ok=True)


def keep(write: Callable[[], None], kept: bool) -> None:
    """Write; if that was possible before and no longer is, warn: hours of work are not thrown away.

    Raises
    ------
    CheckpointError
        If nothing could be written yet: before the work is done rather than after.
    """
    try:
        write()
    except CheckpointError as problem:
        if not kept:
            raise
        warnings.warn(f"{problem}; the work goes on", TrajectoriesWarning, stacklevel=2)


def write_state(path: Path, of: dict[str, str], content: dict[str, Any]) -> None:
    """Write what is known of some work, under another name first: no moment without a whole file.

    ``of`` has digests of the data and the settings.

    Raises
    ------
    CheckpointError
        If the file cannot be written.
    """
    text = json.dumps(content, separators=(",", ":"))
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "version": __version__,
        **of,
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
        "content": text,
    }
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as problem:
        raise CheckpointError(
            f"checkpoint {path} cannot be written ({problem.strerror}): make room, or name a file "
            "that you may write to"
        ) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def read_state(path: Path, of: dict[str, str]) -> dict[str, Any]:
    """Read what :func:`write_state` wrote of the same work.

    Raises
    ------
    CheckpointError
        If it holds no checkpoint, or that of other work.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        known = document["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise CheckpointError(f"{path} is no checkpoint: name another file, or delete this one")
    written_by = document.get("version", "unknown")
    if (document.get("format_version"), written_by) != (FORMAT_VERSION, __version__):
        raise CheckpointError(
            f"checkpoint {path} was written by version {written_by} and this is "
            f"{__version__}: go on with that version, or delete the file to start afresh"
        )
    for name, what in (("data", "panel"), ("settings", "model, seed or settings")):
        if document.get(name) != of[name]:
            raise CheckpointError(
                f"checkpoint {path} belongs to another {what}: name another file, or delete this "
                "one to start afresh"
            )
    text = document.get("content")
    if not isinstance(text, str) or (
        hashlib.sha256(text.encode()).hexdigest() != document.get("checksum")
    ):
        raise CheckpointError(f"checkpoint {path} was changed (its checksum differs): delete it")
    content: dict[str, Any] = json.loads(text)
    return content
