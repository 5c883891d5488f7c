"""Where the records of a JSON document are: the paths of its objects, and the keys that these have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from deepcuts.storage.nested_text import parse_json

ARRAY = "[]"

Path: TypeAlias = tuple[str, ...]  # keys from the outside in, and ARRAY where an array is entered

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")|([\[\]{}:,])|([^\s\[\]{}:,"]+)')
_DEEPEST, _MOST_PATHS, _MOST_SAMPLES = 12, 200, 400


@dataclass
class Shape:
    """Paths of the objects at the beginning of a document.

    Parameters
    ----------
    keys
        For each path, the keys of its objects; those of objects within have dots: "track.artist".
    samples
        For each path, the fields of some objects that are no objects themselves, as text, "" for null; those of objects
        within have dots.
    doubled
        For each path some object of which has a key twice, the first such key.
    root_lines
        For each document that begins, the line on which it does: there is more than one where each line is one.
    """

    keys: dict[Path, set[str]] = field(default_factory=dict)
    samples: dict[Path, list[dict[str, str]]] = field(default_factory=dict)
    doubled: dict[Path, str] = field(default_factory=dict)
    root_lines: list[int] = field(default_factory=list)

    def find(self, *wanted: Iterable[str]) -> Path | None:
        """The outermost path whose objects have all keys of one of these groups; None where there is none."""
        groups = [set(group) for group in wanted]
        return next(
            (path for path in sorted(self.keys, key=len) if any(group <= self.keys[path] for group in groups)), None
        )


@dataclass
class _Frame:
    """An object or an array that is open."""

    path: Path
    is_object: bool
    key: str | None = None
    awaits_key: bool = True
    keys: set[str] = field(default_factory=set)

    @property
    def inner(self) -> Path:
        """Path of what stands in it."""
        return (*self.path, (self.key or "") if self.is_object else ARRAY)


def shape_of(text: str) -> Shape:
    """Look at the beginning of a JSON document, which may end anywhere."""
    shape, stack = Shape(), list[_Frame]()
    n_deeper = 0  # open brackets within the deepest that is looked at
    for match in _TOKEN.finditer(text):
        string, mark, bare = match.groups()
        top = stack[-1] if stack else None
        if len(stack) > _DEEPEST and (n_deeper or mark in ("{", "[")):
            n_deeper += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark or "", 0)
        elif mark in ("{", "["):
            if top is None:
                shape.root_lines.append(text.count("\n", 0, match.start()))
            stack.append(_Frame(top.inner if top else (), mark == "{"))
            _begin(shape, stack[-1])
        elif mark in ("}", "]"):
            if stack:
                stack.pop()
        elif top is None:
            continue
        elif mark == ",":
            top.awaits_key = True
        elif string is not None and top.is_object and top.awaits_key:
            top.key, top.awaits_key = _plain(string), False
            if top.key in top.keys:
                shape.doubled.setdefault(top.path, top.key)
            top.keys.add(top.key)
            _add_key(shape, stack)
        elif mark != ":" and top.is_object and top.key is not None:
            _add_sample(shape, stack, _plain(string) if string else bare.replace("null", ""))
    return shape


def _begin(shape: Shape, frame: _Frame) -> None:
    if (
        not frame.is_object
        or "" in frame.path  # a key that SQL has no name for, or none at all
        or len(frame.path) > _DEEPEST
        or (len(shape.keys) >= _MOST_PATHS and frame.path not in shape.keys)
    ):
        return
    shape.keys.setdefault(frame.path, set())
    samples = shape.samples.setdefault(frame.path, [])
    if len(samples) < _MOST_SAMPLES:
        samples.append({})


def _add_key(shape: Shape, stack: list[_Frame]) -> None:
    """Add a key to its object, and, with the keys that lead there, to the objects around it."""
    full = stack[-1].inner
    for frame in stack[-_DEEPEST:]:
        if frame.is_object and frame.path in shape.keys:
            shape.keys[frame.path].add(".".join(part for part in full[len(frame.path) :] if part != ARRAY))


def _add_sample(shape: Shape, stack: list[_Frame], text: str) -> None:
    """Add a field to its object and, with the keys that lead there, to the objects around it, up to an array."""
    name = ""
    for frame in reversed(stack[-_DEEPEST:]):
        if not frame.is_object:
            return
        name = f"{frame.key}.{name}" if name else frame.key or ""
        if shape.samples.get(frame.path):
            shape.samples[frame.path][-1].setdefault(name, text)


def _plain(string: str) -> str:
    """The text that a string of JSON stands for, with "?" for half of a surrogate pair and for NUL."""
    try:
        return str(parse_json(string)).encode("utf-8", "replace").decode().replace("\0", "?")
    except ValueError:
        return string[1:-1].replace("\0", "?")
