"""Archives of plays, such as the dumps of ListenBrainz: their files on disk, for as long as a reading goes on."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator
from typing import IO, cast

from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest.tabular.files import compression_of, opened

_ENDINGS = (".listens", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet")
_MARK, _MARK_AT = b"ustar", 257


def unpacked(path: str, folder: str) -> Iterator[str]:
    """The files of an archive, written into a folder one after the other; the path itself where it is no archive.

    Both passes over the plays read them, so the folder takes as much room as they do unpacked.

    Raises
    ------
    FileFormatError
        If the archive is truncated or damaged.
    DataError
        If there are no files of plays in it.
    """
    if not os.path.isfile(path) or not _is_tar(path):
        yield path
        return
    n_files = 0
    with opened(path, compression_of(path)) as stream:
        try:
            # The names of members number the files, and are no paths: nothing is written outside of the folder.
            with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|") as archive:
                for member in archive:
                    name = os.path.basename(member.name)
                    packed = archive.extractfile(member) if name.lower().endswith(_ENDINGS) else None
                    if packed is None:
                        continue
                    n_files += 1
                    to = os.path.join(folder, f"{n_files}_{name}")
                    with open(to, "wb") as file:
                        shutil.copyfileobj(packed, file, 1 << 20)
                    yield to
        except (tarfile.TarError, EOFError) as error:
            raise FileFormatError(f"{path} is truncated or damaged: {error}.") from error
    if not n_files:
        raise DataError(f"There are no files of plays in {path}: none ends in {', '.join(_ENDINGS)}.")


def _is_tar(path: str) -> bool:
    """Whether a file is a tar archive, compressed or not."""
    try:
        with opened(path, compression_of(path)) as stream:
            return stream.read(512)[_MARK_AT : _MARK_AT + len(_MARK)] == _MARK
    except (FileFormatError, DataError):
        return False  # whoever reads it says what is wrong
