"""Lists of names alone: one a line, with commas between, or as an array of JSON."""

from __future__ import annotations

import re

from deepcuts.history.formats.format import Head, Refusal
from deepcuts.storage.nested_text import parse_json

_LONGEST, _MOST_WORDS = 60, 8  # of a name; sentences have more
_NO_NAME = re.compile(r"[\x00-\x08\x0b-\x1f<>{}\[\]=:\t;|\ufffd]")
_ADVICE = (
    "is a list of names, and does not say how often they were heard. Give an export of listens, or a table with the "
    "columns artist and plays; the page of `deepcuts explore` takes names alone"
)


def recognise(head: Head) -> Refusal | None:
    """A document of nothing but short texts."""
    names = _names(head.raw.decode("utf-8", "replace"))
    return Refusal(_ADVICE) if names and all(map(_is_name, names)) else None


def _names(text: str) -> list[object]:
    if text.lstrip()[:1] == "[":
        whole = text if text.rstrip()[-1:] == "]" else f"{text[: text.rfind(',')]}]"  # a long one is cut somewhere
        try:
            found = parse_json(whole)
        except ValueError:
            return []
        return found if isinstance(found, list) else []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [part.strip(' "') for line in lines for part in line.split(",") if part.strip(' "')]


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or len(name) > _LONGEST or len(name.split()) > _MOST_WORDS:
        return False
    return _NO_NAME.search(name) is None and any(map(str.isalpha, name))
