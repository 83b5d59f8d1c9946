"""The width that figures are drawn for: what follows for the size of type and for panels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from math import isfinite
from textwrap import fill

from trajectories.errors import InputError

__all__ = [
    "INCH",
    "PAGE",
    "folded",
    "in_a_row",
    "inches",
    "is_narrow",
    "legend_columns",
    "page",
    "page_width",
    "tall",
    "type_size",
    "wrapped",
]

INCH = 25.4
PAGE = 7.2
"""Inches: the page of most journals, 183 mm."""
_NARROW = 4.6
"""Inches, about 117 mm: below, a figure is drawn for a column."""
_COLUMN_TYPE = 0.87
"""Type of a column against that of a page: 9 points become 7.8, 8 become 7."""
_LEAST_TYPE = 6.5

_page: ContextVar[float] = ContextVar("page", default=PAGE)


@contextmanager
def page_width(width: float) -> Iterator[None]:
    """Draw all figures of the block for a page or column of ``width`` millimetres.

    A journal's page has about 183, its column about 89. In a narrow one letters are smaller, panels
    stand below each other, labels are folded and legends lie below.

    Raises
    ------
    InputError
        For a width that is not a number above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> import trajectories as tr
    >>> frame = pd.DataFrame({"group": 1, "age": [12, 13], "mean": [0.1, 0.2]})
    >>> with tr.plot.page_width(89):
    ...     figure = tr.plot.trajectories(frame)
    >>> round(float(figure.get_size_inches()[0]) * 25.4)
    89
    """
    token = _page.set(inches(width))
    try:
        yield
    finally:
        _page.reset(token)


def inches(width: float) -> float:
    """Return a width in millimetres as inches."""
    try:
        wide = float(width)
    except (TypeError, ValueError):
        wide = float("nan")
    if not (isfinite(wide) and wide > 0.0):
        raise InputError(f"width={width!r}: give the width of the figure in millimetres, above 0")
    return wide / INCH


def page() -> float:
    """Return the width that figures are drawn for, in inches."""
    return _page.get()


def is_narrow() -> bool:
    """Tell whether figures are drawn for a column."""
    return page() < _NARROW


def type_size(points: float) -> float:
    """Return the size of type of a text that has so many points on a page."""
    return max(_LEAST_TYPE, points * _COLUMN_TYPE) if is_narrow() else points


def in_a_row(panels: int, least: float, most: int) -> int:
    """Return how many panels of at least ``least`` inches stand side by side.

    As many as fill the rows best: four panels are two and two rather than three and one.
    """
    room = max(1, min(most, panels, int(page() / least)))
    return min(range(1, room + 1), key=lambda n: (-(-panels // n), n))


def wrapped(text: str, letters: int) -> str:
    """Fold a text in a column to lines of about so many letters; on a page leave it as it is."""
    return folded(text, letters) if is_narrow() else text


def folded(text: str, letters: int) -> str:
    """Fold a text to lines of about so many letters; a number keeps its sign of per cent."""
    return fill(text.replace(" %", "\u00a0%"), letters, break_long_words=False)


def tall(height: float) -> float:
    """Return the height of a panel that is so high on a page: less in a column, which is narrow."""
    return 0.74 * height if is_narrow() else height


def legend_columns(
    labels: Iterable[str], most: int, points: float = 9.0, beside: float = 0.0
) -> int:
    """Return in how many columns, at most ``most``, a legend of these texts fits.

    ``beside`` are the inches of the page that it does not have.
    """
    size, texts = type_size(points), list(labels)
    widths = [
        0.58 * size * max(map(len, text.split("\n"))) + 4.0 * size for text in texts
    ]  # letters, key and gaps
    for columns in range(min(most, len(texts)), 1, -1):
        down, more = divmod(len(texts), columns)  # matplotlib fills column by column
        ends = [down * j + min(j, more) for j in range(columns + 1)]
        if sum(max(widths[i:j]) for i, j in pairwise(ends)) <= 72.0 * (page() - beside):
            return columns
    return 1
