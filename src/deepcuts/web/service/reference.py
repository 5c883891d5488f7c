"""The OpenAPI document as a page to read: no script, nothing fetched from elsewhere, so it works offline."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from deepcuts.web.server.guards.headers import STRICT_POLICY

_ADDRESS = "http://127.0.0.1:8000"
_STYLE = """
:root { color-scheme: light dark; }
body { background: light-dark(#fff, #14171b); color: light-dark(#1b1f24, #e8ebef);
  font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
a { color: light-dark(#0b5cad, #7cb8f5); } h1 { margin-bottom: 0; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
article { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem;
  padding: .25rem 1rem 1rem; margin: 1rem 0; }
h3 { font: 600 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.method { display: inline-block; min-width: 3.2rem; padding: 0 .5rem; margin-right: .5rem; border-radius: .3rem;
  text-align: center; color: #fff; background: #0a6b4b; } .get { background: #1f5fa8; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; table-layout: fixed; }
th { text-align: left; font-weight: 600; }
th:nth-child(1) { width: 22%; } th:nth-child(2) { width: 36%; }
td, th { padding: .25rem .5rem .25rem 0; vertical-align: top; overflow-wrap: anywhere;
  border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
code { font: .9em ui-monospace, monospace; } summary { cursor: pointer; min-height: 24px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .5rem; margin: .25rem 0; border-radius: .3rem;
  background: color-mix(in srgb, currentColor 6%, transparent); } h4 { margin: 1rem 0 .25rem; }
.must { color: light-dark(#b3261e, #ff8a80); }
""".strip()

POLICY = (
    # The one style of the page, by its hash.
    STRICT_POLICY + "; style-src 'sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode() + "'"
)


def reference_page(document: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    document
        The OpenAPI document.
    """
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            groups.setdefault(tag, []).append(_operation(document, method, path, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(articles)}" for tag, articles in groups.items())
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(info["title"])}: service'
        f"</title><style>{_STYLE}</style></head><body><main><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f'<p>{escape(info["description"])} For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{sections}</main></body></html>"
    )


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<article><h3><span class="method {escape(method)}">{escape(method.upper())}</span>{escape(path)}</h3>',
        f"<p>{escape(operation.get('description', ''))}</p>",
    ]
    if operation.get("parameters"):
        rows = [(p["name"], p["schema"], p.get("required", False), _text(p)) for p in operation["parameters"]]
        parts.append(_table("Parameters", rows))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    for schema in _choices(document, body["schema"]) if body else ():
        parts.append(_fields(document, schema, f"Body: {schema.get('description', '')}"))
    response = operation["responses"].get("200", {}).get("content", {}).get("application/json")
    for schema in _choices(document, response["schema"]) if response else ():
        parts.append(_fields(document, schema, "Answer"))
    return "".join([*parts, _example(path, operation)]) + "</article>"


def _example(path: str, operation: dict[str, Any]) -> str:
    """Show the example of an operation: as a command, and its answer."""
    given = {p["name"]: p for p in operation.get("parameters", ()) if "example" in p}
    query = {name: p["example"] for name, p in given.items() if p["in"] == "query"}
    for name, parameter in given.items():
        path = path.replace(f"{{{name}}}", quote(str(parameter["example"]), safe=""))
    words = ["curl", shlex.quote(f"{_ADDRESS}{path}" + (f"?{urlencode(query)}" if query else ""))]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if body is not None:
        words += ["--json", shlex.quote(json.dumps(body))]
    contents = operation["responses"]["200"].get("content", {}).values()
    answer = next((content["example"] for content in contents if "example" in content), None)
    shown = answer if isinstance(answer, str) else json.dumps(answer, indent=2, ensure_ascii=False)
    return (
        f"<h4>Example</h4><pre><code>{escape(' '.join(words))}</code></pre>"
        f"<details><summary>Its answer</summary><pre><code>{escape(shown)}</code></pre></details>"
    )


def _choices(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects that a schema allows."""
    schema = _resolved(document, schema)
    return [_resolved(document, choice) for choice in schema.get("oneOf", [schema])]


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _fields(document: dict[str, Any], schema: dict[str, Any], title: str) -> str:
    required = schema.get("required", ())
    rows = [(name, field, name in required, _text(field)) for name, field in schema.get("properties", {}).items()]
    return _table(title, sorted(rows, key=lambda row: not row[2]))


def _table(title: str, rows: list[tuple[str, dict[str, Any], bool, str]]) -> str:
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code>{' <span class=must>needed</span>' if is_required else ''}</td>"
        f"<td>{escape(kind_of(schema))}</td><td>{escape(text)}</td></tr>"
        for name, schema, is_required, text in rows
    )
    return f"<h4>{escape(title)}</h4><table><tr><th>name</th><th>value</th><th>meaning</th></tr>{lines}</table>"


def _text(field: dict[str, Any]) -> str:
    text = str(field.get("description", ""))
    default = field.get("default", field.get("schema", {}).get("default"))
    return text if default in (None, [], {}) else f"{text} Default: {json.dumps(default)}.".strip()


def kind_of(schema: dict[str, Any]) -> str:
    """Say in words what a schema allows."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return ", or ".join(map(kind_of, choices))
    if "enum" in schema:
        return " or ".join(map(json.dumps, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_range(schema, 'Items', 'any number')}: {kind_of(schema['items'])}"
    if schema.get("type") == "object" and "properties" not in schema:
        by_pattern = list(schema.get("patternProperties", {}).values())
        members = schema.get("additionalProperties") or (by_pattern or [{}])[0]
        return f"object of {_range(schema, 'Properties', 'any number')}: {kind_of(members)}"
    return _kind_of_value(schema)


def _kind_of_value(schema: dict[str, Any]) -> str:
    kind = str(schema.get("type", "anything"))
    if "maxLength" in schema:
        return f"{kind} of {_range(schema, 'Length', '')} characters"
    return f"{kind} {_range(schema, 'imum', '')}".strip()


def _range(schema: dict[str, Any], what: str, otherwise: str) -> str:
    """Say how small and how large something may be: "imum" for numbers, "Length", "Items" or "Properties"."""
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if most is None:
        return otherwise if least is None else f"from {_number(least)}"
    return f"up to {_number(most)}" if least is None else f"{_number(least)} to {_number(most)}"


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
