"""Colours, line styles and sizes that all figures share; readable in grey and in print."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trajectories.disclosure_control import MARK, as_shown, drawable
from trajectories.errors import InputError
from trajectories.plot.saving import figure_bytes

__all__ = ["INK", "MUTED", "RULE", "line_look", "new_figure", "open_axes", "styled"]

INK, MUTED, RULE = "#1a1a1a", "#5a5a5a", "#d9d9d9"

# Okabe and Ito's colours, those that read on white, alternately dark and light in grey
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#1a1a1a")
_LINES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "solid",
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (7, 1.6, 1.2, 1.6)),
    (0, (3, 1, 1, 1, 1, 1)),
)
SHARES = "group_probability"
"""Name of the Series of shares that results give."""
_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100.0,
}

Arguments = ParamSpec("Arguments")
Drawn = TypeVar("Drawn")


def styled(draw: Callable[Arguments, Drawn]) -> Callable[Arguments, Drawn]:
    """Run a drawing function under the package's style, and leave the user's as it was.

    Tables lose the rows that disclosure control suppresses before they are drawn.
    """

    @wraps(draw)
    def inner(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Drawn:
        name = f"figure {draw.__name__}"
        given = [as_shown(value, name) for value in args]
        options = {key: as_shown(value, name) for key, value in kwargs.items()}
        if any(_lacks_groups(value) for value in (*given, *options.values())):
            given, options = _without_shares(given, options)
        shown = [drawable(value, name) for value in given]
        named = {key: drawable(value, name) for key, value in options.items()}
        with mpl.rc_context(_SETTINGS):  # type: ignore[arg-type]
            return draw(*shown, **named)

    return inner


def _lacks_groups(value: Any) -> bool:
    """Tell whether a table withholds rows of groups."""
    if not isinstance(value, pd.DataFrame) or MARK not in value.columns:
        return False
    grouped = "group" in value.columns or "group" in value.index.names
    return grouped and bool(value[MARK].any())


def _without_shares(given: list[Any], options: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments without the shares of groups: those shown would tell the one that is not."""
    kept = [
        None if isinstance(value, pd.Series) and value.name == SHARES else value for value in given
    ]
    return kept, {key: None if key == "shares" else value for key, value in options.items()}


def line_look(position: int) -> dict[str, Any]:
    """Return colour and line style of the group at ``position`` (0, 1, ...).

    Seven colours and five line styles: no pair comes back before the 35th group.
    """
    return {
        "color": _COLOURS[position % len(_COLOURS)],
        "linestyle": _LINES[position % len(_LINES)],
    }


class NotebookFigure(Figure):
    """A figure outside pyplot that a notebook shows without any set-up."""

    def _repr_png_(self) -> bytes:
        return figure_bytes(self, "png", dpi=110.0)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` by ``height`` inches, outside pyplot."""
    return NotebookFigure(figsize=(width, height), layout="constrained")


def open_axes(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """Return the given axes with their figure, or new ones."""
    if ax is None:
        figure = new_figure(width, height)
        return figure, figure.add_subplot()
    if not isinstance(ax, Axes):
        raise InputError(
            f"ax= must be matplotlib axes to draw on, not {type(ax).__name__}: leave it out for a "
            "new figure"
        )
    owner = ax.get_figure(root=True)
    if owner is None:
        raise InputError("ax belongs to no figure; make it with figure.add_subplot()")
    return owner, ax
