"""Processes that a process has begun, as Linux tells them; they may end while they are looked for."""

from __future__ import annotations

import os
import resource
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


def seconds_of(stat: Path) -> float:
    """Seconds of a processor that a process or thread has taken, by its file of /proc; none where that is gone."""
    fields = text(stat).rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def seconds_with_children(session: int | None = None) -> float:
    """Seconds that processors have spent on children of this process that have ended, and on a session that runs."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = ended.ru_utime + ended.ru_stime
    for stat in Path("/proc").glob("[0-9]*/stat") if session else ():
        fields = text(stat).rpartition(")")[2].split()
        if fields and int(fields[3]) == session:
            seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # with those of its own children
    return seconds
