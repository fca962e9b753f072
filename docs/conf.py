"""How Sphinx builds these pages (`make docs`). What they show is made while they are built."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import matplotlib  # noqa: E402

matplotlib.use("Agg")

import shown  # noqa: E402

project = "frontierlag"
author = "The frontierlag developers"
copyright = "The frontierlag developers. Data: Epoch AI, CC BY 4.0"
version = release = metadata.version("frontierlag")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "mathml",
    "picture",
    "drawn",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "_made/*.md"]
root_doc = "index"
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
# Every figure and table that comes from results, from the code or from a command.
myst_substitutions = shown.everything(HERE.parent / "results")

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"exclude-members": "model_config"}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = "frontierlag"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_show_sourcelink = False
html_copy_source = False
pygments_style = "friendly"
