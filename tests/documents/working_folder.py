"""The files that pages name: plays, models, lists and exports of a small world, in one folder."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import deepcuts as dc

KNOWN_USERS = ("ada", "bob", "user 17")
KNOWN_ITEMS = ("Grouper", "J Dilla", "Bonnie Beecher")


def make_working_folder(folder: Path) -> None:
    """Write every file that a block of a page reads and no block before it writes."""
    table = world_table()
    pq.write_table(table, folder / "plays.parquet")
    pa.csv.write_csv(table, folder / "plays.csv")
    pa.csv.write_csv(table, folder / "plays.tsv", pa.csv.WriteOptions(delimiter="\t", quoting_style="none"))
    _write_labels(table, folder)
    _write_models(table, folder)
    _write_spotify_export(table, folder / "my_spotify_data.zip")
    _write_hetrec(folder / "hetrec2011-lastfm-2k")
    _write_taste_profile(folder)
    _write_listens(folder / "listenbrainz-listens-dump-1.tar.zst")


def world_table() -> pa.Table:
    """Plays of a small world in which some have names that the pages use: user, artist, count."""
    plays = dc.generate_world(n_users=150, n_items=300, items_per_user=15, seed=1).plays.to_arrow()
    users, items = plays["user_id"].to_pylist(), plays["item_id"].to_pylist()
    known_users = dict(zip(dict.fromkeys(users), KNOWN_USERS, strict=False))
    by_listeners = sorted(set(items), key=lambda item: (-items.count(item), item))
    known_items = dict(zip(by_listeners, KNOWN_ITEMS, strict=False))
    return pa.table(
        {
            "user": [known_users.get(user, user) for user in users],
            "artist": [known_items.get(item, item) for item in items],
            "count": plays["plays"].to_numpy().astype(np.int64),
        }
    )


def tag_table(table: pa.Table) -> pa.Table:
    """Tags of the items: item_id, label."""
    items = sorted(set(table["artist"].to_pylist()))
    return pa.table({"item_id": items, "label": [f"tag {number % 7}" for number in range(len(items))]})


def recommend_to(path: Path) -> int:
    """Count the rows that a model recommends, in a process of its own."""
    return int(dc.load(path).recommend(k=5).num_rows)


def _write_labels(table: pa.Table, folder: Path) -> None:
    tags = tag_table(table)
    names = pa.table({"item_id": tags["item_id"], "name": [f"The {item}" for item in tags["item_id"].to_pylist()]})
    pa.csv.write_csv(names, folder / "artists.csv")
    pa.csv.write_csv(tags.rename_columns(["item_id", "tag"]), folder / "tags.csv")


def _write_models(table: pa.Table, folder: Path) -> None:
    plays = dc.read_plays(table, user="user", item="artist", plays="count")
    plays.save(folder / "plays.safetensors")
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    train.save(folder / "train.safetensors")
    holdout.save(folder / "holdout.safetensors")
    pq.write_table(holdout.to_arrow(), folder / "holdout.parquet")
    model = dc.PersonaNMF(n_factors=8, base_epochs=3).fit(train)
    for name in ("model", "personas"):
        model.save(folder / f"{name}.safetensors")
    pq.write_table(model.recommend(k=100), folder / "lists.parquet")
    pq.write_table(model.recommend(k=100, rarity=0.5), folder / "other.parquet")
    pq.write_table(model.recommend(k=100, rarity=0.5), folder / "other_lists.parquet")
    plays.save(folder / "new.safetensors")
    (folder / "tuned.toml").write_text("n_factors = 8\nbase_epochs = 3\n", encoding="utf-8")


def _write_spotify_export(table: pa.Table, path: Path) -> None:
    mine = [row for row in table.to_pylist() if row["user"] == "ada"]
    rows = [
        {
            "ts": f"2024-03-{1 + number % 28:02}T{number % 24:02}:05:00Z",
            "ms_played": 180_000,
            "master_metadata_track_name": f"Track {number}",
            "master_metadata_album_artist_name": row["artist"],
            "reason_end": "trackdone",
        }
        for number, row in enumerate(mine)
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Spotify Extended Streaming History/Streaming_History_Audio_2024_0.json", json.dumps(rows))


def _write_hetrec(folder: Path) -> None:
    folder.mkdir()
    tagged = "userID\tartistID\ttagID\tday\tmonth\tyear\n2\t51\t1\t1\t4\t2009\n3\t52\t1\t1\t4\t2009\n"
    (folder / "user_artists.dat").write_text("userID\tartistID\tweight\n2\t51\t13\n2\t52\t7\n3\t52\t9\n", "utf-8")
    (folder / "artists.dat").write_text("id\tname\turl\tpictureURL\n51\tGrouper\t\t\n52\tJ Dilla\t\t\n", "utf-8")
    (folder / "tags.dat").write_text("tagID\ttagValue\n1\tambient\n", "latin-1")
    (folder / "user_taggedartists.dat").write_text(tagged, "utf-8")


def _write_taste_profile(folder: Path) -> None:
    songs = [f"SO{'ABCDEFGH'[n] * 16}" for n in range(4)]
    tracks = [f"TR{'ABCDEFGH'[n] * 16}" for n in range(4)]
    listeners = ["a" * 40, "b" * 40, "c" * 40]
    triplets = [f"{user}\t{song}\t{1 + n}\n" for n, user in enumerate(listeners) for song in songs[: n + 2]]
    known = [
        f"{track}<SEP>{song}<SEP>Artist {n // 2}<SEP>Title\n"
        for n, (track, song) in enumerate(zip(tracks, songs, strict=True))
    ]
    mismatch = f"ERROR: <{songs[3]} {tracks[3]}> Artist 1  -  Title  !=  Other  -  Title\n"
    (folder / "train_triplets.txt").write_text("".join(triplets), "utf-8")
    (folder / "unique_tracks.txt").write_text("".join(known), "utf-8")
    (folder / "sid_mismatches.txt").write_text(mismatch, "utf-8")


def _write_listens(path: Path) -> None:
    listens = [
        {"user_id": number % 5, "timestamp": 1_700_000_000 + number, "track_metadata": {"artist_name": name}}
        for number, name in enumerate(KNOWN_ITEMS * 4)
    ]
    content = "".join(json.dumps(listen) + "\n" for listen in listens).encode()
    entry = tarfile.TarInfo("listenbrainz-listens-dump/listens/2023/11.listens")
    entry.size = len(content)
    with pa.output_stream(path, compression="zstd") as file, tarfile.open(fileobj=file, mode="w|") as archive:
        archive.addfile(entry, io.BytesIO(content))
