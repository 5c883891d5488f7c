"""Archives of public data sets; the first byte says by what ending, and which file is wanted of it."""

from __future__ import annotations

from pathlib import Path

from deepcuts.datasets.archives import Member, unpack

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".gz", ".bz2", ".xz", ".tar.bz2", "")
WANTED = {"plays.tsv": Member(1 << 20), "set": Member(1 << 16, needed=False), "a.txt": Member(100, needed=False)}


def feed(data: bytes, folder: Path) -> None:
    way, content = data[0] if data else 0, data[1:]
    archive, into = folder / f"set{ENDINGS[(way & 127) % len(ENDINGS)]}", folder / "unpacked"
    into.mkdir(exist_ok=True)
    archive.write_bytes(content)
    wanted = WANTED if way & 128 else {name: Member(1 << 20, needed=False) for name in WANTED}
    try:
        unpack(archive, wanted, into)
    finally:
        assert {path.name for path in into.iterdir()} <= set(WANTED)
        assert {path.name for path in folder.iterdir()} <= {archive.name, into.name, "plays.csv"}
        for path in (*into.iterdir(), archive):
            path.unlink()
