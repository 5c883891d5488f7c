"""Print how many Java processes a session of Spark has, and the addresses, in hexadecimals, on which they listen.

Usage: python -m baselines.listening [MASTER]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from deepcuts.baselines.spark_als import LOCAL, prepare, spark_session
from process_tree import descendants, sockets, text

LISTENS = "0A"  # a state of sockets, in hexadecimals


def main() -> None:
    """Begin a session, with a master if one is given, run a job and look at what listens."""
    if masters := sys.argv[1:]:
        prepare()
        SparkSession.builder.master(*masters).config(map=LOCAL).getOrCreate()
    with spark_session() as session:
        assert session.conf.get("spark.ui.enabled") == "false"
        session.range(4).mapInArrow(lambda rows: rows, "id long").toArrow()
        java = [pid for pid in descendants(os.getpid()) if text(Path(f"/proc/{pid}/comm")).strip() == "java"]
        own = set().union(*map(sockets, java))
        rows = [row.split() for name in ("tcp", "tcp6") for row in text(Path("/proc/net", name)).splitlines()[1:]]
        print(len(java), *(row[1].partition(":")[0] for row in rows if row[3] == LISTENS and row[9] in own))


if __name__ == "__main__":
    main()
