"""The service under load: latency, growth of memory, time from a kill to the next response.

Usage: python benchmarks/service.py [--users 1000000] [--items 40000] [--factors 64] [--rate 200] [--seconds 60]
                                    [--requests 100000] [--model FILE] [--json FILE]

A model of a generated world (25 items a user on average, four personas, three base epochs) is served by
``deepcuts serve`` with one worker; the client runs in this process, on the same cores. Load is open: requests leave
when they are due, whether or not earlier ones have come back, and are timed from when they were due, so a stall counts
for every request it delays. The bars: p99 of known users at most 20 ms at 200 requests/s, of visitors (folded in, then
given a list) 50 ms at a quarter of that rate; memory of its own that no longer grows; 2 s from a start to a response.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts.array_types import DoubleVector

BARS = {"known_p99_ms": 20.0, "visitor_p99_ms": 50.0, "fold_in_p99_ms": 50.0, "growth_mb": 20.0, "restart_seconds": 2.0}
DIAL = (-0.2, 0.0, 0.1, 0.2, 0.4)
N_RESTARTS = 3
N_VISITORS = 2_000  # whose histories visitors bring
VISITOR_SHARE = 10  # in the long run, every tenth request is that of a visitor
START = ("-c", "from deepcuts.cli.main import main; main()")

Request = bytes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 1_000_000), ("items", 40_000), ("factors", 64), ("seconds", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--model", type=Path, help="kept between runs; made if it is not there")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.model or Path(folder) / "model.safetensors"
        if not path.exists():
            make_model(path, args)
        figures = measure(path, Path(folder), args)
    print(setting("fastapi", "uvicorn"))
    print_table(["figure", "measured", "bar"], [[n, f"{v:,.2f}", str(BARS.get(n, ""))] for n, v in figures.items()])
    print_json(benchmark="service", **figures)
    if args.json:
        report = {"benchmark": "service", "setting": setting("fastapi", "uvicorn"), "bars": BARS, "figures": figures}
        args.json.write_text(json.dumps(report, indent=2), encoding="utf-8")


def make_model(path: Path, args: argparse.Namespace) -> None:
    """Train in little time: how good the lists are does not matter here, how long they take does."""
    began = time.perf_counter()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    settings = {"n_factors": args.factors, "n_personas": 4, "base_epochs": 3}
    dc.PersonaNMF(**settings).fit(plays, seed=0).save(path)
    print(f"{plays!r}: trained in {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e6:,.0f} MB", flush=True)


def measure(path: Path, folder: Path, args: argparse.Namespace) -> dict[str, float]:
    """Run all parts; return the figures by name."""
    known, visitor, fold_in = request_makers(dc.load(path))
    figures: dict[str, float] = {}
    with server(path, folder) as (process, port):
        asyncio.run(open_load(port, known, 20, 3))  # connections and pages of the file
        parts = {"known": (known, args.rate), "visitor": (visitor, args.rate / 4), "fold_in": (fold_in, args.rate / 4)}
        for name, (make, rate) in parts.items():
            before = processor_seconds(process.pid)
            taken, n_refused = asyncio.run(open_load(port, make, rate, args.seconds))
            used = 1e3 * (processor_seconds(process.pid) - before) / len(taken)
            figures |= {f"{name}_p50_ms": float(median(taken)), f"{name}_p99_ms": float(np.quantile(taken, 0.99))}
            figures |= {f"{name}_most_ms": float(taken[-1]), f"{name}_processor_ms": used, f"{name}_refused": n_refused}
            print(f"{name}: {len(taken):,} requests at {rate:g}/s", flush=True)
        figures |= asyncio.run(long_run(port, known, visitor, args.requests, process.pid))
    starts = [restart(path, folder, known) for _ in range(N_RESTARTS)]
    return figures | {"restart_seconds": median(starts), "restart_most_seconds": max(starts)}


def request_makers(model: dc.PersonaModel) -> tuple[Callable[[int], Request], ...]:
    """Return makers of the i-th request: of a known user, of a visitor for a list, of a visitor for personas."""
    rng = np.random.default_rng(0)
    users = rng.integers(len(model.user_ids), size=100_003)
    histories = []
    for user in users[:N_VISITORS]:
        items, plays = model.seen.user_items(int(user))
        histories.append(dict(zip(model.item_ids.take(items).to_pylist(), plays.tolist(), strict=True)))
    ids = model.user_ids.take(users).to_pylist()

    def known(i: int) -> Request:
        return post("/recommend", {"user": ids[i % len(ids)], "k": 20, "rarity": DIAL[i % len(DIAL)]})

    def visitor(i: int) -> Request:
        return post("/recommend", {"history": histories[i % N_VISITORS], "k": 20, "rarity": DIAL[i % len(DIAL)]})

    def fold_in(i: int) -> Request:
        return post("/fold-in", {"history": histories[i % N_VISITORS]})

    return known, visitor, fold_in


def post(path: str, content: dict[str, Any]) -> Request:
    """Return the bytes of a POST request."""
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Connections:
    """Connections that are kept open and taken again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.n_refused = 0

    async def ask(self, request: Request) -> bytes:
        """Send a request and return the body of its response; count those that are refused."""
        if not self.idle:
            self.idle.append(await asyncio.open_connection("127.0.0.1", self.port))
        reader, writer = self.idle.pop()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head)
        body = await reader.readexactly(int(found.group(1)) if found else 0)
        self.n_refused += not head.startswith(b"HTTP/1.1 200")
        self.idle.append((reader, writer))
        return body


