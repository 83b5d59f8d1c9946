"""Save figures so that the same numbers give the same bytes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text

from trajectories.errors import InputError

__all__ = ["figure_bytes", "save"]

_INCH = 25.4
_LEAST = 1.1
"""Inches that axes are at least wide, that their curves can be told apart."""
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def figure_bytes(figure: Figure, form: str = "svg", dpi: float = 200.0) -> bytes:
    """Return the figure as ``png``, ``svg`` or ``pdf`` bytes without a date or random ids."""
    if form not in _METADATA:
        raise InputError(f"figure format {form!r} is not known; use one of {list(_METADATA)}")
    buffer = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "trajectories", "svg.fonttype": "path"}):
        figure.savefig(buffer, format=form, dpi=dpi, metadata=_METADATA[form])
    return buffer.getvalue()


def save(
    figure: Figure,
    path: str | Path,
    formats: Sequence[str] | None = None,
    dpi: float = 200.0,
    width: float | None = None,
) -> list[Path]:
    """Write the figure once per format and return the paths.

    Parameters
    ----------
    figure : Figure
        From this package or any other.
    path : str or Path
        ``figures/curves.png`` writes that file; ``figures/curves``, without a known suffix, writes
        one file per format.
    formats : sequence of str, optional
        ``png``, ``svg``, ``pdf``. Unless told, the suffix of the path, or png and svg.
    dpi : float
        Dots per inch of the PNG.
    width : float, optional
        Millimetres: the figure is laid out anew in this width, letters and height as they are.
        Figures are made for 183, the page of most journals; one panel fits in a column of 89. The
        figure itself keeps its width.

    Raises
    ------
    InputError
        For an unknown format, or a width into which the figure does not fit.
    """
    if width is not None:
        was = tuple(figure.get_size_inches())
        try:
            _lay_out(figure, width)
            return save(figure, path, formats, dpi)
        finally:
            figure.set_size_inches(*was)
    base = Path(path)
    suffix = base.suffix.removeprefix(".").lower()
    if suffix in _METADATA:
        base = base.with_suffix("")
        formats = (suffix,) if formats is None else formats
    paths = []
    for form in ("png", "svg") if formats is None else formats:
        target = base.with_name(f"{base.name}.{form}")
        target.write_bytes(figure_bytes(figure, form, dpi))
        paths.append(target)
    return paths


def _lay_out(figure: Figure, width: float) -> None:
    """Lay the figure out in so many millimetres, and see whether what stands in it still fits."""
    if not (isfinite(width) and width > 0.0):
        raise InputError(f"width={width!r}: give the width of the figure in millimetres, above 0")
    figure.set_size_inches(width / _INCH, figure.get_size_inches()[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "axes collapsed": said below
        figure.draw_without_rendering()
    needed = figure.get_tightbbox()
    room = 0.03  # inches; markers at the rim stick out a little
    squeezed = any(ax.get_window_extent().width < _LEAST * figure.dpi for ax in figure.axes)
    over = needed.x0 < -room or needed.x1 > width / _INCH + room
    if squeezed or over or _texts_collide(figure):
        raise InputError(
            f"the figure does not fit in {width:g} mm: choose a wider one (183 is the page of most "
            "journals), or draw fewer panels"
        )


def _texts_collide(figure: Figure) -> bool:
    """Tell whether titles, labels of ticks or texts beside the axes lie on each other."""
    texts: list[Text] = []
    for ax in figure.axes:
        texts += [ax.title, ax._left_title, *ax.texts, *ax.get_xticklabels()]  # type: ignore[attr-defined]
    boxes = [
        text.get_window_extent().padded(-1.0)
        for text in texts
        if text.get_visible() and text.get_text() and not text.get_rotation()
    ]
    return any(one.overlaps(other) for j, one in enumerate(boxes) for other in boxes[:j])
