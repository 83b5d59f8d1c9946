"""Formulas as MathML, which browsers draw themselves: no script, no font, nothing to download.

Sphinx's own choices are MathJax from a content network, or pictures made with LaTeX; the first
needs a connection to read a page, the second a TeX installation to build one. Docutils, on which
Sphinx stands, has a converter from LaTeX to MathML; this connects the two. A formula that the
converter cannot read is a warning, and so an error in the checked build.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


def convert(node: nodes.Element, *, as_block: bool) -> str:
    """Return the MathML of one formula; warn and return its source where that fails."""
    source = node.astext().strip()
    try:
        return tex2mathml(source, as_block=as_block)
    except MathError as error:
        logger.warning("formula not understood (%s): %s", error, source, location=node)
        return f"<code>{source}</code>"


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(f'<span class="math">{convert(node, as_block=False)}</span>')
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math-block"))
    self.body.append(convert(node, as_block=True))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
