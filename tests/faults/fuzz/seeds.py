"""The inputs that fuzzing begins with: ``python -m faults.fuzz.seeds`` writes them into the corpus of every target.

The first byte of an input says how a target takes what follows; see the targets.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

import deepcuts as dc
from faults.fuzz.driver import CORPUS, TARGETS

Seeds = Iterator[tuple[int, bytes]]

SPOTIFY = [
    {"ts": "2019-05-01T12:00:00Z", "ms_played": 200_000, "master_metadata_track_name": "Alien Observer",
     "master_metadata_album_artist_name": "Grouper", "skipped": None, "reason_end": "trackdone"},
    {"ts": "2019-05-01T12:09:00Z", "ms_played": 900, "master_metadata_track_name": None,
     "master_metadata_album_artist_name": None, "skipped": True, "reason_end": "fwdbtn", "incognito_mode": True},
]  # fmt: skip
ACCOUNT = [{"endTime": "2019-05-01 12:00", "artistName": "J Dilla", "trackName": "Donuts", "msPlayed": 61_000}]
LISTEN = {
    "listened_at": 1_600_000_000,
    "track_metadata": {
        "artist_name": "Ada & Bob",
        "track_name": "One",
        "mbid_mapping": {"artists": [{"artist_credit_name": "Ada"}, {"artist_credit_name": "Bob"}]},
    },
}
MALOJA = {"scrobbles": [{"time": 1_600_000_000, "track": {"artists": ["坂本龍一"], "title": "Async"}}]}
LOG = "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Rockbox\nAda\tAlbum\tOne\t1\t200\tL\t1600000000\t\nBob\t\tTwo\t\t1\tS\t0\n"
SCROBBLES = 'uts,utc_time,artist,artist_mbid,album,album_mbid,track\n1600000000,"13 Sep 2020, 12:26",Ada,,A,,"On, e"\n'
BARE = "Ada,Album,One,13 Sep 2020 12:26\nBob,,Two,14 Sep 2020 01:00\n"
TEXTS = [LOG, SCROBBLES, BARE, "Grouper\t40\nJ Dilla\t12.5\n", 'artist,plays\nAda,3\n"B""ob",1\n']


def history() -> Seeds:
    documents = [json.dumps(each) for each in (SPOTIFY, ACCOUNT, [LISTEN], MALOJA)] + TEXTS
    documents.append(f"{json.dumps(LISTEN)}\n{json.dumps(LISTEN)}\n")
    for document in documents:
        yield 0, document.encode()
        yield 64, document.encode("utf-16")
    for names in range(7):
        yield 128 + names, "\n==\n".join(documents[names : names + 2]).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", SCROBBLES)
    yield 0, archive.getvalue()


ROWS = [["ada", "Grouper", "3", "1600000000"], ["bob", "J Dilla", "1.5", "2020-01-02"], ["ada", "坂本", "1e3", "2021"]]


def csv_text() -> Seeds:
    for way, header in enumerate([[], ["user", "item", "count", "time"], ["user_id", "artist", "plays", "time"]]):
        for mark in ",\t;| ":
            text = "\n".join(mark.join(row) for row in [header, *ROWS] if row) + "\n"
            yield (way and 2 * way - 1) + 6 * (ord(mark) % 6) + 128 * (mark == ";"), text.encode()
    yield 1, b'"user","item"\r\n"a""da","Gro\nuper"\r\n bob, "x" \r\n'
    yield 4, b"ada,Grouper,-3,0\nada,J Dilla,4,99\nbob,x,nan,1\n\xff,b,1,1\n"


def json_text() -> Seeds:
    rows = [{"user": u, "item": i, "plays": float(p), "time": t} for u, i, p, t in ROWS]
    renamed = [{"user_id": 7, "artist": 1.0, "plays": "3", "time": 1}, {"user_id": "a", "artist": None, "plays": 1}]
    for way, objects in ((1, rows), (2, rows), (3, renamed), (9, renamed), (4, rows)):
        yield way, json.dumps(objects).encode()
        yield way + 128, "".join(json.dumps(each) + "\n" for each in objects).encode()


def parquet() -> Seeds:
    text = pa.table({"user": ["a", "b", "a"], "item": ["x", "y", None], "plays": [1.0, 2.0, 3.0], "time": [1, 2, 3]})
    numbers = pa.table(
        {
            "user_id": pa.array([1, 2], pa.int32()),
            "artist": pa.array([b"x", b"y"]).dictionary_encode(),
            "plays": pa.array(["1", "2"]).cast(pa.decimal128(5, 2)),
            "time": pa.array([0, 1], pa.timestamp("ms")),
        }
    )
    for way, table in ((0, text), (1, text), (2, numbers), (3, numbers), (4, text)):
        for codec in ("none", "zstd", "gzip"):
            file = io.BytesIO()
            pq.write_table(table, file, compression=codec, use_dictionary=codec == "gzip")
            yield way, file.getvalue()


def archives() -> Seeds:
    names = {"set/plays.tsv": b"a\tb\t1\n" * 5, "set/a.txt": b"text", "other": b"", "../up": b"no"}
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        for name in list(names)[:3]:
            file.writestr(zipfile.ZipInfo(name), names[name])
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        for name, content in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    plain = tarred.getvalue()[:3_072]
    for high in (0, 128):
        yield high + 0, zipped.getvalue()
        yield high + 1, plain
        yield high + 2, gzip.compress(plain, mtime=0)
        yield high + 4, gzip.compress(b"text", mtime=0)
        yield high + 5, bz2.compress(b"text")
        yield high + 6, lzma.compress(b"text")
        yield high + 7, bz2.compress(plain)


def storage_files() -> Seeds:
    plays = dc.generate_world(6, 50, items_per_user=5, seed=1).plays
    items = plays.item_ids.values.to_pylist()
    small = plays.with_labels({items[0]: "A name"}, pa.table({"item_id": items[:3], "tag": ["a", "b", "a"]}))
    made = {
        2: small,
        0: dc.PersonaNMF(n_factors=2, n_personas=2, base_epochs=1, persona_epochs=1).fit(small),
        4: dc.PersonaNMF(n_factors=2, n_personas=1, base_epochs=1, nonnegative=False).fit(plays),
    }
    path = CORPUS / "storage_files" / "being-written"
    for way, data in made.items():
        data.save(path, force=True)
        yield way, path.read_bytes()
        yield way + 1, path.read_bytes()
    path.unlink()


def settings() -> Seeds:
    values = [
        b'{"n_factors": 64, "nonnegative": false, "start": "copy", "lean": 0.5}',
        b'n_factors = 64\nnonnegative = false\nstart = "copy"\nlean = 5e-1\n',
        b"ada\nbob\n\n",
        b'artist,plays\nAda,3\n"B, b",-1\nEve\nMax\t2\n',
        b"n_factors=64\nstart=copy\nseed=null",
        b"0=0.3,2=-1",
        b"0.5",
        b'{"k": 5, "rarity": {"0": 1.5}, "dial": "power", "mix": "max", "pick": [0], "base_lean": 0.5,'
        b' "weights": {"1": 0}, "allow": ["Anders Nwasuwa"], "include_seen": true, "users": ["user 0000001"],'
        b' "frequency": "plays", "deny": []}',
        b'{"Accidental Cello": 3, "Anders Nwasuwa": -1.5}',
        b'{"n_factors": 8, "n_personas": 3, "confidence": "binary", "frequency_exponent": 0.5, "target": "signed_log"}',
        b'{"k": 3, "rarity": -2, "weights": {"0": 2}, "allow": null, "pick": [0, 1]}',
        b'{"since": "2020", "until": "2021-02-03T04:05:06Z", "half_life": 3, "session_cap": 1, "now": "2022"}',
        b'{"on_bad_rows": "skip", "delimiter": ";", "quote": "", "memory_limit": "1GB", "header": true}',
        b'{"min_seconds": 3.5}',
        b'{"user": "a", "item": 2, "plays": "3", "time": null}',
        b'{"n_users": 9, "n_items": 99, "items_per_user": 5, "seed": 3, "stray_share": 0.1}',
        b'{"n_trials": 3, "fraction": 0.3, "seeds": [1], "objectives": ["ndcg@20", "novelty"], "fixed": {"lean": 1}}',
        b'{"host": "::1", "port": 0, "token": "0123456789abcdef0123456789abcdef", "rate": 1.5, "workers": 2}',
    ]
    yield from enumerate(values)


def taste_profile() -> Seeds:
    songs, tracks = ("SOAAAAA12AB0000001", "SOBBBBB12AB0000002"), ("TRAAAAA128F0000001", "TRBBBBB128F0000002")
    triplets = "".join(f"{n:040x}\t{songs[n % 2]}\t{n + 1}\n" for n in range(4))
    unique = f"{tracks[0]}<SEP>{songs[0]}<SEP>Ada<SEP>One\n{tracks[1]}<SEP>{songs[1]}<SEP>坂本<SEP>Two\n"
    listed = f"{songs[0]}\t{tracks[0]}\t{tracks[1]}\n{songs[1]}\t{tracks[1]}\n"
    mismatches = f"ERROR: <{songs[0]} {tracks[0]}> Ada  -  One  !=  Bob  -  Two\n"
    for way in range(8):
        yield way, "\n==\n".join((triplets, unique, listed, mismatches)).encode()
    yield 1, triplets.encode()
    yield 0, "\n==\n".join((triplets, unique)).encode()


def http() -> Seeds:
    yield 0, b'{"user": "user 0000001", "k": 5, "rarity": {"0": 0.5}, "deny": ["Accidental Cello"], "mix": "max"}'
    yield 0, b'{"history": {"Accidental Cello": 3}, "dislikes": ["Anders Nwasuwa"], "pick": [0], "weights": {"0": 2}}'
    yield 1, b'{"requests": [{"user": "user 0000001"}, {"history": {"Accidental Cello": 3}, "dial": "power"}]}'
    yield 2, b'{"history": {"Accidental Cello": 3, "Anouk Marlmore": 1e9}, "dislikes": [], "n_items": 3}'
    yield 3, b'{"user": "user 0000001", "item": "Accidental Cello", "k": 2}'
    for line in (
        "personas/user%200000001",
        "similar?item=Accidental%20Cello&k=3",
        "items?q=a&k=2",
        "healthz",
        "docs",
        "%00?%ff",
    ):
        yield 8, line.encode()
    yield 128, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield 128, b'POST /fold-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"his\r\n0\r\n\r\n'
    yield (
        128,
        b"GET / HTTP/1.0\r\nExpect: 100-continue\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",
    )


def main() -> None:
    for target in TARGETS:
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for n, (way, content) in enumerate(globals()[target]()):
            (CORPUS / target / f"seed-{n:02}").write_bytes(bytes([way]) + content)


if __name__ == "__main__":
    main()
