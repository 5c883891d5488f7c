"""MLHD+: half a million listening histories, one file a listener, whose artists are MusicBrainz ids."""

from __future__ import annotations

import logging
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.report import DatasetReport
from deepcuts.errors import DataError, DeepcutsError, FileFormatError
from deepcuts.ingest import Columns, ReadOptions, ingest
from deepcuts.storage import StrPath
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_FILE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:txt|tsv)(\.zst|\.gz)?", re.IGNORECASE)
_COMPRESSIONS = {".zst": "zstd", ".gz": "gzip"}
_MBID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_MOMENT = r"^\d{9,10}$"
_NAMES = ["played_at", "artists", "release", "recording"]
_SCHEMA = pa.schema(
    [("user_id", pa.string()), ("item_id", pa.string()), ("plays", pa.int64()), ("played_at", pa.int64())]
)
_COLUMNS = Columns("user_id", "item_id", "plays", "played_at")
_BATCH = 1 << 18  # rows to a batch
_LARGEST = 1 << 30  # bytes of one listener's file, unpacked


@dataclass
class _Counts:
    """What was read so far."""

    n_listeners: int = 0
    n_rows: int = 0
    n_bad: int = 0
    failure: DeepcutsError | None = None


def load_mlhd(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read MLHD+, or a part of it: the plays of every artist of a listen, with the time of the latest.

    Parameters
    ----------
    folder
        It holds the archives mlhdplus-….tar, or what was in them: a file a listener, named by their id.
    options
        How to read; of text files only what they leave open.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file, or it cannot be used.
    SettingsError
        If `options` are no `ReadOptions`.
    """
    return read_mlhd(folder, options)[0]


def read_mlhd(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read MLHD+, and report what was left out; see `load_mlhd`.

    Listeners are read one after the other and summed at once, unless plays are counted by when they were heard.
    """
    options = ReadOptions.of(options)
    counts = _Counts()
    timed = options.times is not None and options.times.active
    batches = _kept(_batches(_files(Path(folder)), counts, summed=not timed), counts)
    try:
        plays, _ = ingest(pa.RecordBatchReader.from_batches(_SCHEMA, batches), _COLUMNS, options)
    except FileFormatError:
        if counts.failure is None:
            raise
        raise counts.failure from None  # on its way through the stream it became an error of the database
    if counts.n_bad:
        rows = counted(counts.n_rows, "row")
        logger.warning("Left out %s of %s without a time or an artist.", f"{counts.n_bad:,}", rows)
    return plays, DatasetReport(
        counts.n_rows, counts.n_bad, (f"{counted(counts.n_listeners, 'listener was', 'listeners were')} read.",)
    )


def _kept(batches: Iterator[pa.RecordBatch], counts: _Counts) -> Iterator[pa.RecordBatch]:
    """The same batches; an error in reading them is kept."""
    try:
        yield from batches
    except DeepcutsError as error:
        counts.failure = error
        raise


def _batches(files: Iterator[tuple[str, bytes]], counts: _Counts, *, summed: bool) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.Table] = []
    for user_id, text in files:
        counts.n_listeners += 1
        waiting.append(_plays_of(user_id, text, counts, summed=summed))
        if sum(map(len, waiting)) >= _BATCH:
            yield from pa.concat_tables(waiting).combine_chunks().to_batches()
            waiting = []
    yield from pa.concat_tables([*waiting, _SCHEMA.empty_table()]).combine_chunks().to_batches()


def _plays_of(user_id: str, text: bytes, counts: _Counts, *, summed: bool) -> pa.Table:
    """The plays of one listener: by artist, or one row for each artist of each listen."""
    rows = _rows(user_id, text, counts)
    moments, artists = rows["played_at"].combine_chunks(), pc.split_pattern(rows["artists"].combine_chunks(), ",")
    ids = pc.utf8_lower(pc.utf8_trim_whitespace(pc.list_flatten(artists)))
    heard = pa.table({"item_id": ids, "played_at": moments.take(pc.list_parent_indices(artists))})
    heard = heard.filter(pc.match_substring_regex(ids, _MBID))
    if summed:
        sums = heard.group_by("item_id").aggregate([("played_at", "count"), ("played_at", "max")])
        columns = [sums["item_id"], sums["played_at_count"], sums["played_at_max"]]
    else:
        columns = [heard["item_id"], pa.array([1] * len(heard), pa.int64()), heard["played_at"]]
    return pa.table([pa.array([user_id] * len(columns[0]), pa.string()), *columns], schema=_SCHEMA)


