"""Listens in the shape of ListenBrainz's dumps through `ingest`: time and memory, beside DuckDB's own read_json.

    python benchmarks/listens_dump.py 5000000 /tmp/listens 3

writes the file once, then reads it three times in turns, each time in a process of its own: by `read_plays` with a
memory limit, and by DuckDB counting the listens of each pair. It prints seconds, those of the processor, and the peak
of resident memory of each process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import duckdb

_ROUNDS = 3
_FAVOURITES = 300  # artists of one user, of whom the first are played most
_MEMORY = "1GB"


def write(path: Path, n_rows: int) -> None:
    """Listens of one user for every 500 rows, who plays nearly 200 artists, a few of them far more than others."""
    duckdb.connect(config={"memory_limit": "1GB"}).execute(f"""
        COPY (SELECT (i % {max(n_rows // 500, 1)})::INT AS user_id, 'user ' || user_id AS user_name,
                     1600000000 + i AS timestamp, uuid() AS recording_msid,
                     {{artist_name: 'Artist ' || (hash(user_id * {_FAVOURITES} + floor(
                           pow(hash(i) / 18446744073709551616.0, 3) * {_FAVOURITES})::INT) % 200000),
                       track_name: 'track ' || i % 1000, additional_info: {{submission_client: 'x'}}}} AS track_metadata
              FROM range({n_rows}) r(i)) TO '{path}' (FORMAT json)""")


def ours(path: str) -> None:
    """Read with `read_plays`."""
    import deepcuts as dc

    columns = {"user": "user_id", "item": "track_metadata.artist_name", "time": "timestamp"}
    print(dc.read_plays(path, **columns, memory_limit=_MEMORY))


def duckdbs(path: str) -> None:
    """Count the listens of every pair with DuckDB alone."""
    print(
        duckdb.connect(config={"memory_limit": _MEMORY})
        .execute(f"""
        SELECT count(*) FROM (SELECT user_id, track_metadata.artist_name, count(*), max("timestamp")
                              FROM read_json('{path}', format = 'newline_delimited') GROUP BY 1, 2)""")
        .fetchall()
    )


def main() -> None:
    """Write, read in turns, print."""
    if sys.argv[1] in {"ours", "duckdbs"}:
        {"ours": ours, "duckdbs": duckdbs}[sys.argv[1]](sys.argv[2])
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"processor {used.ru_utime + used.ru_stime:.1f} s, peak {used.ru_maxrss >> 10} MiB")
        return
    n_rows, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "1.listens"
    write(path, n_rows)
    print(f"{n_rows:,} rows, {path.stat().st_size >> 20:,} MiB")
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else _ROUNDS):
        for who in ("ours", "duckdbs"):
            before = time.perf_counter()
            done = subprocess.run(
                [sys.executable, __file__, who, str(path)], capture_output=True, text=True, check=True
            )
            print(f"{who}: {time.perf_counter() - before:.1f} s", " ".join(done.stdout.split()), flush=True)


if __name__ == "__main__":
    main()
