"""Settings, constraints of lists and plays of visitors, from JSON, TOML and texts; the first byte says which."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import deepcuts as dc
from deepcuts.cli import values
from deepcuts.errors import DataError
from deepcuts.history import HistoryOptions
from deepcuts.ingest import Columns, ReadOptions, TimeRules
from deepcuts.recommendation.settings import ListSettings
from deepcuts.synthetic.settings import WorldSettings
from deepcuts.tuning.files import parse_values, read_settings
from deepcuts.tuning.settings import TuningSettings
from deepcuts.web.server.settings import ServiceSettings

KINDS = (
    *(dc.PersonaNMF, ListSettings, TimeRules, ReadOptions, HistoryOptions, Columns),
    *(WorldSettings, TuningSettings, ServiceSettings),
)


NEEDED: dict[Any, dict[str, Any]] = {
    Columns: {"user": 1, "item": 2},
    WorldSettings: {
        "n_users": 9,
        "n_items": 99,
        "items_per_user": 5,
        "n_scenes": 3,
        "n_personas": 2,
        "stray_share": 0.1,
        "seed": 0,
    },
}


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise DataError("It is no JSON.") from None


def of_kind(kind: Any, given: Any) -> None:
    """Make settings of a JSON object, without the members that they have not."""
    if isinstance(given, Mapping):
        names = {field.name for field in fields(kind)}
        kind(**{**NEEDED.get(kind, {}), **{name: value for name, value in given.items() if name in names}})


@contextmanager
def session() -> Iterator[None]:
    """Have kernels compiled before the first input."""
    model = small_model()
    user, item = model.user_ids.values[0].as_py(), model.item_ids.values[0].as_py()
    for options in ({}, {"rarity": 1.0, "mix": "max"}, {"dial": "power", "rarity": 1.0}):
        model.recommend(user, k=2, **options)
    model.fold_in({item: 2.0}).recommend(k=2)
    model.similar_items(item, k=2)
    model.explain(user, item)
    yield


@cache
def small_model() -> dc.PersonaModel:
    plays = dc.generate_world(30, 60, items_per_user=8, seed=1).plays
    return dc.PersonaNMF(n_factors=4, n_personas=2, base_epochs=2, persona_epochs=1).fit(plays)


def numbered(value: Any) -> Any:
    """An object by persona with numbers for keys, which JSON has as texts."""
    if not isinstance(value, dict):
        return value
    return {int(key) if key.isascii() and key.isdigit() and len(key) < 9 else key: each for key, each in value.items()}


def constraints(given: Any) -> None:
    """Make lists as a JSON object says."""
    if isinstance(given, Mapping):
        model, names = small_model(), {field.name for field in fields(ListSettings)}
        users = given.get("users", model.user_ids.values[0].as_py())
        options = {"k": 5, **{name: numbered(value) for name, value in given.items() if name in names}}
        if isinstance(options["k"], int):
            options["k"] = min(options["k"], 100)
        model.recommend(users, **options)


def visitor(given: Any) -> None:
    """Fold the plays of a JSON object in, and ask about what they say."""
    model = small_model()
    if isinstance(given, Mapping):
        model.fold_in(given).recommend(k=3)
    else:
        model.similar_items(given, k=3)
        model.personas(given)
        model.explain(given, given)


def file_of(name: str, read: Callable[[Path], Any]) -> Callable[[bytes, Path], None]:
    def feed_file(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        read(folder / name)

    return feed_file


def text_of(take: Callable[[str], Any]) -> Callable[[bytes, Path], None]:
    return lambda content, folder: take(content.decode("utf-8", "surrogateescape"))


def json_of(take: Callable[[Any], Any]) -> Callable[[bytes, Path], None]:
    return lambda content, folder: take(parsed(content.decode("utf-8", "replace")))


WAYS: tuple[Callable[[bytes, Path], None], ...] = (
    file_of("settings.json", read_settings),
    file_of("settings.toml", read_settings),
    file_of("ids.txt", values.ids_in_file),
    file_of("plays.txt", values.plays_in_file),
    text_of(lambda text: parse_values(text.split("\n"), "--set")),
    text_of(lambda text: values.by_persona(text, "--weights")),
    text_of(lambda text: values.turn(text, "--rarity")),
    json_of(constraints),
    json_of(visitor),
    *(json_of(lambda given, kind=kind: of_kind(kind, given)) for kind in KINDS),
)


def feed(data: bytes, folder: Path) -> None:
    WAYS[(data[0] if data else 0) % len(WAYS)](data[1:], folder)
