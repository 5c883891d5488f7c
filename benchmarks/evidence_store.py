"""Results of the evidence, one JSON file for every data set, system and seed, so that a run can be continued."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.comparison import Run
from deepcuts.evaluation import Evaluation
from deepcuts.storage import replacing

DIGITS = 5  # of kept figures


def path_of(folder: Path, *parts: object) -> Path:
    """File of a result; names become what any file system takes."""
    return folder.joinpath(*(re.sub(r"\W+", "-", str(part)).strip("-") for part in parts)).with_suffix(".json")


def keep(path: Path, result: dict[str, Any]) -> None:
    """Write a result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, force=True) as temporary:
        temporary.write_text(json.dumps(result) + "\n", encoding="utf-8")


def kept(path: Path) -> dict[str, Any] | None:
    """Read a result; None where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def results(folder: Path) -> Iterator[dict[str, Any]]:
    """Read all results of a folder."""
    for path in sorted(folder.rglob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def to_json(evaluation: Evaluation, *, users: bool) -> dict[str, Any]:
    """Figures of lists, and if asked for, those of every user."""
    found: dict[str, Any] = {name: round(float(value), DIGITS) for name, value in evaluation.figures.items()}
    if users:
        columns = evaluation.per_user.column_names[1:]
        values = {name: np.round(evaluation.per_user[name].to_numpy(), DIGITS).tolist() for name in columns}
        found["users"] = {"user_id": evaluation.per_user["user_id"].to_pylist(), **values}
    return found


def to_run(system: str, seed: int, figures: dict[str, Any]) -> Run:
    """Take kept figures of users as a run of the comparison room."""
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in figures["users"].items()})
    means = {name: figures[name] for name in table.column_names[1:]}
    return Run(system, seed, Evaluation(MappingProxyType(means), len(table), 0, table), {})
