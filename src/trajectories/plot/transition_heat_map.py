"""The transition table as a heat map, with its numbers in it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.page import page, type_size, wrapped
from trajectories.plot.style import INK, MUTED, new_figure, styled

__all__ = ["transition_heat_map"]

_DARK = 0.72
"""Share of the scale above which numbers are white."""
_NOTABLE = 2.0
"""Adjusted residuals beyond this are framed."""


@styled
def transition_heat_map(
    table: pd.DataFrame,
    group: Any = "all",
    value: Literal["estimate", "residual"] = "estimate",
) -> Figure:
    """Draw which kind of offence follows which.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``from``, ``to``, ``estimate`` and ``residual``, as ``careers.transitions``
        gives it. Kinds are in the order of the table.
    group
        Which group.
    value : {"estimate", "residual"}
        Shares of the steps from each kind, as percentages, dark where large; or adjusted
        residuals, dark where large in either direction. Cells whose residual is beyond ±2 have a
        solid frame where more steps than by chance are seen, a dashed one where fewer.

    Returns
    -------
    Figure
        Rows: from; columns: to. A dash: no estimate, or suppressed.

    Raises
    ------
    InputError
        For an unknown group or value.
    """
    need_columns(table, "the transition table", "group", "from", "to", "estimate", "residual")
    if value not in ("estimate", "residual"):
        raise InputError(f"value={value!r}: choose 'estimate' or 'residual'")
    part = table[table["group"] == group]
    if not len(part):
        raise InputError("the transition table has no row of that group")
    kinds = list(dict.fromkeys([*part["from"], *part["to"]]))
    shown, residual = (
        part.pivot_table(name, "from", "to", dropna=False)
        .reindex(index=kinds, columns=kinds)
        .to_numpy(dtype=float)
        for name in (value, "residual")
    )
    size = 1.8 + 0.72 * len(kinds)
    width = min(size + 0.6, page())
    figure = new_figure(width, min(size, 0.95 * width))
    ax = figure.add_subplot()
    shade = np.abs(shown)
    top = float(np.nanmax(shade)) if np.isfinite(shade).any() else 1.0
    ax.imshow(shade, cmap="Greys", vmin=0.0, vmax=max(top, 1e-9) * 1.15, aspect="equal")
    _write(ax, shown, residual, value, top)
    names = [str(kind).replace("_", " ") for kind in kinds]
    ax.set_xticks(range(len(kinds)), names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(kinds)), names)
    ax.tick_params(length=0)
    ax.set_xlabel("next offence")
    ax.set_ylabel("offence")
    for spine in ax.spines.values():
        spine.set_visible(False)
    what = "% of the steps from each kind" if value == "estimate" else "adjusted residuals"
    frames = wrapped("frame: more often than by chance; dashed: less often", 34)
    ax.set_title(f"{what}\n{frames}", fontsize=type_size(8.0), color=MUTED)
    return figure


def _write(ax: Axes, shown: np.ndarray, residual: np.ndarray, value: str, top: float) -> None:
    for (i, j), number in np.ndenumerate(shown):
        text = "–"
        if np.isfinite(number):
            text = f"{100 * number:.0f}" if value == "estimate" else f"{number:.1f}"
            text = text.replace("-", "−")
        dark = np.isfinite(number) and abs(number) > _DARK * top
        told: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": type_size(8.0)}
        ax.text(j, i, text, color="white" if dark else INK, **told)
        if np.isfinite(residual[i, j]) and abs(residual[i, j]) > _NOTABLE:
            frame = Rectangle(
                (j - 0.44, i - 0.44),
                0.88,
                0.88,
                fill=False,
                edgecolor="#D55E00",
                linewidth=1.6,
                linestyle="solid" if residual[i, j] > 0 else (0, (2, 1.5)),
                path_effects=[withStroke(linewidth=3.6, foreground="white")],  # on every grey
            )
            ax.add_patch(frame)
