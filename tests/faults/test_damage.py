"""No damage to a small file goes unnoticed: bits that flip, ends that are cut off, stretches that are overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.errors import FileFormatError
from deepcuts.storage.container import VERIFIED_BYTES
from faults.table import add_row

IS_LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
N_TRIED = 12_000 if IS_LONG else 400

Damage = Callable[[np.random.Generator, bytes], bytes]


def flip_a_bit(rng: np.random.Generator, content: bytes) -> bytes:
    return flipped(rng, content, 1)


def flip_many_bits(rng: np.random.Generator, content: bytes) -> bytes:
    return flipped(rng, content, int(rng.integers(2, 200)))


def flipped(rng: np.random.Generator, content: bytes, n: int) -> bytes:
    changed = bytearray(content)
    for at in rng.integers(len(content), size=n):
        changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def cut_the_end(rng: np.random.Generator, content: bytes) -> bytes:
    return content[: rng.integers(len(content))]


def cut_the_beginning(rng: np.random.Generator, content: bytes) -> bytes:
    return content[rng.integers(1, len(content)) :]


def cut_the_middle(rng: np.random.Generator, content: bytes) -> bytes:
    start, end = stretch(rng, content)
    return content[:start] + content[end:]


def overwrite_with_zeros(rng: np.random.Generator, content: bytes) -> bytes:
    start, end = stretch(rng, content)
    return content[:start] + bytes(end - start) + content[end:]


def overwrite_with_noise(rng: np.random.Generator, content: bytes) -> bytes:
    start, end = stretch(rng, content)
    return content[:start] + rng.bytes(end - start) + content[end:]


def overwrite_with_another_part(rng: np.random.Generator, content: bytes) -> bytes:
    start, end = stretch(rng, content)
    source = int(rng.integers(len(content) - (end - start) + 1))
    return content[:start] + content[source : source + end - start] + content[end:]


def insert_noise(rng: np.random.Generator, content: bytes) -> bytes:
    at = int(rng.integers(len(content) + 1))
    return content[:at] + rng.bytes(int(rng.integers(1, 100))) + content[at:]


def stretch(rng: np.random.Generator, content: bytes) -> tuple[int, int]:
    start = int(rng.integers(len(content)))
    return start, min(start + int(rng.integers(1, 2_000)), len(content))


KINDS: tuple[Damage, ...] = (
    flip_a_bit,
    flip_many_bits,
    cut_the_end,
    cut_the_beginning,
    cut_the_middle,
    overwrite_with_zeros,
    overwrite_with_noise,
    overwrite_with_another_part,
    insert_noise,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("good")
    plays = dc.generate_world(n_users=30, n_items=60, items_per_user=8, n_scenes=3, n_personas=2, seed=2).plays
    plays.save(folder / "plays.safetensors")
    dc.PersonaNMF(n_factors=4, n_personas=2, base_epochs=2).fit(plays).save(folder / "model.safetensors")
    return {name: folder / f"{name}.safetensors" for name in ("plays", "model")}


def damaged(files: dict[str, Path], n: int) -> Iterator[tuple[str, str, bytes]]:
    """Name of the file, what was done to it, and what it has become, `n` in all."""
    rng = np.random.default_rng(0)
    contents = {name: path.read_bytes() for name, path in files.items()}
    n_made = 0
    while n_made < n:
        for name, content in contents.items():
            for damage in KINDS:
                changed = damage(rng, content)
                if changed != content and n_made < n:
                    n_made += 1
                    yield name, damage.__name__, changed


def test_damage_is_refused(files, tmp_path):
    path = tmp_path / "damaged.safetensors"
    accepted = []
    for name, what, content in damaged(files, N_TRIED):
        assert len(content) < VERIFIED_BYTES
        path.write_bytes(content)
        try:
            (dc.load if name == "model" else dc.Interactions.load)(path)
        except FileFormatError as error:
            if str(path) not in str(error):
                accepted.append(f"{name}: {what}: the message does not name the file: {error}")
        except Exception as error:
            accepted.append(f"{name}: {what}: {type(error).__name__}: {error}")
        else:
            accepted.append(f"{name}: {what}: accepted")
    add_row("damage", "flips, cuts, overwrites of files below 64 MiB", N_TRIED, len(accepted))
    assert not accepted, "\n".join(accepted)
