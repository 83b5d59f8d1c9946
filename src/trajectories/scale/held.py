"""What a worker made of its part, in its memory or on its disk; it cannot be sent elsewhere."""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
import uuid
import weakref
from pathlib import Path
from typing import Any

import numpy as np

MEMORY_SHARE = 0.5
"""Of a worker's memory limit: above it parts are kept on its disk."""


class Held:
    """What a part was turned into, in the memory of its worker or on its disk.

    Attributes
    ----------
    n_bytes : int
        Size in memory, with the ``room`` that the content says it will want besides.
    """

    def __init__(self, content: Any, keep: str) -> None:
        self.n_bytes = size_of(content) + int(getattr(content, "room", 0))
        self._content: Any = content
        self._path: str | None = None
        if keep == "disk" or (keep == "auto" and not _fits(self.n_bytes)):
            self._path = _spooled(content)
            self._content = None
            weakref.finalize(self, _remove, self._path)

    def load(self) -> Any | None:
        """Return the content; None where it was lost."""
        if self._content is not None or self._path is None:
            return self._content
        try:
            with open(self._path, "rb") as file:
                return pickle.load(file)
        except OSError:
            return None

    def __sizeof__(self) -> int:
        return 200 if self._content is None else self.n_bytes

    def __reduce__(self) -> Any:
        # rows do not travel: who gets this elsewhere finds it empty
        return _shell, (self.n_bytes,)


def _shell(n_bytes: int) -> Held:
    held = Held.__new__(Held)
    held.n_bytes = n_bytes
    held._content = held._path = None
    return held


def size_of(content: Any, depth: int = 4) -> int:
    """Return the bytes of the arrays in an object, its attributes and theirs."""
    if isinstance(content, np.ndarray):
        return int(content.nbytes)
    if content is None or isinstance(content, str | int | float) or not depth:
        return sys.getsizeof(content)
    if isinstance(content, tuple | list):
        return sum(size_of(one, depth - 1) for one in content)
    if isinstance(content, dict):
        return sum(size_of(one, depth - 1) for one in content.values())
    names = {name for kind in type(content).__mro__ for name in getattr(kind, "__slots__", ())}
    attributes = {name: getattr(content, name, None) for name in names}
    attributes |= getattr(content, "__dict__", {})
    return sys.getsizeof(content) + sum(size_of(one, depth - 1) for one in attributes.values())


def _fits(n_bytes: int) -> bool:
    """Return whether a worker has room for so many bytes more."""
    worker = _worker()
    limit = None if worker is None else worker.memory_manager.memory_limit
    if not limit:
        return True
    used = int(worker.monitor.get_process_memory())
    return bool(used + n_bytes < MEMORY_SHARE * limit)


def _worker() -> Any:
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


def _spooled(content: Any) -> str:
    """Write a part into the folder of its worker, readable by nobody else."""
    worker = _worker()
    folder = Path(worker.local_directory if worker is not None else tempfile.gettempdir())
    path = folder / f"part-{uuid.uuid4().hex}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        pickle.dump(content, file, protocol=5)
    return str(path)


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)
