"""Colours, line styles and sizes that all figures share; readable in grey and in print."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from numbers import Integral
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from trajectories.disclosure_control import MARK, as_shown, drawable
from trajectories.errors import InputError
from trajectories.plot.alt_text import alt_text
from trajectories.plot.page import page, type_size
from trajectories.plot.redrawing import remember
from trajectories.plot.saving import figure_bytes

__all__ = [
    "INK",
    "MUTED",
    "RULE",
    "group_look",
    "group_place",
    "line_look",
    "new_figure",
    "open_axes",
    "series_order",
    "styled",
    "with_gaps",
]

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
_SETTINGS: dict[str, Any] = {
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
    # room at the edge: pages and reports round the corners of figures
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
}
_WITHHELD = "Left out: rows that stand for few persons."

Arguments = ParamSpec("Arguments")
Drawn = TypeVar("Drawn")


def styled(draw: Callable[Arguments, Drawn]) -> Callable[Arguments, Drawn]:
    """Run a drawing function under the package's style, and leave the user's as it was.

    Tables lose the rows that disclosure control suppresses before they are drawn, and a line at
    the foot of the figure says so.
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
        withheld = any(_withholds(value) for value in (*given, *options.values()))
        once = partial(_drawn, draw, shown, named, withheld)
        drawn = once()
        onto = any(isinstance(value, Axes) for value in (*shown, *named.values()))
        if isinstance(drawn, NotebookFigure) and not onto:
            remember(drawn, once)  # type: ignore[arg-type]
        return drawn

    return inner


def _drawn(
    draw: Callable[..., Drawn], shown: list[Any], named: dict[str, Any], withheld: bool
) -> Drawn:
    """Draw under the package's style, in the width that is asked for when this is called."""
    with mpl.rc_context(_settings()):  # type: ignore[arg-type]
        drawn = draw(*shown, **named)
        if withheld:
            _say_withheld(drawn)
        return drawn


def _settings() -> dict[str, Any]:
    """Return the package's style with the type of the width that is drawn for."""
    sized = ("font.size", "axes.titlesize", "axes.labelsize")
    return {**_SETTINGS, **{key: type_size(_SETTINGS[key]) for key in sized}}


def _withholds(value: Any) -> bool:
    """Tell whether a table withholds rows."""
    return isinstance(value, pd.DataFrame) and MARK in value.columns and bool(value[MARK].any())


def _lacks_groups(value: Any) -> bool:
    """Tell whether a table withholds rows of groups."""
    return _withholds(value) and ("group" in value.columns or "group" in value.index.names)


def _say_withheld(figure: Any) -> None:
    """Write at the foot of one of our figures that rows are left out."""
    if not isinstance(figure, NotebookFigure) or figure.says_withheld:
        return
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        foot = 0.2 / figure.get_size_inches()[1]
        engine.set(rect=(0.0, foot, 1.0, 1.0 - foot))
    figure.text(0.01, 0.01, _WITHHELD, fontsize=7.5, color=MUTED, ha="left", va="bottom")
    figure.says_withheld = True


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


def group_look(group: object, position: int) -> dict[str, Any]:
    """Return the look of a group, the same in all figures that show it.

    Groups 1, 2, ... have the look of their number, so that it stays where another group is left
    out; named ones that of their ``position`` in the table. All together are a line of ink.
    """
    if str(group) == "all":
        return {"color": INK, "linestyle": "solid"}
    return line_look(group_place(group, position))


def group_place(group: object, position: int) -> int:
    """Return 0, 1, ... for the groups 1, 2, ..., and ``position`` for a group with a name."""
    if isinstance(group, Integral) and not isinstance(group, bool) and int(group) >= 1:
        return int(group) - 1
    return position


def series_order(column: pd.Series) -> tuple[list[str], list[int]]:
    """Return the series of a column that are there, and the place that gives each its look.

    Places are those of the rows, or those of the categories of a categorical column: then a
    population looks the same in every figure, whoever else is in it.
    """
    there = list(column.unique())
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return [str(name) for name in there], list(range(len(there)))
    order = [(name, j) for j, name in enumerate(column.dtype.categories) if name in there]
    return [str(name) for name, _ in order], [j for _, j in order]


def with_gaps(x: NDArray[np.float64], *values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return x and values with a missing value wherever x leaves out a step, to break lines there.

    The step is the smallest distance of two neighbours in x, which rises.
    """
    steps = np.diff(x)
    holes = np.flatnonzero(steps > 1.5 * steps.min()) + 1 if len(steps) else np.empty(0, dtype=int)
    return [
        np.insert(x, holes, (x[holes - 1] + x[holes]) / 2.0),
        *(np.insert(value, holes, np.nan) for value in values),
    ]


class NotebookFigure(Figure):
    """A figure outside pyplot that a notebook shows without any set-up, with a text for it."""

    says_withheld = False

    def add_subplot(self, *args: Any, **kwargs: Any) -> Any:
        """Add axes in the package's style, wherever they are asked for."""
        with mpl.rc_context(_settings()):  # type: ignore[arg-type]
            return super().add_subplot(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out, when pickled or copied, the tables that the figure was drawn from."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {key: value for key, value in state.items() if key != "_drawn_by"}

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        return figure_bytes(self, "png", dpi=110.0), {"alt": alt_text(self)}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` by ``height`` inches, outside pyplot.

    It is never wider than the page that is drawn for.
    """
    with mpl.rc_context(_settings()):  # type: ignore[arg-type]
        return NotebookFigure(figsize=(min(width, page()), height), layout="constrained")


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
