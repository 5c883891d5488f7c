"""Dumps with a date in their names, from a server on this machine; and a set that was taken down."""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest

import deepcuts as dc
from command_line import run
from deepcuts.datasets import fetch, find_dataset, load_listenbrainz
from deepcuts.errors import DataError, FileFormatError

NEWEST = "listenbrainz-dump-2663-20260915-000002-full"
DUMP = "listenbrainz-listens-dump-2663-20260915-000002-full.tar.zst"


class Quiet(SimpleHTTPRequestHandler):
    """Lists folders and gives files."""

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def dump(artists: list[str]) -> bytes:
    """An archive of listens, one of each artist by each of two people; the last one has no artist."""
    rows = [
        {"user_id": user, "timestamp": 1_600_000_000 + n, "track_metadata": {"artist_name": artist, "track_name": "x"}}
        for user in (1, 2)
        for n, artist in enumerate([*artists, ""])
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    packed, archive = pa.BufferOutputStream(), io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("listenbrainz/listens/2020/9.listens")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(archive.getvalue())
    return bytes(packed.getvalue())


@pytest.fixture
def pages(tmp_path):
    """The folder that a server lists, and its address: two full dumps, and a newer one that is not complete yet."""
    root = tmp_path / "fullexport"
    for number, artists in ((2599, ["Old"]), (2663, ["Muse", "Bjo\u0308rk", "Björk"])):
        stamp = f"{number}-20260915-000002-full"
        folder = root / f"listenbrainz-dump-{stamp}"
        folder.mkdir(parents=True)
        content = dump(artists)
        name = f"listenbrainz-listens-dump-{stamp}.tar.zst"
        (folder / name).write_bytes(content)
        (folder / f"{name}.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (root / "listenbrainz-dump-10000-20261001-000002-full").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield root, f"http://127.0.0.1:{server.server_port}/fullexport"
    server.shutdown()
    server.server_close()


def download(*arguments: object, code: int = 0) -> str:
    return " ".join(run("download", *arguments, code=code).output.split())


def test_the_newest_complete_dump_is_fetched_compared_and_read(pages, tmp_path):
    output = tmp_path / "plays.safetensors"
    arguments = ("listenbrainz", "--yes", "--folder", tmp_path / "kept", "-o", output)
    assert f"{DUMP} was read" in download(*arguments, "--url", pages[1])
    plays = dc.Interactions.load(output)
    assert plays.item_ids.to_pylist() == ["Björk", "Muse"]
    assert plays.plays.tolist() == [2, 1, 2, 1]
    download(*arguments, "--force", "--url", "http://127.0.0.1:9")  # it is there, and is not fetched again
    assert load_listenbrainz(tmp_path / "kept").n_pairs == 4


def test_a_dump_that_differs_from_its_checksum_is_refused(pages, tmp_path):
    (pages[0] / NEWEST / f"{DUMP}.sha256").write_text("0" * 64 + f"  {DUMP}\n")
    with pytest.raises(FileFormatError, match="its checksum is not sha256:0000"):
        fetch(find_dataset("listenbrainz"), tmp_path / "kept", mirror=pages[1])


def test_pages_without_dumps_and_no_server_are_said(pages, tmp_path):
    with pytest.raises(DataError, match="lists no file that is called"):
        fetch(find_dataset("listenbrainz-part"), tmp_path / "kept", mirror=pages[1])
    with pytest.raises(DataError, match=r"could not be fetched: .*\n.*by hand"):
        fetch(find_dataset("listenbrainz"), tmp_path / "kept", mirror="http://127.0.0.1:9")
    with pytest.raises(DataError, match="There is no listenbrainz-listens-dump"):
        load_listenbrainz(tmp_path)


def test_a_set_that_was_taken_down_is_read_and_not_fetched(tmp_path):
    folder: Path = tmp_path / "lfm"
    said = download("lfm-2b", "--yes", "--folder", folder, code=1)
    assert "cannot be fetched: its makers have taken it down because of the licence of its data" in said
    assert f"put listening-counts.tsv.bz2 and tracks.tsv.bz2 into {folder}" in said
    folder.mkdir(exist_ok=True)
    (folder / "listening-counts.tsv.bz2").write_bytes(bz2.compress(b"user_id\ttrack_id\tcount\n1\t7\t3\n1\t8\t4\n"))
    (folder / "tracks.tsv.bz2").write_bytes(
        bz2.compress(b"track_id\tartist_name\ttrack_name\n7\tMuse\tx\n8\tMUSE\ty\n")
    )
    output = tmp_path / "plays.safetensors"
    download("lfm-2b", "--yes", "--folder", folder, "-o", output)
    assert dc.Interactions.load(output).plays.tolist() == [7]
