"""`deepcuts warmup` compiles what first use and the service need, and says where it is kept, or that it cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import import_paths

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")

FIRST_USE = """
import sys, tempfile
from pathlib import Path
import deepcuts as dc
from deepcuts.warm_up import warm_up

def compiled():
    modules = [module for name, module in sys.modules.items() if name.startswith("deepcuts.kernels.")]
    kernels = [value for module in modules for value in vars(module).values() if hasattr(value, "overloads")]
    return {(kernel.py_func.__qualname__, signature) for kernel in kernels for signature in kernel.overloads}

warm_up()
before = compiled()
world = dc.generate_world(150, 500, seed=3)
train, holdout = dc.split_holdout(world.plays, fraction=0.2, seed=1)
model = dc.PersonaNMF().fit(train)
dc.evaluate(model.recommend(k=100, rarity=0.5), train, holdout)
with tempfile.TemporaryDirectory() as folder:
    model.save(path := Path(folder) / "model.safetensors")
    model = dc.load(path)
model.recommend([model.user_ids[0]], mix="max", dial="shift", rarity=-0.5)
visitor = model.fold_in({model.item_ids[3]: 4, model.item_ids[5]: 1})
visitor.recommend(rarity=0.3)
visitor.explain(visitor.user_ids[0], model.item_ids[7])
model.similar_items(model.item_ids[0])
try:
    from deepcuts.web.server.store import ModelStore
    from deepcuts.web.service.warming import prepare
except ImportError:
    pass
else:
    with tempfile.TemporaryDirectory() as folder:
        model.save(path := Path(folder) / "model.safetensors")
        prepare(ModelStore(path).current)
print(len(before), sorted(compiled() - before))
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": import_paths(), **environment},
    )


@pytest.mark.slow
def test_first_use_and_the_service_compile_nothing_more():
    done = run("-c", FIRST_USE)
    assert done.returncode == 0, done.stderr
    n_compiled, others = done.stdout.split(maxsplit=1)
    assert others.strip() == "[]"
    assert int(n_compiled) > 15  # those that others call are compiled with them


@pytest.mark.slow
def test_it_says_where_the_kernels_are_kept():
    done = run("-m", "deepcuts", "warmup", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(list(Path(told["folder"]).glob("*.nbc"))) == told["n_kernels"] > 40
    assert "Compiling kernels: 8 of 8, new plays" in done.stderr


def test_where_nothing_can_be_kept_it_compiles_nothing_and_fails(tmp_path):
    (tmp_path / "file").touch()
    done = run("-m", "deepcuts", "warmup", NUMBA_CACHE_DIR=str(tmp_path / "file" / "kernels"))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.replace("\n  ", " ").splitlines()
    assert line.startswith(
        "Error: Kernels cannot be kept where the next run looks first: NUMBA_CACHE_DIR cannot be used ("
    )
    assert "Set NUMBA_CACHE_DIR to a folder that only you can write to" in line
