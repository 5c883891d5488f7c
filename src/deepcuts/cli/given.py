"""Which options were given, and which of these would do nothing beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from deepcuts.errors import SettingsError


def is_given(name: str, context: typer.Context) -> bool:
    """Whether an option stands on the command line; `name` is that of the parameter."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def refuse_idle(context: typer.Context, needs: str, *names: str, unless: bool) -> None:
    """Refuse options that do nothing without another one, which whoever gave them has forgotten.

    Parameters
    ----------
    needs
        The other option, as it is typed.
    names
        Parameters of options that do nothing without it.
    unless
        Whether it is there.

    Raises
    ------
    SettingsError
        Naming the first of them that is given.
    """
    if unless:
        return
    flags = {each.name: each.opts[0] for each in context.command.params}
    for name in names:
        if is_given(name, context):
            raise SettingsError(
                f"{flags[name]} does nothing without {needs}. Pass {needs} as well, or leave {flags[name]} out."
            )


def refuse_idle_time_rules(context: typer.Context, times: Mapping[str, Any]) -> None:
    """Refuse options of plays over time that do nothing without another one.

    Raises
    ------
    SettingsError
        Naming it.
    """
    refuse_idle(context, "--half-life", "now", unless=times["half_life"] is not None)
    refuse_idle(context, "--session-cap", "session_gap", unless=times["session_cap"] is not None)
