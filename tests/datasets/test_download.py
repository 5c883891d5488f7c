"""Fetching data sets from a server on this machine: broken connections, spoilt bytes, hostile archives, no network."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import deepcuts as dc
from command_line import run
from datasets.made_archives import tar_of, zip_of
from deepcuts.datasets import DATASETS, fetch, find_dataset
from deepcuts.datasets.archives import Member, unpack
from deepcuts.datasets.catalogue import Dataset, RemoteFile
from deepcuts.errors import DataError, FileFormatError, MissingExtraError, SettingsError

PLAYS = "".join(f"{user} {artist} {user + artist}\n" for user in range(1, 40) for artist in range(1, 30))
USER, SONG, TRACK = "a" * 40, "SO" + "0" * 16, "TR" + "0" * 16


class Server:
    """Serves files from memory; its faults are used up one by one."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.breaks: list[int] = []  # bytes after which the connection ends, one for each of the next responses
        self.has_ranges = True
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.respond(self)

            def log_message(self, *arguments: object) -> None:
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        span = request.headers.get("Range")
        self.asked.append((request.path, span))
        content = self.files.get(request.path.removeprefix("/"))
        if content is None:
            request.send_error(404)
            return
        start = int(span.removeprefix("bytes=").removesuffix("-")) if span and self.has_ranges else 0
        if start >= len(content) > 0:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(content)}")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        rest = content[start:]
        request.wfile.write(rest[: self.breaks.pop(0)] if self.breaks else rest)
        request.close_connection = True


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setattr("deepcuts.datasets.fetching._PAUSE", 0.0)
    served = Server()
    yield served
    served.http.shutdown()
    served.http.server_close()


def profiles() -> bytes:
    """The archive of the Audioscrobbler profiles, made small."""
    folder = "profiledata_06-May-2005"
    texts = {
        "user_artist_data.txt": PLAYS,
        "artist_data.txt": "1\tGrouper\n2\tJ Dilla\n",
        "artist_alias.txt": "29\t1\n",
    }
    return tar_of({f"{folder}/{name}": text.encode() for name, text in texts.items()})


ARCHIVE = "profiledata_06-May-2005.tar.gz"


def download(*arguments: object, code: int = 0) -> str:
    result = run("download", *arguments, code=code)
    assert "Traceback" not in result.output
    return " ".join(result.stderr.split())


def test_a_set_is_fetched_and_turned_into_plays(server, tmp_path):
    server.files[ARCHIVE] = profiles()
    options = ("audioscrobbler", "--yes", "--folder", tmp_path / "cache", "-o", tmp_path / "plays.safetensors")
    said = download(*options, "--url", server.url)
    assert "Terms of use: Creative Commons BY-NC-SA 1.0." in said
    assert f"{ARCHIVE}: {len(server.files[ARCHIVE]):,} bytes of {len(server.files[ARCHIVE]):,}" in said
    plays = dc.Interactions.load(tmp_path / "plays.safetensors")
    assert (plays.n_users, plays.n_items) == (39, 28)
    assert plays.labels.names.to_pylist()[:1] == ["Grouper"]
    assert len(server.asked) == 1
    download(*options, "--force", "--url", server.url)
    assert len(server.asked) == 1  # what is there is not fetched again
    said = download(*options, "--force", "--min-items", 29, code=1)
    assert "no user more than 28 items" in said


def test_the_taste_profile_comes_in_three_files(server, tmp_path, monkeypatch):
    server.files |= {
        "train_triplets.txt.zip": zip_of({"train_triplets.txt": f"{USER}\t{SONG}\t4\n".encode()}),
        "unique_tracks.txt": f"{TRACK}<SEP>{SONG}<SEP>Grouper<SEP>Clearing\n".encode(),
        "sid_mismatches.txt": f"ERROR: <{SONG} {TRACK[:-1]}9> a  -  b  !=  c  -  d\n".encode(),
    }
    monkeypatch.setenv("DEEPCUTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DEEPCUTS_MIRROR", f"{server.url}/")
    download("taste-profile", "--yes", "-o", tmp_path / "plays.safetensors")
    assert dc.Interactions.load(tmp_path / "plays.safetensors").item_ids.values.to_pylist() == ["grouper"]
    download("taste-profile", "--by", "song", "-o", tmp_path / "songs.safetensors", "-q")
    assert dc.Interactions.load(tmp_path / "songs.safetensors").labels.names.to_pylist() == ["Grouper – Clearing"]
    assert len(server.asked) == 3
    recorded = (tmp_path / "cache" / "taste-profile" / "unique_tracks.txt.sha256").read_text()
    assert recorded == f"{hashlib.sha256(server.files['unique_tracks.txt']).hexdigest()}  unique_tracks.txt\n"


