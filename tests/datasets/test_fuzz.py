"""Files of public sets and labels, damaged at random: read or refused, never a crash."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcuts.datasets import load_lfm_2b, load_mlhd
from deepcuts.datasets.mbid_tables import read_mbids
from deepcuts.errors import DeepcutsError
from deepcuts.ingest import read_plays

LISTENER, MBID = "0" * 8 + "-1111-1111-1111-" + "1" * 12, "9c9f1380-2516-4fc9-a3e6-f9f61941d090"
HISTORY = f"1300000000\t{MBID},{MBID}\t\t{MBID}\n1300000300\t{MBID}\t{MBID}\t\n".encode() * 3
COUNTS = b"user_id\ttrack_id\tcount\n1\t10\t3\n1\t11\t2\n2\t10\t1\n"
TRACKS = "track_id\tartist_name\ttrack_name\n10\tBjörk\tx\n11\tmuse\ty\n".encode()
BITS = [
    b"\0",
    b"\xff",
    b'"',
    b"\n",
    b"\r",
    b"\t",
    b",",
    b"<SEP>",
    b"#",
    b"{",
    b"}",
    b"null",
    b"1e999",
    b"-1",
    b"",
    b"  ",
]

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(BITS), st.binary(max_size=8))),
    min_size=1,
    max_size=6,
)


def damaged(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for where, n_lost, put_in in changes:
        offset = int(where * len(data))
        data = data[:offset] + put_in + data[offset + n_lost :]
    return data


def tarred(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def load_columns(folder: Path, name: str, **columns: object) -> object:
    return read_plays(folder / name, on_bad_rows="skip", **columns)


ZSTD = pa.compress(HISTORY, "zstd", asbytes=True)
LISTENED = {"artist_name": "Muse", "additional_info": {"artist_mbids": [MBID]}}
LISTEN = json.dumps({"user_id": 1, "timestamp": 1_600_000_000, "track_metadata": LISTENED}) + "\n"
BY_NAME = {"user": "user", "item": "artist", "plays": "plays"}
# For each parser: the files of a folder, of which the first is damaged, and what reads them.
PARSERS: dict[str, tuple[dict[str, bytes], Callable[[Path], object]]] = {
    "mlhd": ({f"{LISTENER}.txt": HISTORY}, load_mlhd),
    "mlhd packed": ({f"{LISTENER}.txt.zst": ZSTD}, load_mlhd),
    "mlhd archive": ({"mlhdplus-complete-0.tar": tarred(f"00/{LISTENER}.txt.zst", ZSTD)}, load_mlhd),
    "counts of lfm-2b": ({"listening-counts.tsv": COUNTS, "tracks.tsv": TRACKS}, load_lfm_2b),
    "tracks of lfm-2b": ({"tracks.tsv": TRACKS, "listening-counts.tsv": COUNTS}, load_lfm_2b),
    "table of mbids": ({"m.csv": f"item_id,mbid\na,{MBID}\n".encode()}, lambda folder: read_mbids(folder / "m.csv")),
    "unique artists": (
        {"u.txt": f"AR1<SEP>{MBID}<SEP>TR1<SEP>Muse\n".encode() * 3},
        lambda folder: read_mbids(folder / "u.txt"),
    ),
    "mbids of listens": ({"1.listens": LISTEN.encode() * 3}, lambda folder: read_mbids(folder / "1.listens")),
    "listens": (
        {"1.listens": LISTEN.encode() * 3},
        lambda folder: load_columns(folder, "1.listens", user="user_id", item="track_metadata.artist_name"),
    ),
    "table with a preamble": (
        {"p.csv": "Titel\n# x\nuser,artist,plays,\nada,Björk,3,\nbob,Muse,2,\n".encode()},
        lambda folder: load_columns(folder, "p.csv", **BY_NAME),
    ),
    "table of positions": (
        {"p.csv": b'Titel\n"a";"b";"c"\n"ada";"Muse";"3,5"\n"bob";"Muse";"2,5"\n'},
        lambda folder: load_columns(folder, "p.csv", user=1, item=2, plays=3),
    ),
}


def attempt(files: dict[str, bytes], read: Callable[[Path], object]) -> bool:
    """Write the files and read them; return whether they could be read."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        try:
            read(Path(folder))
        except DeepcutsError as error:
            message = str(error)
        else:
            return True
    assert "Traceback" not in message
    return False


@pytest.mark.parametrize("name", PARSERS)
def test_the_samples_themselves_are_fine(name):
    assert attempt(*PARSERS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=edits)
def test_damage_is_refused_or_read(name, changes):
    files, read = PARSERS[name]
    first = next(iter(files))
    attempt(files | {first: damaged(files[first], changes)}, read)
