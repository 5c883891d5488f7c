"""Outputs that are written completely or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepcuts.errors import OutputError
from deepcuts.storage.names import StrPath, advice_on_path, check_name
from deepcuts.storage.placing import Move, place, recover, sync
from deepcuts.storage.temporary import TEMPORARY, claim, discard, mode_of, new_name, sweep


@dataclass(frozen=True)
class _Block:
    """Of a `together` block: files that wait for its end, and folders that were made for them, outer ones first."""

    moves: list[Move] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def clear(self) -> None:
        """Remove what has not been put in place, and the folders; one that is not empty then is somebody's."""
        for move in self.moves:
            discard(Path(move.temporary))
        for folder in reversed(self.folders):
            with contextlib.suppress(OSError):
                folder.rmdir()


_OF_ARROW = "Detail: [errno"

_block: ContextVar[_Block | None] = ContextVar("_block", default=None)


def check_output(path: StrPath, *, force: bool = False) -> None:
    """Refuse an output that could not be written, before any work is spent on it.

    What killed processes have left in its folder is cleared up first.

    Parameters
    ----------
    path
        The file to be.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, if it is a folder or a device, or if its folder is missing or
        read-only, or its name would be a URL, a path of Windows elsewhere, or one that begins with ~.
    """
    check_name(path, OutputError)
    if not isinstance(force, bool | np.bool_):  # any text would do, also "no"
        raise OutputError(f"force is of the type {type(force).__name__}. Give True or False.")
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    advice = advice_on_path(path)
    if not os.path.isdir(folder):
        if os.path.lexists(folder):
            raise OutputError(f"{path} cannot be written: {folder} is a file, not a folder. Choose another one.")
        advice = advice or " Create it first."
        raise OutputError(f"{path} cannot be written: there is no folder {folder}.{advice}")
    if advice:  # as part of a name it would be legal, and lead nobody to the file
        raise OutputError(f"{path} cannot be written.{advice}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: the folder {folder} is read-only. Choose another one.")
    recover(Path(folder))
    sweep(Path(folder))
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    if not stat.S_ISREG(mode):
        raise OutputError(f"{path} is a folder or a device. Name a file.")
    if not force:
        raise OutputError(f"{path} exists already. Pass force=True (--force on the command line) to replace it.")


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Put all files that are written in this block in place when it ends, all of them or none.

    Until then they lie under temporary names. If the block or the placing of one fails, all files are as they were, and
    folders of `make_folder` are gone again.

    Raises
    ------
    OutputError
        If two outputs are the same file, or a file cannot be put in place.
    """
    if _block.get() is not None:  # the outer block does it
        yield
        return
    block = _Block()
    token = _block.set(block)
    try:
        yield
        place(block.moves)
        block.folders.clear()  # they are wanted
    finally:
        _block.reset(token)
        block.clear()


def check_apart(output: StrPath, inputs: Iterable[StrPath | None], folders: Iterable[StrPath] = ()) -> None:
    """Refuse an output that is one of the files it is made from, which `force` is not meant for: it would be lost.

    Parameters
    ----------
    output
        The file or folder to be.
    inputs
        Files that are read, or patterns of their names; None is none.
    folders
        Folders of which all is read.

    Raises
    ------
    OutputError
        If one of the inputs is the output or lies in it, or the output lies in one of the folders, by whatever name.
    """
    target, whole = Path(os.path.realpath(output)), [Path(os.path.realpath(path)) for path in folders]
    read = [Path(os.path.realpath(path)) for given in inputs if given is not None for path in _named(given)] + whole
    if target in read:
        raise OutputError(f"{output} is read, and would be lost. Name another file for what is written.")
    if any(path.is_relative_to(target) for path in read):
        raise OutputError(f"In {output} lies what is read, and would be lost. Name another place for what is written.")
    if any(target.is_relative_to(folder) for folder in whole):
        raise OutputError(f"{output} lies in a folder that is read. Name another place for what is written.")


def check_outputs(outputs: Iterable[StrPath | None], inputs: Iterable[StrPath | None], *, force: bool = False) -> None:
    """Refuse outputs of one call that are read, that are one and the same, or that could not be written.

    Parameters
    ----------
    outputs
        The files to be; None is none.
    inputs
        Files that are read, or patterns of their names; None is none.
    force
        Whether files that exist already may be replaced.

    Raises
    ------
    OutputError
        If `check_apart` or `check_output` refuses one, or two of them are one file, by whatever names.
    """
    read, targets = list(inputs), set()
    for path in outputs:
        if path is None:
            continue
        check_name(path, OutputError)
        check_apart(path, read)
        if (target := os.path.realpath(path)) in targets:
            raise _named_twice(path)
        targets.add(target)
        check_output(path, force=force)


def _named(given: StrPath) -> list[StrPath]:
    """Files that a path or a pattern names."""
    is_pattern = glob.has_magic(os.fspath(given)) and not os.path.lexists(given)
    return list(glob.glob(os.fspath(given), recursive=True)) if is_pattern else [given]


def _named_twice(path: StrPath) -> OutputError:
    return OutputError(f"{path} is named for two outputs. Name a different file for each.")


def where_written(path: StrPath) -> Path:
    """Where an output lies: under its temporary name as long as the `together` block that it is written in lasts."""
    target = os.path.realpath(path)
    block = _block.get() or _Block()
    return next((Path(move.temporary) for move in block.moves if move.target == target), Path(path))


def make_folder(path: StrPath) -> Path:
    """Make a folder for outputs where there is none; in a `together` block that fails it is removed again.

    Raises
    ------
    OutputError
        If it cannot be made, or its name would be a URL, a path of Windows elsewhere, or one that begins with ~.
    """
    check_name(path, OutputError)
    if advice := advice_on_path(path):
        raise OutputError(f"The folder {path} cannot be made.{advice}")
    folder = Path(path)
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made: {error.strerror}. Choose another one.") from error
    finally:
        if (block := _block.get()) is not None:
            block.folders.extend(reversed(missing))
    return folder


@contextlib.contextmanager
def replacing(path: StrPath, *, force: bool = False, private: bool = False) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when it is complete.

    The temporary file lies hidden in the same folder and has the ending of `path`. When the block ends it is synced to
    disk and renamed; within a `together` block, the latter when that ends. In any other case it is removed, and a file
    that was there before stays as it was. What a process that is killed leaves, the next one that writes into the
    folder removes.

    Parameters
    ----------
    path
        The file to write; where it is a symbolic link, the file it points to.
    force
        Whether a file that exists already may be replaced. Its permissions are kept.
    private
        Whether nobody but the owner may read the file, whatever the permissions of one that is replaced.

    Yields
    ------
    Path
        An empty file to write to. Close it before the block ends.

    Raises
    ------
    OutputError
        If `check_output` refuses the path, another output of a `together` block is the same file, a file has come up
        there without `force`, or where writing fails: a full disk, a folder that is read-only.
    """
    check_output(path, force=force)
    # The target of a link is replaced, not the link; a name in the same folder, as rename cannot cross file systems.
    target = Path(os.path.realpath(path))
    with together():
        block = _block.get()
        assert block is not None  # `together` has just set it
        if str(target) in {move.target for move in block.moves}:
            raise _named_twice(path)
        temporary = claim(target.with_name(new_name(TEMPORARY, target.suffix)))
        with _discarded_on_failure(temporary), _failures_named(path):
            _create(temporary, 0o600 if private else mode_of(target))
            yield temporary
            # Synced before it is renamed: after a power cut the name must not point to a file that is still empty.
            sync(temporary, os.O_RDWR)
            block.moves.append(Move.to(target, temporary, str(path), force=force))


@contextlib.contextmanager
def _discarded_on_failure(temporary: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        discard(temporary)
        raise


@contextlib.contextmanager
def _failures_named(path: StrPath) -> Iterator[None]:
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno and _OF_ARROW in reason:  # words of its own around those of the system
            reason = os.strerror(error.errno)
        raise OutputError(f"{path} cannot be written: {reason}. Nothing was changed there.") from error


def _create(temporary: Path, mode: int | None) -> None:
    """Create an empty file with these permissions, or with those of any new file."""
    # O_EXCL refuses a file or a link that someone else has put there; 0o666 is reduced by the umask.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else 0o600))
    if mode is not None:
        os.chmod(temporary, mode)