def test_without_an_output_the_next_command_is_named(server, tmp_path):
    server.files[ARCHIVE] = profiles()
    said = download("audioscrobbler", "--yes", "--folder", tmp_path, "--url", f"{server.url}/{ARCHIVE}")
    assert f"For plays: deepcuts download audioscrobbler --folder {tmp_path} -o plays.safetensors" in said


def test_terms_have_to_be_accepted(server, tmp_path):
    server.files[ARCHIVE] = profiles()
    said = download("audioscrobbler", "--folder", tmp_path / "cache", "--url", server.url, code=2)
    assert "Terms of use: Creative Commons BY-NC-SA 1.0." in said
    assert "Pass --yes to accept them." in said
    assert server.asked == []
    assert list(tmp_path.iterdir()) == []


def one_file(server: Server, content: bytes, **published: str) -> Dataset:
    """A set of one plain file."""
    server.files["plays.txt"] = content
    file = RemoteFile("plays.txt", f"{server.url}/plays.txt", **published)
    return replace(DATASETS["audioscrobbler"], files=(file,))


def test_a_broken_download_goes_on_where_it_broke(server, tmp_path):
    content = bytes(range(256)) * 4096
    server.breaks = [300_000, 0, 200_000]
    seen: list[tuple[int, int | None]] = []
    md5 = hashlib.md5(content).hexdigest()
    fetch(one_file(server, content, md5=md5), tmp_path, progress=lambda _, there, total: seen.append((there, total)))
    assert (tmp_path / "plays.txt").read_bytes() == content
    starts = [int(span[6:-1]) if span else 0 for _, span in server.asked]
    assert starts == [0, 300_000, 300_000, 500_000]
    assert seen[-1] == (len(content), len(content))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plays.txt"]


def test_a_later_run_goes_on_as_well(server, tmp_path):
    content = bytes(range(256)) * 4096
    dataset = one_file(server, content)
    server.breaks = [100_000, *[0] * 9]
    with pytest.raises(DataError) as caught:
        fetch(dataset, tmp_path)
    message = str(caught.value)
    assert "the connection ended after 100,000 of 1,048,576 bytes" in message
    assert "What has come, 100,000 bytes, is kept for the next attempt." in message
    assert f"put the file at {tmp_path / 'plays.txt'}, and give this command again" in message
    server.breaks = []
    server.asked = []
    fetch(dataset, tmp_path)
    assert server.asked == [("/plays.txt", "bytes=100000-")]
    assert (tmp_path / "plays.txt").read_bytes() == content


@pytest.mark.parametrize("has_ranges", [True, False])
def test_a_part_of_another_file_does_no_harm(server, tmp_path, has_ranges):
    server.has_ranges = has_ranges
    (tmp_path / "plays.txt.part").write_bytes(b"x" * 500)
    fetch(one_file(server, b"short"), tmp_path)
    assert (tmp_path / "plays.txt").read_bytes() == b"short"


