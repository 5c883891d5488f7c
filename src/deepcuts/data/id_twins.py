"""Ids that differ in surrounding blanks only: whoever wrote them nearly always meant one."""

from __future__ import annotations

import logging

import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.data.ids import Ids
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())


def twins_among(ids: Ids) -> pa.Table:
    """Ids that differ in surrounding blanks only, in order: a row (id_min, id_max) for those that are alike."""
    bare = pc.utf8_trim(ids.values, BLANKS)
    if bare.equals(ids.values):
        return pa.table({"id_min": pa.array([], pa.string()), "id_max": pa.array([], pa.string())})
    alike = pa.table({"id": ids.values, "bare": bare}).group_by("bare").aggregate([("id", "min"), ("id", "max")])
    return alike.filter(pc.field("id_min") != pc.field("id_max")).sort_by("id_min").select(["id_min", "id_max"])


def warn_of_twins(known: Ids, joining: Ids) -> None:
    """Warn of ids that join known ones and differ from some of them in surrounding blanks only."""
    new = joining.values.filter(pc.invert(pc.is_in(joining.values, known.values)))
    bare_known, bare_new = pc.utf8_trim(known.values, BLANKS), pc.utf8_trim(new, BLANKS)
    if bare_known.equals(known.values) and bare_new.equals(new):
        return
    alike = new.filter(pc.is_in(bare_new, bare_known))
    if len(alike):
        logger.warning(
            "%s that %s, such as %r, %s from known ones in surrounding blanks only. Read the new plays with trim=True "
            "(deepcuts ingest --trim) if they are the same.",
            counted(len(alike), f"{known.kind}"),
            "joins" if len(alike) == 1 else "join",
            alike[0].as_py(),
            "differs" if len(alike) == 1 else "differ",
        )
