"""Claim: the Taste Profile is read by artist in about the time that DuckDB's own GROUP BY over the same files takes.

Usage: python benchmarks/taste_profile.py [--scale 1.0] [--memory 4GB] [--small-memory 2GB] [--bare-memory 8GB]
    [--json FILE]

Makes a Taste Profile of the size and in the formats of the real one (1,019,318 users, 384,546 songs of 44,000 artists,
48.4 million rows; `--scale` makes all of it smaller) in a temporary folder, and runs, each in a process of its own:

- bare: DuckDB joins the triplets with the artists of unique_tracks.txt, and sums the plays by user and artist;
- ours: `deepcuts ingest taste-profile --by artist`, from the text files to plays.safetensors;
- ours with little memory, which has to put intermediate results on disk.

Prints wall and processor seconds, the highest resident memory of each process, and the ratios to the first. On a shared
machine the ratio of processor seconds is the one to trust.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np
import pyarrow as pa
from common import print_json, print_table, setting

N_USERS, N_SONGS, N_ARTISTS, N_ROWS = 1_019_318, 384_546, 44_000, 48_373_586
N_TRACKS, N_MISMATCHES = 1_000_000, 19_094  # most tracks are of songs that nobody has played

BARE = r"""
import duckdb, sys
folder, memory = sys.argv[1:]
database = duckdb.connect(config={"memory_limit": memory, "temp_directory": folder + "/spill"})
database.execute("SET enable_progress_bar = false")
text = "header = false, auto_detect = false, quote = '', escape = ''"
database.execute(f'''
    CREATE TABLE tracks AS SELECT cells[2] AS song, any_value(cells[3]) AS artist
    FROM (SELECT string_split(line, '<SEP>') AS cells
          FROM read_csv('{folder}/unique_tracks.txt', columns = {{'line': 'VARCHAR'}}, delim = '\x01', {text}))
    GROUP BY 1''')
database.execute(f'''
    CREATE TABLE plays AS SELECT "user", artist, sum(n) AS plays
    FROM read_csv('{folder}/train_triplets.txt', delim = '\t', {text},
                  columns = {{'user': 'VARCHAR', 'song': 'VARCHAR', 'n': 'BIGINT'}})
         JOIN tracks USING (song) GROUP BY ALL''')
print(*database.execute("SELECT count(*), sum(plays) FROM plays").fetchone())
"""


def main() -> None:
    """Make the files, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--bare-memory", default="8GB", help="for DuckDB's own query, which may fail with less")
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--small-memory", default="2GB")
    parser.add_argument("--folder", help="for the files; they take 3 GB at full size")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deepcuts-benchmark-", dir=args.folder) as name:
        folder = Path(name)
        sizes = write_taste_profile(folder, args.scale)
        print(", ".join(f"{number:,} {what}" for what, number in sizes.items()) + "\n", flush=True)
        runs = {
            "DuckDB's GROUP BY": timed([sys.executable, "-c", BARE, str(folder), args.bare_memory]),
            f"deepcuts, {args.memory}": timed(command(folder, args.memory)),
            f"deepcuts, {args.small_memory}": timed(command(folder, args.small_memory)),
        }
    report(runs, sizes, args)


def report(runs: dict[str, dict[str, float]], sizes: dict[str, int], args: argparse.Namespace) -> None:
    """Print all runs beside the first, and write them."""
    bare = next(iter(runs.values()))
    rows = [
        [
            name,
            *(f"{run[key]:.1f}" for key in ("wall", "cpu", "peak_gb")),
            *(f"{run[key] / bare[key]:.2f}" for key in ("wall", "cpu")),
        ]
        for name, run in runs.items()
    ]
    print(setting("duckdb"), "\n")
    print_table(["", "wall s", "processor s", "peak GB", "wall ratio", "processor ratio"], rows)
    figures = {"benchmark": "taste profile", "scale": args.scale, "sizes": sizes, "runs": runs}
    print_json(**figures)
    if args.json:
        args.json.write_text(json.dumps({**figures, "setting": setting("duckdb")}, indent=2) + "\n", encoding="utf-8")