async def open_load(port: int, make: Callable[[int], Request], rate: float, seconds: float) -> tuple[DoubleVector, int]:
    """Send requests at a rate, come what may.

    Returns
    -------
    How long each took from when it was due, ascending, in milliseconds; and how many were refused.
    """
    connections = Connections(port)
    taken: list[float] = []
    began = time.perf_counter() + 0.1

    async def ask(i: int) -> None:
        await connections.ask(make(i))
        taken.append(time.perf_counter() - began - i / rate)

    asked = []
    for i in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + i / rate - time.perf_counter()))
        asked.append(asyncio.create_task(ask(i)))
    await asyncio.gather(*asked)
    return 1e3 * np.sort(taken), connections.n_refused


async def long_run(
    port: int, known: Callable[[int], Request], visitor: Callable[[int], Request], n_requests: int, pid: int
) -> dict[str, float]:
    """Send many requests, four at a time; return by how much the server's own memory grew after the first tenth."""
    connections = Connections(port)
    numbers = iter(range(n_requests))
    sizes: dict[int, float] = {}
    began = time.perf_counter()

    async def ask_on() -> None:
        for i in numbers:
            await connections.ask(visitor(i) if i % VISITOR_SHARE == 0 else known(i))
            if (i + 1) % max(1, n_requests // 20) == 0:
                sizes[i + 1] = own_memory(pid)

    await asyncio.gather(*(ask_on() for _ in range(4)))
    seconds = time.perf_counter() - began
    after = [sizes[i] for i in sorted(sizes)]
    print("own memory, MB, by twentieths: " + " ".join(f"{size:.0f}" for size in after), flush=True)
    early, late = after[1], after[-1]
    return {
        "requests_per_second": n_requests / seconds,
        "memory_mb": late,
        "growth_mb": late - early,
        "long_run_refused": connections.n_refused,
    }


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used, in seconds."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def own_memory(pid: int) -> float:
    """Memory of a process that is not a file's, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found.group(1)) / 1_000 if found else float("nan")


def restart(path: Path, folder: Path, known: Callable[[int], Request]) -> float:
    """Start the server, kill it, start it again; return the seconds from that start to the first list."""
    with server(path, folder) as (process, _):
        process.send_signal(signal.SIGKILL)
    began = time.perf_counter()
    with server(path, folder) as (_, port):
        asyncio.run(Connections(port).ask(known(0)))
        return time.perf_counter() - began


@contextmanager
def server(path: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve the model in a process of its own; yield it and its port once it listens."""
    command = [sys.executable, *START, "serve", str(path), "--port", "0", "--rate", "0"]
    with tempfile.TemporaryFile(dir=folder) as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield process, _port(process, log)
        finally:
            process.terminate()


def _port(process: subprocess.Popen[bytes], log: Any) -> int:
    while process.poll() is None:
        written = log.seek(0) or log.read()
        if found := re.search(rb"at http://127\.0\.0\.1:(\d+);", written):
            return int(found.group(1))
        time.sleep(0.005)
    raise SystemExit(f"the server ended: {(log.seek(0) or log.read()).decode()}")


if __name__ == "__main__":
    main()