def test_spoilt_bytes_are_refused_and_not_kept(server, tmp_path):
    with pytest.raises(FileFormatError, match=r"is not the file that is known as plays.txt: its checksum is not md5:"):
        fetch(one_file(server, b"spoilt", md5="0" * 32), tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.files["hetrec2011-lastfm-2k.zip"] = zip_of({"user_artists.dat": b"other"})
    said = download(
        "lastfm-2k", "--yes", "--folder", tmp_path, "--url", server.url, "-o", tmp_path / "p.safetensors", code=1
    )
    assert "Try again, or another mirror with --url." in said
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_not_the_published_one_is_refused(server, tmp_path):
    name = "lastfm-dataset-360K/usersha1-artmbid-artname-plays.tsv"
    server.files["lastfm-dataset-360K.tar.gz"] = tar_of({name: b"u\t\tGrouper\t3\n"})
    said = download("lastfm-360k", "--yes", "--folder", tmp_path, "--url", server.url, code=1)
    assert "is not the published file: its md5 is " in said
    assert not (tmp_path / "usersha1-artmbid-artname-plays.tsv").exists()


def test_a_file_that_has_changed_since_the_first_copy_is_noticed(server, tmp_path):
    dataset = one_file(server, b"first")
    fetch(dataset, tmp_path)
    (tmp_path / "plays.txt").unlink()
    server.files["plays.txt"] = b"second"
    with pytest.raises(FileFormatError, match=r"If the new one is meant, delete .*plays.txt.sha256"):
        fetch(dataset, tmp_path)


PORTAL = b"<!DOCTYPE html><html><title>Log in to Airport WiFi</title></html>"


@pytest.mark.parametrize("name", ["audioscrobbler", "taste-profile", "lastfm-360k"])
def test_a_login_page_is_neither_kept_nor_trusted(server, tmp_path, name):
    good = {
        ARCHIVE: profiles(),
        "train_triplets.txt.zip": zip_of({"train_triplets.txt": f"{USER}\t{SONG}\t4\n".encode()}),
        "unique_tracks.txt": f"{TRACK}<SEP>{SONG}<SEP>Grouper<SEP>Clearing\n".encode(),
        "sid_mismatches.txt": f"ERROR: <{SONG} {TRACK[:-1]}9> a  -  b  !=  c  -  d\n".encode(),
    }
    for spoilt in (file.name for file in DATASETS[name].files):
        server.files |= good | {spoilt: PORTAL}
        said = download(name, "--yes", "--folder", tmp_path, "--url", server.url, code=1)
        assert "perhaps a login page of the network came instead" in said
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(spoilt)]
    if name != "lastfm-360k":
        server.files |= good
        download(name, "--yes", "--folder", tmp_path, "--url", server.url)


def test_an_entry_without_a_name_does_no_harm(tmp_path):
    with zipfile.ZipFile(tmp_path / "triplets.zip", "w") as archive:
        for name in ("", "train_triplets.txt"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, name)
    unpack(tmp_path / "triplets.zip", {"train_triplets.txt": Member(1000)}, tmp_path)
    assert (tmp_path / "train_triplets.txt").read_text() == "train_triplets.txt"


def test_all_addresses_are_encrypted_ones():
    assert all(file.url.startswith("https://") for dataset in DATASETS.values() for file in dataset.files)


def test_a_file_put_there_by_hand_is_taken(server, tmp_path):
    (tmp_path / ARCHIVE).write_bytes(profiles())
    download("audioscrobbler", "--yes", "--folder", tmp_path, "-o", tmp_path / "p.safetensors", "--url", server.url)
    assert server.asked == []


@pytest.mark.parametrize(("url", "reason"), [("http://127.0.0.1:9", "Connection refused"), (None, "404 Not Found")])
def test_without_network_it_says_what_to_do_by_hand(server, tmp_path, url, reason):
    said = download("audioscrobbler", "--yes", "--folder", tmp_path / "cache", "--url", url or server.url, code=1)
    assert reason in said
    assert "fetch https://www.iro.umontreal.ca/~lisa/datasets/profiledata_06-May-2005.tar.gz on any computer" in said
    assert f"put the file at {tmp_path / 'cache' / ARCHIVE}, and give this command again" in said
    assert list((tmp_path / "cache").iterdir()) == []


def test_names_of_sets_are_checked_first(tmp_path):
    assert "Did you mean 'lastfm-2k'? Choose from lastfm-2k, lastfm-360k," in download("lastfm", "--yes", code=2)
    with pytest.raises(SettingsError, match="There is no data set 'x'"):
        find_dataset("x")


def test_without_pooch_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'deepcuts\[download\]'"):
        fetch(DATASETS["audioscrobbler"], tmp_path)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_every_set_says_where_it_is_and_what_it_may_be_used_for(dataset):
    assert dataset.licence.endswith(".")
    assert dataset.citation.endswith(".")
    for file in dataset.files:
        assert dataset.withdrawn or file.dated or file.url.endswith(file.name)
        assert file.url.startswith(("https://", "http://"))


def test_histories_of_mlhd_are_fetched_and_read_from_their_archive(server, tmp_path):
    listener, artist = "0" * 8 + "-1111-1111-1111-" + "1" * 12, "a" * 8 + "-2222-2222-2222-" + "2" * 12
    history = f"1300000000\t{artist}\t\t\n".encode()
    server.files["mlhdplus-complete-0.tar"] = tar_of({f"00/{listener}.txt": history}, "w")
    options = ("mlhd-part", "--yes", "--folder", tmp_path / "cache", "--url", server.url)
    download(*options, "-o", tmp_path / "plays.safetensors")
    plays = dc.Interactions.load(tmp_path / "plays.safetensors")
    assert (plays.user_ids.values.to_pylist(), plays.item_ids.values.to_pylist()) == ([listener], [artist])
