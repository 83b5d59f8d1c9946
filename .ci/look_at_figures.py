"""Sheets of every gallery figure, to be looked at: `look_at_figures.py FOLDER [PAGE...]`.

Runs the code of the gallery (or of the pages named) and writes for each page a sheet with a row a
figure: as it is, on a dark page, in grey, and drawn for a journal's column (89 mm), where it fits.
Says which do not fit, and which texts are cut off, lie on each other or are smaller than 6 points
at 183 mm.
"""

from __future__ import annotations

import ast
import re
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image, ImageEnhance

from trajectories.errors import InputError
from trajectories.plot import figure_bytes, save

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
CELL = re.compile(r"^```\{code-cell\} python\n(?::tags:[^\n]*\n)?(.*?)^```$", re.M | re.S)
PAGE, NIGHT, GAP, WIDE = "#9aa3b0", "#14181e", 16, 183.0


def figures(page: Path) -> list[Figure]:
    """Run the cells of a page and return the figures that they show."""
    names: dict[str, Any] = {}
    shown = []
    for cell in CELL.findall(page.read_text(encoding="utf-8")):
        *body, last = ast.parse(cell).body
        exec(compile(ast.Module(body, []), page.name, "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), page.name, "exec"), names)
            continue
        value = eval(compile(ast.Expression(last.value), page.name, "eval"), names)
        if isinstance(value, Figure):
            shown.append(value)
    return shown


def complaints(figure: Figure) -> list[str]:
    """Return what is wrong with the texts of a figure."""
    figure.draw_without_rendering()
    page, shrunk = figure.bbox, min(1.0, WIDE / 25.4 / figure.get_size_inches()[0])
    ticks = {
        id(label)
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for label in axis.get_ticklabels(which="both")
    }
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    boxes = {t: t.get_window_extent().padded(-1.5) for t in texts}
    found = [f"small: {t.get_text()!r}" for t in texts if t.get_fontsize() * shrunk < 6.0]
    free = [t for t in texts if id(t) not in ticks and not t.get_rotation()]
    for j, text in enumerate(free):
        box = boxes[text]
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1:
            found.append(f"cut off: {text.get_text()!r}")
        found += [
            f"on each other: {text.get_text()!r} and {other.get_text()!r}"
            for other in free[:j]
            if box.overlaps(boxes[other])
        ]
    return found


def views(figure: Figure, folder: Path) -> list[Image.Image]:
    """Return the figure as it is, on a dark page, in grey, and in a column where it fits."""
    light = Image.open(BytesIO(figure_bytes(figure, "png", dpi=100.0))).convert("RGB")
    dark = Image.new("RGB", (light.width + 40, light.height + 40), NIGHT)
    dark.paste(ImageEnhance.Brightness(light).enhance(0.92), (20, 20))
    shown = [light, dark, light.convert("L").convert("RGB")]
    try:
        (column,) = save(figure, folder / "column.png", dpi=100.0, width=89.0)
    except InputError as problem:
        print(problem)
        return shown
    shown.append(Image.open(column).convert("RGB"))
    column.unlink()
    return shown


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """Put pictures below and beside each other."""
    width = max(sum(picture.width + GAP for picture in row) for row in rows)
    heights = [max(picture.height for picture in row) + GAP for row in rows]
    whole = Image.new("RGB", (width, sum(heights)), PAGE)
    for number, row in enumerate(rows):
        left = 0
        for picture in row:
            whole.paste(picture, (left, sum(heights[:number])))
            left += picture.width + GAP
    return whole


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for page in [Path(name) for name in sys.argv[2:]] or sorted(GALLERY.glob("*.md")):
        shown = figures(page)
        for number, figure in enumerate(shown, start=1):
            for line in complaints(figure):
                print(f"{page.stem}, figure {number}: {line}")
        if shown:
            sheet([views(figure, folder) for figure in shown]).save(folder / f"{page.stem}.png")
            print(f"{page.stem}.png: {len(shown)} figures")


if __name__ == "__main__":
    main()
