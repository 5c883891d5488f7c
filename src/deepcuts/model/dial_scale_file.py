"""The scale of the rarity dial in the file of a model of folded-in users, which does not have the measured users."""

from __future__ import annotations

import math
from typing import Any

from deepcuts import storage
from deepcuts.model.state import PersonaState
from deepcuts.recommendation.dial_scale import MOST_POINTS, WAYS, DialCurve, DialScale
from deepcuts.storage import values

DIAL_SCALE = "dial_scale"  # its name in the metadata

_SIGNS = {"+": 1, "-": -1}
_MOST_BITS = 64.0  # a listener among more users than there can be


def scale_to_stored(model: PersonaState) -> dict[str, Any]:
    """Return metadata of a model whose scale is not measured on its own users; all curves are measured for it."""
    scale = model.dial_scale
    if scale is None:
        return {}
    curves = {_name(way, mark): scale.curve(model, way, sign) for way in WAYS for mark, sign in _SIGNS.items()}
    return {DIAL_SCALE: {name: [_finite(curve.farthest), *curve.novelties] for name, curve in curves.items()}}


def scale_from_stored(stored: storage.Stored) -> DialScale | None:
    """Read what `scale_to_stored` returned.

    Raises
    ------
    FileFormatError
        If it is no object of lists of numbers, one for every way to make lists.
    """
    found = stored.meta.get(DIAL_SCALE)
    if found is None:
        return None
    ways = {_name(way, mark): (way, sign) for way in WAYS for mark, sign in _SIGNS.items()}
    if not isinstance(found, dict) or found.keys() - ways.keys():
        raise values.inconsistent(stored.path, f"its {DIAL_SCALE} is no object with names such as {next(iter(ways))!r}")
    return DialScale(None, {ways[name]: _curve(stored, name, ways[name][1], points) for name, points in found.items()})


def _curve(stored: storage.Stored, name: str, sign: int, points: object) -> DialCurve:
    where = f"{DIAL_SCALE}.{name}"
    if not isinstance(points, list) or not 2 <= len(points) <= MOST_POINTS + 1:
        raise values.inconsistent(stored.path, f"its {where} is no list of 2 to {MOST_POINTS + 1} numbers")
    farthest, *novelties = (values.typed(float, point, stored.path, where) for point in points)
    for novelty in novelties:
        values.check_number(stored.path, where, novelty, -_MOST_BITS, _MOST_BITS)
    return DialCurve(tuple(novelties), math.inf if farthest >= _MOST_BITS else farthest)


def _finite(farthest: float) -> float:
    return min(farthest, _MOST_BITS)  # JSON has no infinity


def _name(way: tuple[str, ...], mark: str) -> str:
    return "/".join((*way, mark))
