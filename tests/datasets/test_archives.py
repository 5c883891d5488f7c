"""Archives of data sets: every kind is unpacked, and hostile and damaged ones are refused."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.made_archives import tar_of, zip_of
from deepcuts.datasets import DATASETS, fetch
from deepcuts.datasets.archives import Member, unpack
from deepcuts.errors import DataError, FileFormatError, OutputError

WANTED = {"a.txt": Member(1000)}


def symlink() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("a.txt")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("x.zip", zip_of({"../../a.txt": b"x"}), FileFormatError, r"tries to write to '../../a.txt', outside"),
        ("x.tar", tar_of({"/etc/a.txt": b"x"}, "w"), FileFormatError, r"tries to write to '/etc/a.txt', outside"),
        ("x.zip", zip_of({"..\\a.txt": b"x"}), FileFormatError, "outside its folder"),
        ("x.zip", zip_of({"c:/a.txt": b"x"}), FileFormatError, "outside its folder"),
        ("x.zip", zip_of({"a.txt": b"0" * 10_000_000}), FileFormatError, "unpacks to more than 1,000 bytes"),
        ("x.tar.gz", tar_of({"a.txt": b"0" * 10_000_000}), FileFormatError, "unpacks to more than 1,000 bytes"),
        ("x.zip", zip_of({"d/a.txt": b"1", "e/a.txt": b"2"}), FileFormatError, "holds a.txt more than once"),
        ("x.zip", zip_of({"b.txt": b"x"}), DataError, "There is no a.txt in .*Is it the right archive?"),
        ("x.tar", symlink(), DataError, "There is no a.txt in"),
        ("x.zip", b"<html>sorry</html>", FileFormatError, "is no zip, tar, gzip or bzip2 archive"),
        ("x.zip", zip_of({"a.txt": bytes(range(250))})[:200], FileFormatError, "or it is truncated"),
        ("x.tar.gz", tar_of({"a.txt": bytes(range(250))})[:200], FileFormatError, "is truncated or damaged"),
        ("x.tar.bz2", tar_of({"a.txt": bytes(range(250))}, "w:bz2")[:200], FileFormatError, "is truncated or damaged"),
        ("a.txt.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3\x01", FileFormatError, "is truncated or damaged"),
    ],
)
def test_hostile_and_broken_archives_leave_nothing_behind(tmp_path, name, content, error, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=message) as refusal:
        unpack(tmp_path / name, WANTED, tmp_path)
    assert ("truncated or damaged" in str(refusal.value)) == ("truncated or damaged" in message)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "bz2", "gz"])
def test_every_kind_of_archive_gives_what_is_in_it(tmp_path, kind):
    import bz2
    import gzip

    content = b"some text\n" * 50
    packed = {
        "zip": lambda: zip_of({"d/a.txt": content, "d/b.txt": b"other"}),
        "bz2": lambda: bz2.compress(content),
        "gz": lambda: gzip.compress(content),
    }
    mode = "w:" + kind.removeprefix("tar").removeprefix(".")
    archive = tmp_path / (f"x.{kind}" if "tar" in kind or kind == "zip" else f"a.txt.{kind}")
    archive.write_bytes(packed[kind]() if kind in packed else tar_of({"d/a.txt": content, "d/b.txt": b"other"}, mode))
    unpack(archive, WANTED, tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == content
    assert not (tmp_path / "b.txt").exists()


def test_a_folder_that_cannot_be_written_to_is_no_damage(tmp_path):
    (tmp_path / "x.zip").write_bytes(SOUND["x.zip"])
    with pytest.raises(OutputError, match="there is no folder"):
        unpack(tmp_path / "x.zip", WANTED, tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"The folder .* cannot be made"):
        fetch(DATASETS["audioscrobbler"], tmp_path / "file" / "cache")


def test_damage_inside_a_zip_is_found(tmp_path):
    content = bytearray(zip_of({"a.txt": bytes(range(250))}))
    content[60] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(FileFormatError, match="is truncated or damaged"):
        unpack(Path(tmp_path / "x.zip"), WANTED, tmp_path)
    assert not (tmp_path / "a.txt").exists()


def test_an_archive_whose_members_lie_before_its_start_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_of({"d/a.txt": b"whole"}))
    content[-6] += 1  # where the directory of members is said to be
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(FileFormatError, match="is truncated or damaged"):
        unpack(tmp_path / "x.zip", WANTED, tmp_path)


SOUND = {"x.zip": zip_of({"d/a.txt": bytes(range(200))}), "x.tar.gz": tar_of({"d/a.txt": bytes(range(200))})}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.data())
def test_whatever_becomes_of_an_archive_it_is_read_or_refused(tmp_path_factory, name, data):
    content = bytearray(SOUND[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("archive")
    (folder / name).write_bytes(content[: data.draw(st.integers(20, len(content)))])
    try:
        unpack(folder / name, WANTED, folder)
    except (DataError, FileFormatError):
        assert [path.name for path in folder.iterdir()] == [name]
    else:
        assert len((folder / "a.txt").read_bytes()) <= WANTED["a.txt"].most_bytes
