"""Download of the files of a data set: resumed after a break, compared with a checksum, cached.

Pooch caches the files and compares their checksums; it cannot resume, so `_Transfer` does the download. An incomplete
file has the ending .part, and the next attempt, of this or of a later run, asks for the remaining bytes. Where no
checksum is published, the SHA-256 of the first complete copy is kept beside the file, so that a change is noticed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from deepcuts.checks import instance
from deepcuts.datasets.archives import unpack
from deepcuts.datasets.catalogue import Dataset, RemoteFile
from deepcuts.datasets.listings import Dated, newest
from deepcuts.errors import DataError, FileFormatError, MissingExtraError
from deepcuts.storage import make_folder, replacing

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

# Called with the name of a file, the bytes received so far, and their final number, None where it is not known.
Progress: TypeAlias = Callable[[str, int, int | None], None]

MIRROR = "DEEPCUTS_MIRROR"
CACHE = "DEEPCUTS_CACHE"

_CHUNK = 1 << 18
_ATTEMPTS = 4  # in a row that bring nothing new
_PAUSE = 0.5  # seconds before the second of these, doubled before each one after
_TIMEOUTS = (20, 60)  # seconds to connect, and between two pieces


def cache_folder(dataset: Dataset) -> Path:
    """Folder that a data set is kept in: of the environment's DEEPCUTS_CACHE, or where the system keeps such things.

    Raises
    ------
    MissingExtraError
        If Pooch is not installed.
    """
    root = os.environ.get(CACHE) or str(_pooch().os_cache("deepcuts"))
    return Path(root) / dataset.name


def missing_files(dataset: Dataset, folder: Path) -> list[RemoteFile]:
    """Files of a data set that are not all in the folder yet."""
    return [file for file in dataset.files if not file.is_in(folder)]


def fetch(dataset: Dataset, folder: Path, *, mirror: str | None = None, progress: Progress | None = None) -> Path:
    """Fetch what is missing of a data set, and unpack it.

    Parameters
    ----------
    dataset
        The data set.
    folder
        Where its files are kept; made where it is missing. Files that are there, whoever put them there, are taken
        as they are once their checksum agrees.
    mirror
        Address of a folder with files of the same names; None takes the environment's DEEPCUTS_MIRROR, and without
        that the makers' own addresses.
    progress
        Called while a file is fetched.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If a file cannot be fetched; the message says how to do it by hand.
    FileFormatError
        If a file is not what its checksum says, or an archive is damaged or would write outside the folder.
    OutputError
        If the folder cannot be written to.
    MissingExtraError
        If Pooch is not installed.
    """
    instance("dataset", dataset, Dataset, "Pass find_dataset(name).")
    make_folder(folder)
    mirror = mirror or os.environ.get(MIRROR)
    for file in missing_files(dataset, folder):
        if dataset.withdrawn and not mirror:
            raise DataError(_withdrawn(dataset, folder))
        if file.dated:
            _fetch_and_prove(_newest_of(file, folder, mirror), folder, None, progress)
        else:
            _fetch_and_prove(file, folder, mirror, progress)
    return folder


def _withdrawn(dataset: Dataset, folder: Path) -> str:
    names = " and ".join(file.name for file in dataset.files)
    return (
        f"{dataset.name} cannot be fetched: {dataset.withdrawn} ({dataset.home}). If you have it, put {names} into "
        f"{folder}, and give this command again, or name a mirror that you may use with --url. Sets of the same kind "
        "that are free: listenbrainz, mlhd, lastfm-360k."
    )


def _newest_of(file: RemoteFile, folder: Path, mirror: str | None) -> RemoteFile:
    """The newest of a file with a date in its name."""
    page = mirror or file.url
    try:
        url, sha256 = newest(page, file.dated or Dated("", ""))
    except OSError as error:
        raise DataError(_by_hand(file, page, folder, error)) from error
    return replace(file, name=url.rpartition("/")[2], url=url, sha256=sha256, dated=None)


def _fetch_and_prove(file: RemoteFile, folder: Path, mirror: str | None, progress: Progress | None) -> None:
    """Fetch a file, and record its checksum once its content has proved itself by being read.

    What a login page or a broken server has sent in its place is removed again, so that it is neither kept nor trusted.
    """
    path, record = folder / file.name, folder / f"{file.name}.sha256"
    was_there = path.is_file()
    _fetch_file(file, folder, mirror, progress)
    try:
        file.check(path)
        if file.members:
            unpack(path, file.members, folder)
    except (DataError, FileFormatError) as error:
        if was_there:
            raise
        path.unlink(missing_ok=True)
        raise FileFormatError(
            f"{error} It was fetched just now, and has been removed: perhaps a login page of the network came instead."
        ) from error
    if file.md5 is None and file.sha256 is None and _recorded(record) is None:
        _record(record, path)


def _fetch_file(file: RemoteFile, folder: Path, mirror: str | None, progress: Progress | None) -> Path:
    url = f"{mirror.removesuffix(file.name).rstrip('/')}/{file.name}" if mirror else file.url
    record = folder / f"{file.name}.sha256"
    published = f"sha256:{file.sha256}" if file.sha256 else f"md5:{file.md5}" if file.md5 else None
    known = published or _recorded(record)
    pooch = _pooch()
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        path = Path(
            pooch.retrieve(url, known, fname=file.name, path=folder, downloader=_Transfer(folder / file.name, progress))
        )
    except ValueError as error:
        raise FileFormatError(
            f"{url} is not the file that is known as {file.name}: its checksum is not {known}. "
            + (
                "Try again, or another mirror with --url."
                if published
                else f"If the new one is meant, delete {record}."
            )
        ) from error
    except OSError as error:  # the errors of requests are of this kind as well
        raise DataError(_by_hand(file, url, folder, error)) from error
    return path


def _by_hand(file: RemoteFile, url: str, folder: Path, error: Exception) -> str:
    part = folder / f"{file.name}.part"
    kept = f" What has come, {part.stat().st_size:,} bytes, is kept for the next attempt." if part.is_file() else ""
    return (
        f"{url} could not be fetched: {_reason(error)}.{kept}\nTo do it by hand, fetch {file.url} on any computer, put "
        f"the file at {folder / file.name}, and give this command again. Or name a mirror with --url, or in the "
        f"environment as {MIRROR}."
    )


def _reason(error: Exception) -> str:
    """What went wrong, in a few words; an error of requests holds the one that caused it."""
    response: Any = getattr(error, "response", None)
    if response is not None:
        return f"the server says {response.status_code} {response.reason}"
    inner: Any = error
    while getattr(inner, "args", None) and isinstance(inner.args[0], Exception):
        inner = inner.args[0]
    inner = getattr(inner, "reason", inner)
    return str(inner).rpartition(": ")[2] or type(inner).__name__


class _Transfer:
    """The downloader that Pooch calls; it resumes from a part that exists."""

    def __init__(self, target: Path, progress: Progress | None) -> None:
        self.part = target.with_name(f"{target.name}.part")
        self.name = target.name
        self.progress = progress

    def __call__(self, url: str, output_file: str | IO[bytes], pooch: object) -> None:
        """Fetch `url`, and rename the part to `output_file` once it is complete."""
        import requests

        n_idle = 0
        while True:
            before = self._size()
            try:
                self._resume(url)
                break
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                # A break after progress starts the count of attempts again.
                n_idle = n_idle + 1 if self._size() <= before else 0
                if n_idle >= _ATTEMPTS:
                    raise
                logger.info("%s: %s; going on from byte %d", url, error, self._size())
                time.sleep(_PAUSE * 2 ** (n_idle - 1) if n_idle else 0)
        self.part.replace(str(output_file))

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _resume(self, url: str) -> None:
        """Fetch the missing bytes of the part, in one request."""
        import requests

        start = self._size()
        # Not compressed on the way, so that sizes and ranges count bytes of the file itself.
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                # 416: the part has all bytes already, as after a break before the rename, or more than the file has.
                if _total(response, 0) != start:
                    self.part.unlink()
                    raise requests.ConnectionError("the part that was there belongs to another file")
                return
            response.raise_for_status()
            response.raw.enforce_content_length = False  # else bytes before a break are dropped; `_write` counts
            # A server that ignores Range sends 200 and all of it.
            is_partial = response.status_code == requests.codes.partial_content
            self._write(response, start if is_partial else 0)

    def _write(self, response: requests.Response, start: int) -> None:
        import requests

        total, received = _total(response, start), start
        with self.part.open("ab" if start else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                received += len(chunk)
                if self.progress is not None:
                    self.progress(self.name, received, total)
        if total is not None and received < total:
            raise requests.ConnectionError(f"the connection ended after {received:,} of {total:,} bytes")


def _total(response: requests.Response, start: int) -> int | None:
    """Size of the complete file in bytes, by the server's headers."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if total.isdigit():
        return int(total)
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _recorded(record: Path) -> str | None:
    """Checksum that an earlier download has left, as Pooch takes it."""
    if not record.is_file():
        return None
    word = record.read_text(encoding="ascii", errors="replace").split()[:1]
    return f"sha256:{word[0]}" if word else None


def _record(record: Path, path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with replacing(record, force=True) as temporary:
        temporary.write_text(f"{digest}  {path.name}\n", encoding="ascii")
    logger.info("No checksum of %s is published; that of this first copy is kept in %s.", path.name, record)


def _pooch() -> Any:
    """Import Pooch.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import pooch  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError.of("Pooch", "download") from error
    return pooch
