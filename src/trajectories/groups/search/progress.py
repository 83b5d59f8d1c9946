"""A progress bar on standard error, where one is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def watch(work: Sequence[Item], progress: bool, what: str, unit: str) -> Iterable[Item]:
    """Return the work as it is, or with a bar that follows it; tqdm is loaded only for the bar."""
    if not progress:
        return work
    from tqdm import tqdm

    return tqdm(work, desc=what, unit=unit, leave=False)
