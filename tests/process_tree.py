"""Processes that a process has begun, as Linux tells them; they may end while they are looked for."""

from __future__ import annotations

import os
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Processes that a process has begun, and those that these have, without itself."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        if fields := text(status).rpartition(")")[2].split():  # behind the name, which is in brackets
            parents[int(status.parent.name)] = int(fields[1])
    found = [pid]
    for parent in found:
        found += [child for child, own in parents.items() if own == parent]
    return found[1:]


def text(path: Path) -> str:
    """Read a file of /proc; nothing where its process or thread has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""


def sockets(pid: int) -> set[str]:
    """Inodes of the sockets that a process holds."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = os.readlink(link)
        except OSError:  # it was closed meanwhile
            continue
        if target.startswith("socket:["):
            found.add(target[len("socket:[") : -1])
    return found