def _rows(user_id: str, text: bytes, counts: _Counts) -> pa.Table:
    """The rows of a file that have a time and an artist."""
    if not text.strip():
        return pa.table({"played_at": pa.array([], pa.int64()), "artists": pa.array([], pa.string())})
    n_odd = 0

    def leave_out(_row: pa_csv.InvalidRow) -> str:
        nonlocal n_odd
        n_odd += 1
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(_in_utf8(text)),
            pa_csv.ReadOptions(column_names=_NAMES, use_threads=False, block_size=len(text) + 1),
            pa_csv.ParseOptions(delimiter="\t", quote_char=False, invalid_row_handler=leave_out),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(_NAMES, pa.string()), include_columns=_NAMES[:2], strings_can_be_null=False
            ),
        )
    except pa.ArrowException as error:
        raise FileFormatError(f"The file of listener {user_id} is no table of MLHD+: {error}.") from error
    has_artist = pc.match_substring_regex(table["artists"], "(?i)" + _MBID[1:-1])
    good = table.filter(pc.and_(pc.match_substring_regex(table["played_at"], _MOMENT), has_artist))
    counts.n_rows += len(table) + n_odd
    counts.n_bad += len(table) + n_odd - len(good)
    return pa.table({"played_at": good["played_at"].cast(pa.int64()), "artists": good["artists"]})


def _in_utf8(text: bytes) -> bytes:
    """Text with a mark in place of what is not UTF-8, so that its rows are left out and no others."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace").encode()
    return text


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Id and text of every listener, in the order of the names of archives and files."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder. Name the one that holds the archives of MLHD+, or what was in them.")
    archives = sorted(folder.glob("mlhdplus-*.tar"))
    found = False
    for archive in archives:
        for each in _in_archive(archive):
            found = True
            yield each
    for path in [] if archives else sorted(each for each in folder.rglob("*") if each.is_file()):
        if match := _FILE.fullmatch(path.name):
            found = True
            with path.open("rb") as file:
                yield match[1].lower(), _unpacked(file, match[2], str(path))
    if not found:
        raise DataError(f"There are no archives mlhdplus-….tar in {folder}, nor files of listeners such as ID.txt.zst.")


def check_archive(path: Path) -> None:
    """Refuse what is no archive of listeners, by its first file.

    Raises
    ------
    FileFormatError
        If it is something else.
    """
    if next(_in_archive(path), None) is None:
        raise FileFormatError(f"{path} holds no files of listeners. Fetch it again.")


def _in_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, "r|") as archive:
            for member in archive:
                match = _FILE.fullmatch(member.name.rpartition("/")[2])
                if match and (file := archive.extractfile(member)):
                    yield match[1].lower(), _unpacked(file, match[2], f"{path}: {member.name}")
    except (tarfile.TarError, EOFError) as error:
        raise FileFormatError(f"{path} is truncated or damaged: {error}. Fetch it again.") from error


def _unpacked(file: IO[bytes], ending: str | None, name: str) -> bytes:
    try:
        stream = pa.PythonFile(file, mode="r")
        if ending:
            stream = pa.CompressedInputStream(stream, _COMPRESSIONS[ending.lower()])
        text: bytes = stream.read(_LARGEST + 1)
    except (OSError, pa.ArrowException) as error:
        raise FileFormatError(f"{name} is truncated or damaged: {error}. Fetch it again.") from error
    if len(text) > _LARGEST:
        raise FileFormatError(f"{name} is larger than {_LARGEST:,} bytes, which no listener's is.")
    return text
