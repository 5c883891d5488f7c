"""A model file that is replaced is taken over: no request is lost, and none gets a mixture of two models."""

from __future__ import annotations

import gc
import logging
import os
import tempfile
import threading
import time
import weakref
from pathlib import Path

import httpx
import pytest

import asking
from deepcuts import storage
from deepcuts.errors import FileFormatError
from deepcuts.web.application import create_app
from deepcuts.web.problems import ProblemError
from deepcuts.web.server.metrics import SHARED_FOLDER
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.server.store import ModelStore
from serving_help import served, small_model
from waiting import wait_until


@pytest.fixture(scope="module")
def models():
    return [small_model(seed) for seed in (0, 1)]


@pytest.fixture
def path(tmp_path, models) -> Path:
    path = tmp_path / "model.safetensors"
    models[0].save(path)
    return path


def version_of(path: Path) -> str:
    return storage.describe(path).checksum[:12]


def test_a_replaced_file_is_taken_over(path, models):
    prepared, outcomes = [], []
    store = ModelStore(path, prepare=prepared.append, on_reload=outcomes.append)
    before = store.current
    assert not store.refresh()
    models[1].save(path, force=True)
    assert store.refresh()
    assert store.version == version_of(path) != before.version
    assert store.current in prepared
    assert outcomes == [True]
    assert not store.refresh()


def test_the_old_model_goes_with_its_last_request(path, models):
    store = ModelStore(path)
    gone = weakref.ref(store.model)
    models[1].save(path, force=True)
    gc.disable()  # the old model must not depend on it to be freed
    try:
        store.refresh()
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("damage", ["truncated", "foreign", "missing"])
def test_a_file_that_cannot_be_used_is_not_taken_over(path, models, caplog, damage):
    outcomes: list[bool] = []
    store = ModelStore(path, on_reload=outcomes.append)
    served_before = store.current
    if damage == "missing":
        path.unlink()
    else:
        content = path.read_bytes()[:-9] if damage == "truncated" else b"{}" * 40
        aside = path.with_name("aside")
        aside.write_bytes(content)
        aside.rename(path)
    with caplog.at_level(logging.ERROR, "deepcuts"):
        assert not store.refresh()
        assert not store.refresh()
    assert store.current is served_before
    assert outcomes == ([] if damage == "missing" else [False])  # tried once, not at every look
    assert len(caplog.records) == len(outcomes)
    models[1].save(path, force=True)
    assert store.refresh()
    assert store.version == version_of(path)


def test_a_file_that_stays_away_is_told_once_each_time(path, models, caplog):
    store = ModelStore(path)
    aside = path.rename(path.with_name("aside"))
    with caplog.at_level(logging.WARNING, "deepcuts"):
        for _ in range(2):
            store.refresh()
        assert not caplog.records  # it may be about to be replaced
        for _ in range(4):
            store.refresh()
        assert [record.getMessage() for record in caplog.records] == [
            f"there is no file {path} any more; version {store.version} keeps serving until the end"
        ]
        aside.rename(path)
        store.refresh()
        path.unlink()
        for _ in range(4):
            store.refresh()
        assert len(caplog.records) == 2


def test_a_model_that_cannot_be_prepared_is_not_taken_over(path, models):
    def refuse(loaded: object) -> None:
        raise RuntimeError("no")

    store = ModelStore(path, prepare=refuse)
    before = store.version
    models[1].save(path, force=True)
    assert not store.refresh()
    assert store.version == before


def test_a_file_that_cannot_be_used_to_begin_with(tmp_path):
    with pytest.raises(FileFormatError, match="There is no file"):
        ModelStore(tmp_path / "nothing")


def test_no_request_is_lost_while_models_are_swapped(path, models):
    expected = {}
    user = models[0].user_ids.values[3].as_py()
    for model in models:
        model.save(path, force=True)
        expected[version_of(path)] = model.recommend(user, k=5)["item_id"].to_pylist()
    responses: list[httpx.Response] = []
    ending = threading.Event()

    def ask_on(address: str) -> None:
        with asking.Client(base_url=address) as client:
            while not ending.is_set():
                responses.append(client.post("/recommend", json={"user": user, "k": 5}))

    with served(path) as address:
        askers = [threading.Thread(target=ask_on, args=(address,)) for _ in range(3)]
        for asker in askers:
            asker.start()
        for save in range(4):
            models[save % 2].save(path, force=True)
            wait_until(lambda: asking.get(f"{address}/readyz").json()["model"] == version_of(path))
        ending.set()
        for asker in askers:
            asker.join()
        metrics = asking.get(f"{address}/metrics").text
    assert {response.status_code for response in responses} == {200}
    bodies = [response.json() for response in responses]
    assert {body["model"] for body in bodies} == set(expected)
    for body in bodies:
        assert [row["item_id"] for row in body["items"]] == expected[body["model"]]
    assert 'deepcuts_model_reloads_total{outcome="served"} 4.0' in metrics


@pytest.fixture
def large(path, monkeypatch) -> Path:
    """A file that counts as a large one."""
    monkeypatch.setattr("deepcuts.storage.container.VERIFIED_BYTES", 100)
    return path


