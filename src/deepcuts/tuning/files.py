"""Settings as files: JSON or TOML by the ending of the name, one value for each setting."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from deepcuts.checks import instance
from deepcuts.errors import DataError, SettingsError
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.setting_names import check_names
from deepcuts.storage import StrPath, check_input, not_found, path_with_ending, replacing
from deepcuts.storage.nested_text import distinct_keys, parse_json, parse_toml
from deepcuts.wording import with_article

ENDINGS = (".toml", ".json")


def write_settings(path: StrPath, settings: PersonaSettings, remark: str = "", *, force: bool = False) -> None:
    """Write all settings into a file, whole or not at all.

    Parameters
    ----------
    path
        The file to be.
    settings
        What to write.
    remark
        Where they come from; TOML keeps it, as a comment.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    SettingsError
        If the ending is neither .toml nor .json.
    OutputError
        If the file exists and `force` is false, or if it cannot be written.
    """
    path = path_with_ending(path, ENDINGS)
    values = vars(instance("settings", settings, PersonaSettings, "Give settings, such as model.settings."))
    if path.suffix == ".json":
        text = json.dumps(values, indent=2) + "\n"
    else:
        lines = [f"# {line}" for line in remark.splitlines()]
        # Numbers, booleans and strings read the same in JSON and in TOML.
        text = "\n".join([*lines, *(f"{name} = {json.dumps(value)}" for name, value in values.items())]) + "\n"
    with replacing(path, force=force) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_settings(path: StrPath) -> dict[str, Any]:
    """Read a settings file; it may hold some settings only.

    Raises
    ------
    DataError
        If there is no such file, or it is not of the format that its ending says.
    SettingsError
        If the ending is neither .toml nor .json, there is no such setting, or a value is out of its range.
    """
    path = path_with_ending(path, ENDINGS)
    check_input(path)
    try:
        text = path.read_text(encoding="utf-8")
        values = parse_json(text, distinct_keys) if path.suffix == ".json" else parse_toml(text)
    except FileNotFoundError:
        raise DataError(not_found(path)) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # of both parsers, and of text that is not UTF-8
        raise DataError(f"{path} cannot be read as {path.suffix[1:]}: {error}.") from None
    return _checked(values, path)


def parse_values(texts: Iterable[str], option: str) -> dict[str, Any]:
    """Read settings such as "n_factors=64" or "start=copy".

    Parameters
    ----------
    texts
        A name, an equals sign and a value each.
    option
        Where they come from, for the message.

    Raises
    ------
    SettingsError
        If one is spelt otherwise, or a name stands twice.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise SettingsError(f"{option} is {text!r}. Give a name and a value, such as n_factors=64.")
        if (name := name.strip().replace("-", "_")) in values:
            raise SettingsError(f"{option} gives {name} twice. Give it once.")
        values[name] = _parsed(value.strip())
    return values


def _parsed(value: str) -> Any:
    try:
        # What is no JSON is text: "start=copy" needs no quotes.
        return parse_json(value.lower() if value.lower() in ("true", "false") else value)
    except ValueError:
        return value


def _checked(values: object, path: Path) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise DataError(f'{path} holds no settings. Write it as {{"n_factors": 64, …}}, a value for each name.')
    types = {field.name: field.type for field in fields(PersonaSettings)}
    check_names(str(path), values, types)
    for name, value in values.items():
        if isinstance(value, bool) and "bool" not in types[name]:  # True would pass as the number 1
            raise SettingsError(f"{path} has {name} = {value!r}, which is not {with_article(str(types[name]))}.")
    try:
        PersonaSettings(**values)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    return dict(values)
