"""Whatever is read is a regular file: pipes, devices, sockets and folders are refused at every door, and at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import deepcuts as dc
from command_line import COMMAND
from deepcuts.cli.main import app
from deepcuts.cli.plays_files import read_interactions
from deepcuts.cli.tables import open_table
from deepcuts.cli.token_option import read_token
from deepcuts.cli.values import ids, plays_in_file
from deepcuts.datasets.label_tables import read_names, read_tags
from deepcuts.datasets.mbid_tables import read_mbids
from deepcuts.datasets.taste_profile import load_taste_profile, read_taste_profile
from deepcuts.errors import MOST_BYTES, DeepcutsError, FileFormatError, OutputError, shortened
from deepcuts.history import read_history
from deepcuts.storage import describe, temporary_folder
from deepcuts.tuning.files import read_settings, write_settings
from deepcuts.tuning.study import only_run
from deepcuts.web.server.store import ModelStore
from faults.limits import time_limit

MOST_SECONDS = 10.0


def triplets(folder: Path) -> Path:
    """A small file of users, songs and plays."""
    path = folder / "some_triplets.txt"
    path.write_text("".join(f"{n:040x}\tSOAAAAA12AB{n:07}\t{n + 1}\n" for n in range(20)), encoding="utf-8")
    return path


def lists(path: Path) -> None:
    with open_table(path) as reader:
        reader.read_all()


def study(path: Path) -> None:
    with only_run(path):
        pass


def of_folder(path: Path) -> None:
    path.rename(path.with_name("train_triplets.txt"))
    load_taste_profile(path.parent)


# For each door, the ending that it wants and what reads the path.
DOORS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "model": (".safetensors", dc.load),
    "plays": (".safetensors", dc.Interactions.load),
    "either, by its header": (".safetensors", describe),
    "model of the service": (".safetensors", ModelStore),
    "plays of a command": (".csv", read_interactions),
    **{f"plays{ending}": (ending, lambda path: dc.read_plays(path, user=1, item=2)) for ending in
       (".csv", ".tsv.gz", ".json", ".jsonl", ".parquet")},
    "export": (".zip", read_history),
    "settings in JSON": (".json", read_settings),
    "settings in TOML": (".toml", read_settings),
    "token": ("", read_token),
    "ids": ("", lambda path: ids([f"@{path}"])),
    "plays of a visitor": (".tsv", plays_in_file),
    **{f"lists{ending}": (ending, lists) for ending in (".csv", ".parquet", ".jsonl")},
    "names": (".tsv", read_names),
    "tags": (".parquet", read_tags),
    "mbids": (".csv", read_mbids),
    "triplets": (".txt", read_taste_profile),
    "triplets of a folder": (".txt", of_folder),
    "tracks": (".txt", lambda path: read_taste_profile(triplets(path.parent), [path])),
    "mismatches": (".txt", lambda path: read_taste_profile(triplets(path.parent), [], path, by="song")),
    "study": (".db", study),
}  # fmt: skip


def linked(target: str) -> Callable[[Path], Any]:
    return lambda path: path.symlink_to(target)


def bound(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(os.fspath(path))
    return bound


WHATS: dict[str, Callable[[Path], Any]] = {
    "a pipe": os.mkfifo,
    "/dev/zero": linked("/dev/zero"),
    "/dev/urandom": linked("/dev/urandom"),
    "/dev/null": linked("/dev/null"),
    "a socket": bound,
    "a folder": os.mkdir,
}


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_regular_file_is_refused(tmp_path: Path, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ending, read = DOORS[door]
    for n, (what, make) in enumerate(WHATS.items()):
        folder = tmp_path / str(n)
        folder.mkdir()
        monkeypatch.chdir(folder)  # the address of a socket may have 108 bytes
        made = make(Path(f"input{ending}"))
        with time_limit(MOST_SECONDS), pytest.raises(DeepcutsError) as refusal:
            read(folder / f"input{ending}")
        assert str(folder) in str(refusal.value), what
        assert any(word in str(refusal.value) for word in ("folder", "pipe or a device", "regular file")), what
        if isinstance(made, socket.socket):
            made.close()


@pytest.mark.parametrize("door", DOORS)
def test_what_is_not_there_is_told(tmp_path: Path, door: str) -> None:
    ending, read = DOORS[door]
    if door in ("study", "triplets of a folder"):
        pytest.skip("a study may begin; a folder need not have every file")
    with time_limit(MOST_SECONDS), pytest.raises(DeepcutsError, match=r"[Nn]o(t)? |cannot"):
        read(tmp_path / f"none{ending}")


OUTPUTS: dict[str, Callable[[str], Any]] = {
    "plays": lambda path: small_plays().save(path),
    "bad rows": lambda path: dc.read_plays(small_plays().to_arrow(), user=1, item=2, bad_rows=path, on_bad_rows="skip"),
    "settings": lambda path: write_settings(Path(f"{path}.json"), dc.PersonaNMF()),
    "temporary folder": lambda path: dc.read_plays(small_plays().to_arrow(), user=1, item=2, temp_directory=path),
}


def small_plays() -> dc.Interactions:
    return dc.generate_world(20, 60, items_per_user=5).plays


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "x" * 5_000], ids=["NUL", "surrogate", "long"])
@pytest.mark.parametrize("door", [*DOORS, *OUTPUTS])
def test_a_name_that_no_file_can_have_is_told(
    door: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if door in ("study", "triplets of a folder"):
        pytest.skip("it begins where there is no file")
    open_it = OUTPUTS.get(door) or (lambda path: DOORS[door][1](Path(path)))
    with pytest.raises(DeepcutsError) as refusal:
        open_it(f"{name}{DOORS[door][0] if door in DOORS else ''}")
    assert len(str(refusal.value).encode("utf-8", "replace")) <= MOST_BYTES


# The folder for temporary files


def test_a_folder_for_temporary_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for parent, why in ((tmp_path / "file", "Not a directory"), ("/proc", "No such file or directory")):
        with (
            pytest.raises(OutputError, match=rf"No temporary folder can be made in {parent}: {why}\. Pass another"),
            temporary_folder(parent),
        ):
            pass
        with pytest.raises(OutputError, match="No temporary folder can be made"):
            dc.read_plays(triplets(tmp_path), user=1, item=2, temp_directory=parent)


def test_no_folder_for_temporary_files_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])
    with pytest.raises(OutputError, match=r"There is no folder for temporary files: .*\. Set TMPDIR to one"):
        dc.read_plays(triplets(tmp_path), user=1, item=2)
    assert dc.read_plays(triplets(tmp_path), user=1, item=2, temp_directory=tmp_path).n_pairs


def test_a_command_says_that_its_temporary_folder_cannot_be_used(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile; tempfile.tempdir = '/proc/none'\n"
        "from deepcuts.cli.main import main; main(['ingest', *sys.argv[1:]])"
    )
    arguments = [str(triplets(tmp_path)), "--user", "1", "--item", "2", "-o", str(tmp_path / "plays.safetensors")]
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "Error: No temporary folder can be made in /proc/none: No such file or directory." in ended.stderr


# The length of messages


@pytest.mark.parametrize("text", ["x" * 9_000, "é" * 9_000, "🎧" * 9_000, "\udcff" * 9_000, "a" + "坂" * 9_000])
def test_a_message_is_cut_in_the_middle_and_stays_text(text: str) -> None:
    cut = str(FileFormatError(f"begins {text} ends"))
    assert len(cut.encode()) <= MOST_BYTES
    assert cut.startswith("begins ")
    assert cut.endswith(" ends")
    assert " … " in cut
    assert str(FileFormatError("x" * MOST_BYTES)) == shortened("x" * MOST_BYTES) == "x" * MOST_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("long", ["x" * 100_000, "\x1b[31mé\n" * 12_000])
def test_what_a_command_says_has_two_kilobytes_at_most(tmp_path: Path, long: str) -> None:
    for arguments in (["info", long], [long], ["info", f"--{long}"], ["train", "none", "-o", "x", "--seed", long]):
        ended = subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, cwd=tmp_path)
        assert ended.returncode in (1, 2)
        assert 0 < len(ended.stderr) <= 2_048, arguments[0][:20]


def test_the_message_of_a_file_names_it_however_long_its_path_is(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(12):
        folder /= "f" * 200
        folder.mkdir()
    (folder / "plays.safetensors").write_bytes(b"no")
    with pytest.raises(FileFormatError) as refusal:
        dc.load(folder / "plays.safetensors")
    assert len(str(refusal.value).encode()) <= MOST_BYTES
    assert str(refusal.value).startswith(str(tmp_path))
    with pytest.raises(FileFormatError, match="is a folder"):
        dc.load(folder)


@pytest.mark.parametrize(
    "call",
    [
        ["ingest", "{}", "--user", "1", "--item", "2", "-o", "{folder}/p.safetensors"],
        ["ingest", "{folder}/good.csv", "--user", "1", "--item", "2", "--names", "{}", "-o", "{folder}/p.safetensors"],
        ["evaluate", "{}", "--train", "{folder}/good.csv", "--holdout", "{folder}/good.csv"],
        ["forget", "{}", "a", "-o", "{folder}/p.safetensors"],
    ],
    ids=["plays", "names", "lists", "forget"],
)
def test_names_of_files_that_are_no_text_are_refused(tmp_path: Path, call: list[str]) -> None:
    bad = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"a\xff.csv"))
    for path in (bad, tmp_path / "good.csv"):
        Path(path).write_text("user_id,item_id,plays\na,b,1\nc,d,2\n")
    result = CliRunner().invoke(app, [word.replace("{folder}", str(tmp_path)).replace("{}", bad) for word in call])
    assert result.exit_code == 1
    assert "is not UTF-8 text. Rename the file." in result.stderr