@pytest.fixture
def uncopied(large, tmp_path, monkeypatch) -> Path:
    """One that cannot be copied."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    return large


@pytest.mark.parametrize("workers_share", [False, True])
def test_what_happens_to_a_large_file_does_not_reach_what_is_served(
    large, models, tmp_path, monkeypatch, workers_share
):
    """Copied over, truncated, deleted, replaced: requests get the lists of the model that was loaded."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    if workers_share:
        monkeypatch.setenv(SHARED_FOLDER, str(tmp_path / "temporary"))
    store = ModelStore(large)
    assert store.current.mapped is None
    lists, version = models[0].recommend(k=5), store.version
    models[1].save(tmp_path / "aside.safetensors")
    content = (tmp_path / "aside.safetensors").read_bytes()
    for change in (
        lambda: large.write_bytes(content[:9_000]),
        lambda: os.truncate(large, 5_000),
        lambda: os.truncate(large, 0),
        large.unlink,
    ):
        change()
        for _ in range(3):
            assert not store.refresh()
            assert store.current.version == version
            assert store.model.recommend(k=5).equals(lists)
    large.write_bytes(content)
    assert store.refresh() or store.refresh()
    assert store.model.recommend(k=5).equals(models[1].recommend(k=5))
    names = [name for name in os.listdir(tmp_path / "temporary") if not name.endswith(".lock")]
    assert len(names) == workers_share  # without other workers, the copy has no name any more


def test_workers_map_one_copy(large, tmp_path, monkeypatch):
    monkeypatch.setenv(SHARED_FOLDER, str(tmp_path))
    first, second = ModelStore(large), ModelStore(large)
    (copy,) = tmp_path.glob("model-*")
    assert os.stat(copy).st_nlink == 1
    mapped = Path("/proc/self/maps").read_text().count(str(copy)) if Path("/proc/self/maps").exists() else 2
    assert mapped == 2
    assert first.version == second.version


def test_messages_name_the_file_and_not_its_copy(large, caplog):
    large.write_bytes(large.read_bytes()[:-300])
    with pytest.raises(FileFormatError, match=r"model\.safetensors") as refused:
        ModelStore(large)
    assert ".deepcuts-" not in str(refused.value)


@pytest.mark.parametrize("size", [0, 5_000])
def test_a_mapped_file_that_is_truncated_ends_no_process(uncopied, path, models, caplog, size):
    aside = path.with_name("aside.safetensors")
    models[1].save(aside)
    with served(path) as address:
        await_status(f"{address}/readyz", 200)
        os.truncate(path, size)
        for _ in range(10):
            response = asking.get(f"{address}/readyz")
            assert response.status_code == 503
            assert response.json()["type"] == "urn:deepcuts:problem:model-lost"
            time.sleep(0.02)
        assert asking.get(f"{address}/healthz").status_code == 200
        aside.rename(path)
        await_status(f"{address}/readyz", 200)
        assert asking.get(f"{address}/readyz").json()["model"] == version_of(path)


def test_a_mapped_file_is_made_searchable_and_ready_for_strangers_before_it_is_served(uncopied, path, caplog):
    """What is computed later than that would touch the file while somebody may write into it."""
    store, found = ModelStore(path), []

    def look(record: logging.LogRecord) -> bool:
        if record.getMessage().startswith("ready"):
            found.append({"stranger", "matcher"} & {*vars(store.model), *vars(store.current)})
        return True

    logger = logging.getLogger("deepcuts.web.application")
    logger.addFilter(look)
    try:
        with caplog.at_level(logging.INFO), served(path, app=create_app(store, ServiceSettings(port=0, rate=0))):
            pass
    finally:
        logger.removeFilter(look)
    assert found == [{"stranger", "matcher"}]


def test_a_mapped_file_that_is_truncated_stays_lost_where_a_damaged_one_takes_its_path(uncopied, path, models):
    store = ModelStore(path)
    assert store.current.mapped is not None
    os.truncate(path, 5_000)
    aside = path.with_name("aside.safetensors")
    aside.write_bytes(b"no model")
    aside.rename(path)
    with pytest.raises(ProblemError, match="model-lost"):
        store.current  # noqa: B018
    assert not store.refresh()
    with pytest.raises(ProblemError, match="model-lost"):
        store.current  # noqa: B018
    models[1].save(path, force=True)
    assert store.refresh()
    assert store.current.version == version_of(path)


def test_a_mapped_file_whose_path_is_taken_by_a_damaged_one_is_served_on(uncopied, path):
    store = ModelStore(path)
    version = store.version
    aside = path.with_name("aside.safetensors")
    aside.write_bytes(b"no model")
    aside.rename(path)
    assert not store.refresh()
    assert store.current.version == version


def test_a_small_file_that_is_truncated_is_served_on(path):
    store = ModelStore(path)
    os.truncate(path, 100)
    for _ in range(3):
        assert not store.refresh()
    assert store.model.recommend(k=3).num_rows == 3 * len(store.model.user_ids)


def test_a_file_that_is_copied_over_is_taken_over_once_it_is_whole(uncopied, path, models):
    store = ModelStore(path)
    models[1].save(path.with_name("aside.safetensors"))
    content = path.with_name("aside.safetensors").read_bytes()
    for part in (content[:9_000], content):
        path.write_bytes(part)
        os.utime(path, ns=(0, len(part)))
        with pytest.raises(ProblemError):
            assert store.current
        assert not store.refresh()
    assert store.refresh()
    assert store.version == version_of(path)


def await_status(url: str, status: int) -> None:
    wait_until(lambda: asking.get(url).status_code == status)
