"""Names of classes in docstrings, such as `ListSettings`, lead to their pages, in whichever package these are."""

from __future__ import annotations

from typing import Any

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_KINDS = ("class", "exception", "method", "property", "attribute")


def setup(app: Sphinx) -> dict[str, Any]:
    """Look for what Python's own rules of names do not find."""
    app.connect("missing-reference", class_of_name)
    return {"parallel_read_safe": True}


def class_of_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, text: Element) -> Element | None:
    """Find the one class of a name, or its member; None leaves the name without a link."""
    name = node["reftarget"]
    if node.get("refdomain") != "py" or not name[:1].isupper():
        return None
    domain = env.domains.python_domain
    # Aliases are the modules in which classes are written, beside the packages that they are listed in.
    found = [
        full
        for full, entry in domain.objects.items()
        if full.endswith(f".{name}") and not entry.aliased and entry.objtype in _KINDS
    ]
    if len(found) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, text)
