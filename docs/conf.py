"""How the site is built: Markdown pages, reference from docstrings and commands, examples that are run.

`make docs` builds it into build/docs; a warning is an error.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

import deepcuts.array_types
from deepcuts import __version__

project = "deepcuts"
author = "the deepcuts authors"
copyright = "the deepcuts authors, MIT licence"  # noqa: A001  # the name that Sphinx reads
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "commands_page",
    "links_by_name",
]
exclude_patterns = ["examples/*", "extensions/*"]
templates_path = ["_templates"]
suppress_warnings = ["ref.python"]  # fields of the same name in several classes

html_theme = "furo"
html_title = f"deepcuts {version}"
html_static_path = ["_static"]
html_css_files = ["deepcuts.css"]
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4

default_role = "py:obj"  # names in docstrings lead to their pages
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_type_aliases = {name: name for name in vars(deepcuts.array_types) if name[0].isupper()}
autosummary_generate = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = False

sphinx_gallery_conf = {
    "examples_dirs": ["examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"\.py$",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "show_memory": False,
    "within_subsection_order": "FileNameSortKey",
    "matplotlib_animations": False,
    "copyfile_regex": "",
    "min_reported_time": 10,
    "ignore_repr_types": r"matplotlib\.",
}
