"""Remarks and progress on stderr: bars that move on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deepcuts.cli.terminal import printable, say_line, stderr

Advance = Callable[[int, str], None]

_PLAIN_LINES = 10  # a bar leaves about that many where lines cannot be redrawn


@dataclass(frozen=True)
class Remarks:
    """Where a command says what it does: on stderr, or nowhere.

    Parameters
    ----------
    quiet
        Whether to say nothing.
    """

    quiet: bool = False

    def say(self, text: str) -> None:
        """Say one line."""
        if not self.quiet:
            say_line(text)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say what goes on for as long as the block runs."""
        console = stderr()
        if self.quiet or not console.is_terminal:
            self.say(f"{what} …")
            yield
            return
        from rich.text import Text

        with console.status(Text(f"{printable(what)} …")):
            yield

    @contextmanager
    def bar(self, what: str, n_steps: int) -> Iterator[Advance]:
        """Show how far a loop of `n_steps` is; the block calls what it is given with steps done and a note."""
        if self.quiet or not stderr().is_terminal:
            yield self._plain_lines(what, n_steps)
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        note_column = TextColumn("{task.fields[note]}", markup=False)
        title_column = TextColumn("{task.description}", markup=False)
        columns = (SpinnerColumn(), title_column, BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), note_column)
        with Progress(*columns, console=stderr(), transient=True) as progress:
            task = progress.add_task(what, total=n_steps, note="")
            yield lambda steps, note: progress.update(task, advance=steps, note=printable(note))

    def _plain_lines(self, what: str, n_steps: int) -> Advance:
        done = 0

        def advance(steps: int, note: str) -> None:
            nonlocal done
            tenth_before, done = done * _PLAIN_LINES // n_steps, done + steps
            if done * _PLAIN_LINES // n_steps > tenth_before:
                self.say(f"{what}: {done:,} of {n_steps:,}" + (f", {note}" if note else ""))

        return advance
