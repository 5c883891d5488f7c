"""A bar for training: on a terminal, in a notebook, or a few lines where neither is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from deepcuts.model.training.epochs import Epoch, Progress, UserProgress
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.wording import counted

Value = TypeVar("Value")

_CELLS = 30


class Reporters(NamedTuple):
    """What training calls as it goes on: after an epoch, and with the number of users whose personas are found."""

    on_epoch: Progress
    on_users: UserProgress


@contextmanager
def training_bar(settings: PersonaSettings, n_users: int) -> Iterator[Reporters]:
    """Show how far training is, for as long as the block runs.

    Parameters
    ----------
    settings
        Say how many epochs there are at the most.
    n_users
        Users whose personas are found at the end.
    """
    with (_notebook_bar if in_notebook() else _terminal_bar)() as show:
        yield reporters(settings, n_users, show)


def reporters(settings: PersonaSettings, n_users: int, show: Callable[[float, str], None]) -> Reporters:
    """Turn what training reports into a share that is done, from 0 to 1, and a note."""
    epochs = {"base": settings.base_epochs, "personas": settings.persona_epochs}

    def on_epoch(epoch: Epoch) -> None:
        ranked = "" if epoch.validation_ndcg is None else f", ndcg {epoch.validation_ndcg:.3f}"
        if epoch.stage == "rehearsal":
            show(0, f"rehearsal, epoch {epoch.number}{ranked}")
            return
        note = f"{epoch.stage}, epoch {epoch.number} of at most {epochs[epoch.stage]}: loss {epoch.loss:,.4g}{ranked}"
        before = epochs["base"] if epoch.stage == "personas" else 0
        show((before + epoch.number) / (sum(epochs.values()) + 1), note)

    def on_users(done: int) -> None:
        n_epochs = sum(epochs.values())  # all users count as one epoch more
        show((n_epochs + done / n_users) / (n_epochs + 1), f"personas of {done:,} of {counted(n_users, 'user')}")

    return Reporters(on_epoch, on_users)


def both(first: Callable[[Value], None], second: Callable[[Value], None]) -> Callable[[Value], None]:
    """Call two functions in turn."""

    def call(value: Value) -> None:
        first(value)
        second(value)

    return call


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, which shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def bar_html(share: float, note: str) -> str:
    """Return the bar of a notebook."""
    from html import escape

    return (
        f'<div style="font: 13px system-ui, sans-serif"><progress max="1" value="{share:.3f}" '
        f'style="width: 16em; vertical-align: middle"></progress> {share:.0%} {escape(note)}</div>'
    )


@contextmanager
def _notebook_bar() -> Iterator[Callable[[float, str], None]]:
    display: Any = sys.modules["IPython"].display
    shown = display.display(display.HTML(bar_html(0, "")), display_id=True)
    yield lambda share, note: shown.update(display.HTML(bar_html(share, note)))


@contextmanager
def _terminal_bar() -> Iterator[Callable[[float, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    note = TextColumn("{task.description}", markup=False)
    console = Console(stderr=True)
    with Progress(BarColumn(_CELLS), TaskProgressColumn(), TimeElapsedColumn(), note, console=console) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda share, note: progress.update(task, completed=share, description=note)
