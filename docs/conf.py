"""How Sphinx builds the book: python -m sphinx -W docs site."""

import sys
from pathlib import Path

from swref import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "swref"
author = "the swref developers"
copyright = author
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    "book_math",
    "book_reference",
]
exclude_patterns = ["notebooks", "experiments/*.md"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "unsrt"
autodoc_typehints = "none"  # the signature has them as they are written
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"swref {version}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_permalinks_icon = "#"
