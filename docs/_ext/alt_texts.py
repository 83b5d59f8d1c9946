"""Texts for figures that cells draw: what the figure says of itself becomes the text of its image.

A figure of this library comes with a text (``trajectories.plot.alt_text``) in the metadata of the
cell's output; myst-nb reads only width and height there, and a page would give the name of a file
as the text.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer

_RENDER_IMAGE = NbElementRenderer.render_image


def render_image(self: NbElementRenderer, data: MimeData) -> list[nodes.Element]:
    """Render the image of a cell with the text that came with it."""
    rendered = _RENDER_IMAGE(self, data)
    text = data.output_metadata.get(data.mime_type, {}).get("alt")
    if text:
        for node in rendered:
            node.setdefault("alt", text)
    return rendered


def setup(app: Any) -> dict[str, bool]:
    NbElementRenderer.render_image = render_image
    return {"parallel_read_safe": True, "parallel_write_safe": True}
