"""Compile the kernels that the service needs, into the folder that NUMBA_CACHE_DIR names."""

import tempfile
from pathlib import Path

import deepcuts as dc
from deepcuts.web.server.store import ModelStore
from deepcuts.web.service.warming import prepare

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.safetensors"
    world = dc.generate_world(n_users=100, n_items=200, items_per_user=15)
    dc.PersonaNMF(n_factors=16, n_personas=3, base_epochs=2).fit(world.plays).save(path)
    prepare(ModelStore(path).current)
