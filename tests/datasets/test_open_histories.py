"""MLHD+, one file a listener, and LFM-2b, counts of tracks: read from made-up files in their formats."""

from __future__ import annotations

import bz2
import io
import tarfile

import pyarrow as pa
import pytest

from deepcuts.datasets import load_lfm_2b, load_mlhd
from deepcuts.datasets.lfm_2b import read_lfm_2b
from deepcuts.datasets.mlhd import read_mlhd
from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest import ReadOptions, TimeRules
from reference.plays import pairs

ADA, BOB = (f"{n}" * 8 + "-1111-1111-1111-" + "1" * 12 for n in "01")
MUSE, BLUR = (f"{n}" * 8 + "-2222-2222-2222-" + "2" * 12 for n in "ab")
RECORDING = "c" * 8 + "-3333-3333-3333-" + "3" * 12
T0 = 1_300_000_000
LISTENS = {
    ADA: [
        f"{T0}\t{MUSE}\t\t{RECORDING}",
        f"{T0 + 300}\t{MUSE},{BLUR}\t\t{RECORDING}",
        f"{T0 + 600}\t{MUSE.upper()}\t\t",
    ],
    BOB: [f"{T0}\t{BLUR}\t\t{RECORDING}", f"{T0}\t\t\t{RECORDING}", f"x\t{BLUR}\t\t", f"{T0}\t{BLUR}"],
}
EXPECTED = {(ADA, MUSE): 3, (ADA, BLUR): 1, (BOB, BLUR): 1}


def packed(name: str) -> bytes:
    return pa.compress("".join(f"{row}\n" for row in LISTENS[name]).encode(), "zstd", asbytes=True)


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in LISTENS:
            entry = tarfile.TarInfo(f"{name[:2]}/{name}.txt.zst")
            entry.size = len(packed(name))
            tar.addfile(entry, io.BytesIO(packed(name)))
    return buffer.getvalue()


@pytest.fixture(params=["archive", "files"])
def mlhd(request, tmp_path):
    """A folder with the archive as it is fetched, or with what was in it."""
    if request.param == "archive":
        (tmp_path / "mlhdplus-complete-0.tar").write_bytes(archive())
    for name in LISTENS if request.param == "files" else ():
        (tmp_path / name[:2]).mkdir()
        (tmp_path / name[:2] / f"{name}.txt.zst").write_bytes(packed(name))
    return tmp_path


def test_a_listener_is_named_by_their_file_and_every_artist_counts(mlhd, caplog):
    plays, report = read_mlhd(mlhd)
    assert pairs(plays) == EXPECTED
    assert plays.last_played.tolist() == [T0 + 600, T0 + 300, T0]
    assert (report.n_rows, report.n_skipped, report.remarks) == (7, 3, ("2 listeners were read.",))
    assert "Left out 3 of 7 rows without a time or an artist" in caplog.text


def test_plays_count_by_when_they_were_heard(mlhd):
    rules = TimeRules(half_life=1, now="2011-03-13T07:06:40Z")
    plays = load_mlhd(mlhd, ReadOptions(times=rules))
    assert pairs(plays)[ADA, MUSE] == pytest.approx(3, rel=0.01)
    assert pairs(load_mlhd(mlhd, ReadOptions(times=TimeRules(session_cap=1)))) == dict.fromkeys(EXPECTED, 1)


def test_what_is_no_mlhd_is_refused(tmp_path):
    with pytest.raises(DataError, match="is no folder"):
        load_mlhd(tmp_path / "none")
    with pytest.raises(DataError, match=r"There are no archives mlhdplus-….tar in"):
        load_mlhd(tmp_path)
    (tmp_path / f"{ADA}.txt.zst").write_bytes(packed(ADA)[:-5])
    with pytest.raises(FileFormatError, match="is truncated or damaged"):
        load_mlhd(tmp_path)
    (tmp_path / "mlhdplus-complete-0.tar").write_bytes(archive()[:700])
    with pytest.raises(FileFormatError, match="is truncated or damaged"):
        load_mlhd(tmp_path)


COUNTS = "user_id\ttrack_id\tcount\n1\t10\t3\n1\t11\t2\n2\t12\t1\n2\t99\t7\n3\t99\t1\n"
TRACKS = "track_id\tartist_name\ttrack_name\n10\tMuse\tx\n11\tmuse\ty\n13\tMuse\tz\n12\tBlur\tx\n"


@pytest.mark.parametrize("ending", [".tsv.bz2", ".tsv"])
def test_tracks_of_lfm_2b_count_for_their_artists(tmp_path, ending):
    for name, text in (("listening-counts", COUNTS), ("tracks", TRACKS)):
        (tmp_path / f"{name}{ending}").write_bytes(bz2.compress(text.encode()) if "bz2" in ending else text.encode())
    plays, report = read_lfm_2b(tmp_path)
    assert pairs(plays) == {("1", "muse"): 5, ("2", "blur"): 1}
    assert plays.labels.names.to_pylist() == ["Blur", "Muse"]
    assert report.remarks == ("3 tracks are of 2 artists; 1 other has none and is left out.",)


def test_files_of_lfm_2b_that_are_missing_are_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no listening-counts\.tsv\.bz2"):
        load_lfm_2b(tmp_path)
    (tmp_path / "listening-counts.tsv").write_text(COUNTS)
    (tmp_path / "tracks.tsv").write_text("track_id\tartist_name\n10\t\n")
    with pytest.raises(DataError, match="names no artist of any track"):
        load_lfm_2b(tmp_path)
