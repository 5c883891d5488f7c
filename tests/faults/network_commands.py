"""A process that runs one command after the other, and prints how each ended and what it had connected to.

``python network_commands.py`` reads a list of commands as JSON, each a list of arguments; it prints a list of their
exit statuses, and how often the kernel was asked for a way to another machine, also by code that is not Python's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deepcuts.cli.main import main

SNMP = Path("/proc/net/snmp")  # of the network namespace of this process


def n_asked() -> int:
    """Connects begun, datagrams sent, and packets for which there was no way; of IPv4, which names are looked up by."""
    if not SNMP.exists():
        return 0
    lines = SNMP.read_text(encoding="ascii").splitlines()
    counts: dict[str, int] = {}
    for names, numbers in zip(lines[::2], lines[1::2], strict=True):
        (kind, *fields), (_, *values) = names.split(), numbers.split()
        counts.update({f"{kind}{field}": int(value) for field, value in zip(fields, values, strict=True)})
    return sum(counts[name] for name in ("Tcp:ActiveOpens", "Udp:OutDatagrams", "Ip:OutNoRoutes"))


def status_of(arguments: list[str]) -> int | str | None:
    try:
        main(arguments)
    except SystemExit as error:
        return error.code
    return 0


if __name__ == "__main__":
    before = n_asked()
    statuses = [status_of(arguments) for arguments in json.load(sys.stdin)]
    print("\n" + json.dumps({"statuses": statuses, "n_asked": n_asked() - before}))
