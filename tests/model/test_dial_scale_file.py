"""The scale of the dial in files: of users that were folded in, whose file does not have the measured users."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import deepcuts as dc
from deepcuts import storage
from deepcuts.errors import FileFormatError
from deepcuts.model.dial_scale_file import scale_from_stored


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=8, n_personas=2).fit(
        dc.generate_world(n_users=60, n_items=300, seed=0).plays, seed=0
    )


def test_a_visitor_from_a_file_has_the_dial_of_the_model(model: dc.PersonaModel, tmp_path: Path) -> None:
    visitor = model.fold_in({model.item_ids.values[0].as_py(): 3.0})
    visitor.save(tmp_path / "visitor.safetensors")
    loaded = dc.load(tmp_path / "visitor.safetensors")
    assert loaded.dial_scale.sample is None
    for rarity in (-0.7, 0.4, 1.0):
        for settings in ({}, {"dial": "shift", "mix": "max"}, {"frequency": "plays"}):
            assert loaded.recommend(k=9, rarity=rarity, **settings).equals(
                visitor.recommend(k=9, rarity=rarity, **settings)
            )


def test_a_model_of_its_own_users_is_measured_again(model: dc.PersonaModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.safetensors")
    loaded = dc.load(tmp_path / "model.safetensors")
    assert loaded.dial_scale is None
    assert loaded.recommend(k=9, rarity=0.6).equals(model.recommend(k=9, rarity=0.6))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "its dial_scale is no object with names such as 'norm/share/listeners/[+]'"),
        ({"loud/share/listeners/+": [1, 2]}, "its dial_scale is no object"),
        ({"norm/share/listeners/+": [1]}, "its dial_scale.norm/share/listeners/[+] is no list of 2 to 18 numbers"),
        ({"norm/share/listeners/+": [1, "x"]}, "is 'x', not a finite number"),
        ({"norm/share/listeners/+": [1, 99]}, "is 99.0, outside -64 to 64"),
    ],
)
def test_a_forged_scale_is_refused(found: object, message: str, tmp_path: Path) -> None:
    storage.write(tmp_path / "m", "model", {"any": np.zeros(1)}, {}, {"dial_scale": found})
    with pytest.raises(FileFormatError, match=message):
        scale_from_stored(storage.read(tmp_path / "m", "model"))
