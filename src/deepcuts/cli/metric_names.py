"""Commands whose help names all metrics in the registry."""

from __future__ import annotations

from typing import Any

from typer.core import TyperOption

from deepcuts.cli.command import CommandParser

_THERE_ARE = " There are "


class MetricsCommand(CommandParser):
    """A command with an option --metrics; what metrics there are is imported only when its help is shown."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        from deepcuts.evaluation.registry import METRICS

        for option in self.params:
            if isinstance(option, TyperOption) and option.name == "metrics":
                own = (option.help or "").partition(_THERE_ARE)[0]  # without the names added by a help shown before
                option.help = f"{own}{_THERE_ARE}{', '.join(METRICS)}."
        super().format_help(ctx, formatter)
