"""Complete files put in the place of old ones: one by one rename, several together or not at all.

No file system renames several files at once. So that new files never lie beside old ones, the old ones are set aside
first: whatever a reader or a kill meets is a part of the old files or a part of the new ones. A journal in each folder,
on disk before anything is moved, says what goes where; the next run that writes into such a folder carries on from it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from deepcuts.errors import OutputError
from deepcuts.storage.nested_text import parse_json
from deepcuts.storage.temporary import JOURNAL, SET_ASIDE, claim, discard, left_behind, new_name

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(frozen=True)
class Move:
    """A complete file, and where it goes.

    Parameters
    ----------
    temporary
        The file.
    target
        Where it goes.
    aside
        Where a file that is replaced lies, in the same folder, until all are in place.
    new, old
        Inode, size and time of change in nanoseconds of the complete file, and of the one that it is to replace; None
        where that is none.
    shown
        What messages call the target.
    force
        Whether what lies at the target may be replaced.
    """

    temporary: str
    target: str
    aside: str
    new: tuple[int, int, int] | None
    old: tuple[int, int, int] | None
    shown: str
    force: bool

    @classmethod
    def to(cls, target: Path, temporary: Path, shown: str, *, force: bool) -> Move:
        """Note a move, and what it replaces."""
        aside = target.with_name(new_name(SET_ASIDE, target.suffix))
        old = _signature(str(target)) if force else None
        return cls(str(temporary), str(target), str(aside), _signature(str(temporary)), old, shown, force)

    @property
    def is_placed(self) -> bool:
        """Whether the complete file is where it goes."""
        return _signature(self.target) == self.new


def place(moves: Sequence[Move]) -> None:
    """Put files that are complete and synced where they go, all of them or none.

    A file that has come up where nothing was to be replaced stays.

    Raises
    ------
    OutputError
        If a file cannot be moved; it says what has become of the others.
    """
    with _signals_deferred():
        if len(moves) == 1:
            with _refusals(moves[0], moves):
                _place_one(moves[0])
        elif moves:
            _place_together(moves)
    for folder in _folders(moves):
        with contextlib.suppress(OSError):  # not every file system can sync a folder; the files are complete either way
            sync(folder, os.O_RDONLY)


def recover(folder: Path) -> None:
    """Carry on with the moves of processes that were killed while they put files into a folder.

    Where a complete file is gone, the old files come back. A file that somebody else has put there since then stays.
    """
    for journal in left_behind(folder, JOURNAL):
        with contextlib.suppress(OSError):
            moves = _read_journal(journal)
            if all(move.is_placed or os.path.lexists(move.temporary) for move in moves):
                for move in moves:
                    _carry_on(move)
            else:
                _take_back(moves)
            for each in {journal, *(place / journal.name for place in _folders(moves))}:
                each.unlink(missing_ok=True)


def sync(path: Path, flags: int) -> None:
    """Wait until a file or a folder is on the disk itself."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place_one(move: Move) -> None:
    if move.force:
        os.replace(move.temporary, move.target)
        return
    try:
        os.link(move.temporary, move.target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(move.target):
            raise FileExistsError from error
        os.rename(move.temporary, move.target)
    else:
        os.unlink(move.temporary)


def _place_together(moves: Sequence[Move]) -> None:
    journals = [claim(folder / name) for name in [new_name(JOURNAL)] for folder in _folders(moves)]
    current = moves[0]
    try:
        _write_journals(journals, moves)
        for current in moves:
            if current.force and os.path.lexists(current.target):
                os.rename(current.target, current.aside)
        for current in moves:
            _place_one(current)
        for move in moves:
            with contextlib.suppress(OSError):
                os.unlink(move.aside)
    except BaseException as error:
        _take_back(moves)
        if isinstance(error, OSError):
            raise _refusal(error, current, moves) from error
        raise
    finally:
        for journal in journals:
            discard(journal)


def _take_back(moves: Sequence[Move]) -> None:
    """Restore what was there before; each step leaves files that `_carry_on` can go on from."""
    for move in reversed(moves):
        with contextlib.suppress(OSError):
            if move.is_placed:
                os.replace(move.target, move.temporary)  # of two names of one file this would leave both
                if os.path.lexists(move.target):
                    os.unlink(move.target)
            if os.path.lexists(move.aside) and not os.path.lexists(move.target):
                os.rename(move.aside, move.target)


def _carry_on(move: Move) -> None:
    if not move.is_placed and _signature(move.target) in (None, move.old):
        os.replace(move.temporary, move.target)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(move.temporary)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(move.aside)


@contextlib.contextmanager
def _refusals(current: Move, moves: Sequence[Move]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refusal(error, current, moves) from error


def _refusal(error: OSError, current: Move, moves: Sequence[Move]) -> OutputError:
    """Say what could not be written, and what is there now."""
    if isinstance(error, FileExistsError):
        reason = f"{current.shown} exists already: it has come up meanwhile, and stays as it is"
    else:
        reason = f"{current.shown} cannot be written: {error.strerror or error}"
    lost = [move for move in moves if os.path.lexists(move.aside)]
    kept = [move for move in moves if move.is_placed and move not in lost]
    if lost or kept:
        parts = [f"what was {move.shown} is now {move.aside}" for move in lost]
        parts += [f"{move.shown} is new already" for move in kept]
        return OutputError(f"{reason}. It could not all be taken back: {'; '.join(parts)}.")
    others = [move.shown for move in moves if move is not current]
    return OutputError(f"{reason}. Nothing was changed there" + (f", nor at {', '.join(others)}." if others else "."))


def _write_journals(journals: Sequence[Path], moves: Sequence[Move]) -> None:
    text = json.dumps([asdict(move) for move in moves]).encode()
    for journal in journals:
        descriptor = os.open(journal, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with open(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _read_journal(journal: Path) -> list[Move]:
    """Moves of a journal; none where it was not complete, as nothing had been moved then."""
    try:
        found: list[dict[str, Any]] = parse_json(journal.read_bytes())
        return [_move_of(each) for each in found]
    except (ValueError, TypeError, AttributeError):
        return []


def _move_of(fields: dict[str, Any]) -> Move:
    values: dict[str, Any] = {name: tuple(x) if isinstance(x, list) else x for name, x in fields.items()}
    return Move(**values)


def _folders(moves: Sequence[Move]) -> list[Path]:
    return list(dict.fromkeys(Path(move.target).parent for move in moves))


def _signature(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Let what a signal would raise wait until the block has ended; only the main thread raises any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        waiting.append(number)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    raising = {number: handler for number, handler in before.items() if callable(handler)}
    for number in raising:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in raising.items():
            signal.signal(number, handler)
        for number in waiting[:1]:
            signal.raise_signal(number)
