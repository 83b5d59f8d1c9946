"""Save figures so that the same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.fitting import fitted

__all__ = ["figure_bytes", "save"]

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
        Millimetres. A figure of this package that was not changed since it was drawn is drawn anew
        for this width, as within :func:`page_width`; another one is laid out anew, letters and
        height as they are. The figure itself stays as it was. A journal's page has about 183, its
        column 89.

    Raises
    ------
    InputError
        For an unknown format, or a width into which the figure does not fit: the message says
        which one is wide enough.
    """
    if width is not None:
        with fitted(figure, width) as narrow:
            return save(narrow, path, formats, dpi)
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
