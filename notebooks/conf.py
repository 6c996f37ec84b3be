"""The book: the notebooks, the documentation around them, and a reference made from the code.

``sphinx-build -W -n notebooks build/docs`` builds it without a network.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "docs")]

from tinycnn import __version__  # noqa: E402

project = "tinycnn"
author = "the tinycnn authors"
copyright = "the tinycnn authors, under the MIT licence"
release = version = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_argparse_cli",
    "extensions.architecture",
    "extensions.cards",
    "extensions.claims",
    "extensions.crossrefs",
    "extensions.formulas",
    "extensions.mathml",
    "extensions.members",
    "extensions.modules",
    "extensions.pictures",
]
exclude_patterns = ["**/.ipynb_checkpoints", "students"]
root_doc = "index"
nitpicky = True
nitpick_ignore_regex = [("py:(?!obj).*", r"(?!tinycnn\b).*")]  # types of other packages; ours are all checked

html_theme = "furo"
html_title = f"tinycnn {release}"
html_static_path = ["docs/static"]
html_css_files = ["docs.css"]
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # summaries are fetched, which a browser refuses for files
html_theme_options = {"navigation_with_keys": True}
pygments_style = "default"
pygments_dark_style = "github-dark"
html_math_renderer = "mathml"

nb_execution_mode = "off"
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

default_role = "py:obj"
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {
    "Array": "tinycnn.ops.types.Array",
    "DTypeLike": "numpy.typing.DTypeLike",
    "Pair": "tinycnn.ops.types.Pair",
    "Padding": "tinycnn.ops.geometry.Padding",
    "Init": "tinycnn.zoo.init.Init",
    "Scale": "tinycnn.pictures.maps.Scale",
    "Send": "tinycnn.rules.gate.Send",
}
autodoc_preserve_defaults = True
autodoc_mock_imports = ["distributed", "psutil", "starlette", "uvicorn"]
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 78
toc_object_entries_show_parents = "hide"
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_use_admonition_for_notes = False
viewcode_line_numbers = True
