"""Extraction of a few files, by name, from an archive that is not trusted.

Paths in an archive are not used: each member asked for is found by its file name, and written under that name into one
folder. An archive is refused if a path in it leads elsewhere, it holds a name twice, or a member is larger than its
bound. Members are written all of them or none, once the archive has been read to its end.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path, PurePosixPath
from typing import IO, Any

from deepcuts.errors import DataError, DeepcutsError, FileFormatError
from deepcuts.storage import replacing, together

_CHUNK = 1 << 20
_MOST_MEMBERS = 10_000
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, RuntimeError, ValueError, IndexError, OverflowError, struct.error),
)
_SINGLE: dict[str, Callable[[Path], Any]] = {".gz": gzip.GzipFile, ".bz2": bz2.BZ2File, ".xz": lzma.LZMAFile}


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Parameters
    ----------
    most_bytes
        The most that it may hold, unpacked.
    md5
        Its published checksum; None where there is none.
    needed
        Whether the archive is of no use without it.
    """

    most_bytes: int
    md5: str | None = None
    needed: bool = True


def unpack(archive: Path, members: Mapping[str, Member], folder: Path) -> None:
    """Take files out of a zip, tar (also compressed) or single compressed file.

    Parameters
    ----------
    archive
        The archive; its kind is detected by its contents.
    members
        The files to take, by their names without folders.
    folder
        Where they go. Files of these names are replaced.

    Raises
    ------
    FileFormatError
        If the archive is truncated, damaged, not what it says, or tries to write elsewhere or too much.
    DataError
        If a file that is needed is not in it.
    OutputError
        If a file cannot be written.
    """
    with together():  # once the archive has been read completely
        with _damage_reported(archive):
            found = _take(archive, members, folder)
        missing = [name for name, member in members.items() if member.needed and name not in found]
        if missing:
            raise DataError(f"There is no {missing[0]} in {archive}. Is it the right archive?")


@contextmanager
def _damage_reported(archive: Path) -> Iterator[None]:
    """Turn errors of the readers of archives into a FileFormatError; those of deepcuts and of a full disk pass."""
    try:
        yield
    except DeepcutsError:
        raise
    except _DAMAGE as error:
        # gzip and bz2 raise OSError without errno for damaged data; with one it is the disk's, such as ENOSPC.
        is_damage = not isinstance(error, OSError) or error.errno in (None, EINVAL)  # EINVAL: an offset below 0
        if not is_damage:
            raise
        raise FileFormatError(f"{archive} is truncated or damaged ({error}). Delete it, and fetch it again.") from error


def _take(archive: Path, members: Mapping[str, Member], folder: Path) -> set[str]:
    """Write the members asked for; return their names."""
    found: set[str] = set()
    with _opened(archive) as opened:
        for path, stream in opened:
            name = _safe_name(archive, path)
            if name not in members or stream is None:
                continue
            if name in found:
                raise FileFormatError(f"{archive} holds {name} more than once. Fetch it from elsewhere.")
            found.add(name)
            # Damage is told apart here: what fails inside `replacing` counts as a failure to write.
            with replacing(folder / name, force=True) as temporary, _damage_reported(archive):
                _copy(stream, temporary, members[name], f"{name} in {archive}")
    return found


def _safe_name(archive: Path, name: str) -> str:
    """Last name of a member.

    Raises
    ------
    FileFormatError
        If its path would lead out of the folder that it is unpacked to.
    """
    path = PurePosixPath(name.replace("\\", "/"))  # a separator on Windows
    if path.is_absolute() or ".." in path.parts or ":" in name.partition("/")[0]:  # "C:" of Windows
        raise FileFormatError(f"{archive} tries to write to {name!r}, outside its folder. Fetch it from elsewhere.")
    return path.name


def _copy(stream: IO[bytes], target: Path, member: Member, what: str) -> None:
    """Copy a member, up to its bound, and compare the checksum."""
    digest, n_bytes = hashlib.md5(usedforsecurity=False), 0  # allowed where FIPS forbids md5 otherwise
    with target.open("wb") as file:
        while chunk := stream.read(_CHUNK):
            n_bytes += len(chunk)
            if n_bytes > member.most_bytes:
                raise FileFormatError(
                    f"{what} unpacks to more than {member.most_bytes:,} bytes, which the set does not hold. "
                    "Fetch it from elsewhere."
                )
            digest.update(chunk)
            file.write(chunk)
    if member.md5 is not None and digest.hexdigest() != member.md5:
        raise FileFormatError(
            f"{what} is not the published file: its md5 is {digest.hexdigest()}, and {member.md5} is published. "
            "Delete the archive, and fetch it again."
        )


@contextmanager
def _opened(archive: Path) -> Iterator[Iterator[tuple[str, IO[bytes] | None]]]:
    """Names of the members and streams of what they hold, None for what is no file; each to be read before the next."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped, closing(_zip_entries(archive, zipped)) as entries:
            yield entries
    elif _is_tar(archive):
        with tarfile.open(archive) as tar, closing(_tar_entries(archive, tar)) as entries:
            yield entries
    elif archive.suffix in _SINGLE:
        with _SINGLE[archive.suffix](archive) as stream:
            yield iter([(archive.stem, stream)])
    else:
        raise FileFormatError(f"{archive} is no zip, tar, gzip or bzip2 archive, or it is truncated. Fetch it again.")


def _is_tar(archive: Path) -> bool:
    """Whether the name says so, or the contents do; a truncated one says nothing by its contents."""
    return ".tar" in archive.suffixes or archive.suffix == ".tgz" or tarfile.is_tarfile(archive)


def _zip_entries(archive: Path, zipped: zipfile.ZipFile) -> Generator[tuple[str, IO[bytes] | None], None, None]:
    _check_number(archive, len(zipped.infolist()))
    for entry in zipped.infolist():
        if entry.filename.endswith("/"):  # is_dir fails on an empty name
            yield entry.filename, None
            continue
        with zipped.open(entry) as stream:
            yield entry.filename, stream


def _tar_entries(archive: Path, tar: tarfile.TarFile) -> Generator[tuple[str, IO[bytes] | None], None, None]:
    for n, entry in enumerate(tar):  # read in the order of the file: seeking back would unpack from the start
        _check_number(archive, n)
        yield entry.name, tar.extractfile(entry) if entry.isreg() else None
    while tar.fileobj is not None and tar.fileobj.read(_CHUNK):
        pass  # the checksum of compressed data is compared only at its end


def _check_number(archive: Path, n_members: int) -> None:
    if n_members > _MOST_MEMBERS:
        raise FileFormatError(f"{archive} holds more than {_MOST_MEMBERS:,} files. Fetch it from elsewhere.")