def command(folder: Path, memory: str) -> list[str]:
    """Our command over the files."""
    files = {"triplets": "train_triplets.txt", "tracks": "unique_tracks.txt", "mismatches": "sid_mismatches.txt"}
    options = [word for option, file in files.items() for word in (f"--{option}", str(folder / file))]
    program = [sys.executable, "-c", "from deepcuts.cli.main import main; main()", "ingest", "taste-profile"]
    return [*program, *options, "--memory", memory, "--force", "-o", str(folder / "plays.safetensors")]


def timed(arguments: list[str]) -> dict[str, float]:
    """Run a process; return its seconds and its highest resident memory."""
    start = perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - start
        said.seek(0)
        text = said.read()
    if status:
        raise SystemExit(f"{arguments[:3]} failed:\n{text}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_gb": peak}


def write_taste_profile(folder: Path, scale: float, seed: int = 0) -> dict[str, int]:
    """Write train_triplets.txt, unique_tracks.txt and sid_mismatches.txt."""
    n_users, n_songs, n_artists, n_rows = (int(n * scale) for n in (N_USERS, N_SONGS, N_ARTISTS, N_ROWS))
    database = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(folder / "spill")})
    random = np.random.default_rng(seed)
    n_tracks = int(N_TRACKS * scale)
    artist_of = np.minimum((n_artists * random.random(n_tracks) ** 2).astype(np.int64), n_artists - 1)
    artist_of[:n_artists] = np.arange(n_artists)
    database.register("drawn_songs", pa.table({"index": np.arange(n_tracks), "artist": artist_of}))
    ids = {"song": ("SO", "index * 2654435761"), "track": ("TR", "index * 40503 + 12345")}
    song, track = (
        f"'{head}' || lpad(upper(to_hex(({code}) & 281474976710655)), 16, '0')" for head, code in ids.values()
    )
    database.execute(f"CREATE TABLE songs AS SELECT index, {song} AS song, {track} AS track, artist FROM drawn_songs")
    copy = "(FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')"
    database.execute(f"""COPY (SELECT track || '<SEP>' || song || '<SEP>Artist ' || artist || '<SEP>Title ' || index
                         FROM songs ORDER BY track) TO '{folder}/unique_tracks.txt' {copy}""")
    database.execute(f"""COPY (SELECT 'ERROR: <' || song || ' ' || track || '> Artist  -  Title  !=  Other  -  Title'
                         FROM songs ORDER BY hash(index) LIMIT {int(N_MISMATCHES * scale)})
                         TO '{folder}/sid_mismatches.txt' {copy}""")
    write_triplets(database, folder / "train_triplets.txt", random, (n_users, n_songs, n_rows))
    return {"users": n_users, "songs": n_songs, "artists": n_artists, "rows": n_rows}


def write_triplets(
    database: duckdb.DuckDBPyConnection, path: Path, random: np.random.Generator, sizes: tuple[int, int, int]
) -> None:
    """Write users one after the other, as the real file does, in parts; songs are drawn by Zipf's law."""
    n_users, n_songs, n_rows = sizes
    lengths = 10 + random.lognormal(2.9, 1.1, n_users)
    ends = np.round(np.cumsum(lengths) * n_rows / lengths.sum()).astype(np.int64)
    popularity = np.cumsum(1 / np.arange(10, n_songs + 10) ** 0.9)
    with path.open("wb") as whole:
        for first in range(0, n_users, 200_000):
            users = slice(first, first + 200_000)
            counts = np.diff(ends[users], prepend=ends[first - 1] if first else 0)
            n = int(counts.sum())
            drawn = np.searchsorted(popularity, random.random(n) * popularity[-1])
            plays = np.minimum(random.geometric(0.35, n), 9999)
            of_user = np.repeat(np.arange(first, first + len(counts)), counts)
            database.register("rows", pa.table({"user": of_user, "index": drawn, "plays": plays}))
            part = path.with_suffix(".part")
            database.execute(f"""
                COPY (SELECT sha1(rows.user::VARCHAR), song, rows.plays FROM rows JOIN songs USING (index))
                TO '{part}' (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')""")
            with part.open("rb") as file:
                while chunk := file.read(1 << 24):
                    whole.write(chunk)
            part.unlink()


if __name__ == "__main__":
    main()
