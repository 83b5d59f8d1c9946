"""How the documentation is built: `python -m sphinx -W --keep-going docs docs/_build/html`.

Nothing is fetched while building or while reading: formulas become MathML, figures are drawn by
the notebooks, and fonts and scripts come with the theme.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import trajectories

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

# The notebooks live at the top of the repository, where a newcomer looks for them; Sphinx reads
# sources only below its own folder, so each build takes fresh copies.
for _old in (HERE / "tutorials").glob("*.ipynb"):
    _old.unlink()
for _notebook in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
    shutil.copy(_notebook, HERE / "tutorials" / _notebook.name)

project = "trajectories"
author = "The trajectories developers"
copyright = "2026, the trajectories developers"  # the name that Sphinx asks for
version = release = trajectories.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "mathml",
    "alt_texts",
]
exclude_patterns = ["_build", "_ext", "jupyter_execute", "**.ipynb_checkpoints"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = True

nb_execution_mode = "force"
nb_execution_show_tb = True  # a cell that fails is a warning, and so an error under -W
nb_execution_timeout = 240
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it in words
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # attributes as one list, not one block each
add_module_names = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "trajectories"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # else the theme complains in the reader's console
html_theme_options = {
    "show_prev_next": True,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "navbar_persistent": ["search-button"],
    "article_header_start": ["breadcrumbs"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def split_joint_attributes(
    app: Any, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Turn ``low, high : float`` of an Attributes section into two entries; napoleon cannot."""
    if what != "class" or "Attributes" not in lines:
        return
    start = lines.index("Attributes")
    for number in range(len(lines) - 1, start, -1):
        joint = re.fullmatch(r"(\w+(?:, \w+)+) : (.*)", lines[number])
        if joint:
            entries = [f"{one} : {joint[2]}" for one in joint[1].split(", ")]
            lines[number : number + 1] = entries


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", split_joint_attributes, priority=400)
