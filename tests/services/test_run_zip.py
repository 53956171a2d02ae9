"""A run as a zip: it loads again elsewhere, and nothing but a run comes in."""

import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from collab.errors import RunError
from collab.models import DotBiasSettings
from collab.services import run_zip
from collab.services.environment import Environment
from collab.services.run_zip import export_zip, import_zip
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, plan


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def store(home):
    return RunStore(home)


@pytest.fixture(scope="module")
def record(store, home):
    planned = plan("dot-bias", DotBiasSettings(batch_size=512, epochs=1, n_factors=4), "sample", "random:0.2", 0)
    return carry_out(
        store.create(dataclasses.replace(planned, starter="me")), store, Environment((), home, "sqlite://")
    )


@pytest.fixture
def elsewhere(tmp_path):
    return RunStore(tmp_path)


def zip_of(files, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return out.getvalue()


def nothing_left(store):
    return not list(store.folder.iterdir())


def test_loads_again_elsewhere(store, record, elsewhere):
    packed = export_zip(store, record.id)
    assert packed == export_zip(store, record.id)  # the same run gives the same file
    assert b'"me"' not in zipfile.ZipFile(io.BytesIO(packed)).read("run.json")  # who started it stays here
    found = import_zip(elsewhere, packed)
    assert found == elsewhere.record(record.id) == dataclasses.replace(
        record, starter="", owner="", environment={name: str(value) for name, value in record.environment.items()}
    )  # fmt: skip
    here, there = store.load(record.id), elsewhere.load(record.id)
    assert here.items.equals(there.items) and here.users.equals(there.users)
    users, items = np.arange(10), np.arange(10)
    assert np.array_equal(here.model.predict(users, items), there.model.predict(users, items))
    assert store.progress(record.id).batches.equals(elsewhere.progress(record.id).batches)


def test_taken_id_gets_a_new_one(store, record, elsewhere):
    packed = export_zip(store, record.id)
    first, second = import_zip(elsewhere, packed), import_zip(elsewhere, packed)
    assert first.id == record.id != second.id and {each.id for each in elsewhere.records()} == {first.id, second.id}
    elsewhere.delete(first.id)
    assert import_zip(elsewhere, packed).id not in (first.id, second.id)  # undo must not find its place taken
    assert elsewhere.restore(first.id).id == first.id


def test_run_without_weights_comes_along_too(store, home, elsewhere):
    failed = carry_out(
        store.create(plan("dot-bias", DotBiasSettings(), "ml-100k", "random:0.2", 0)),
        store,
        Environment((), home, "sqlite://"),
    )
    assert failed.state == "failed" and import_zip(elsewhere, export_zip(store, failed.id)).state == "failed"


def test_rows_of_a_file_come_along_and_no_path(store, home, elsewhere, tmp_path):
    rows = tmp_path / "rows.txt"
    rows.write_text("5\n3\n")
    settings = DotBiasSettings(batch_size=512, epochs=1, n_factors=4)
    record = carry_out(
        store.create(plan("dot-bias", settings, "sample", f"rows:{rows}", 0)), store, Environment((), home, "sqlite://")
    )
    packed = export_zip(store, record.id)
    assert str(tmp_path).encode() not in zipfile.ZipFile(io.BytesIO(packed)).read("run.json")
    found = import_zip(elsewhere, packed)
    assert found.holdout == "rows:valid_rows.csv" and elsewhere.valid_rows(found.id).tolist() == [5, 3]
    files = store.files_of(record.id) | {"run.json": dataclasses.replace(found, holdout="rows:/etc/passwd").to_json()}
    assert import_zip(elsewhere, zip_of(files)).holdout == "rows:valid_rows.csv"
    with pytest.raises(RunError, match=r"valid_rows\.csv is damaged"):
        import_zip(elsewhere, zip_of(files | {"valid_rows.csv": b"1\nroot\n"}))


def test_every_cut_of_the_file_is_refused(store, record, elsewhere):
    packed = export_zip(store, record.id)
    for length in (0, 1, 100, len(packed) // 2, len(packed) - 1):
        with pytest.raises(RunError):
            import_zip(elsewhere, packed[:length])
    broken = bytearray(packed)
    broken[200:260] = bytes(60)
    with pytest.raises(RunError):
        import_zip(elsewhere, bytes(broken))
    assert nothing_left(elsewhere)


@pytest.mark.parametrize("name", ["../run.json", "/etc/passwd", "a/run.json", "..\\run.json", "other.csv", "trash/"])
def test_only_a_runs_files_come_in(store, record, elsewhere, name):
    with pytest.raises(RunError, match=r"no file of a run|is no run"):
        import_zip(elsewhere, zip_of([*store.files_of(record.id).items(), (name, b"x")]))
    assert nothing_left(elsewhere)


def changed(**entries):
    return lambda values: values | entries


@pytest.mark.parametrize(
    "change",
    [
        changed(id="../../ab"),
        changed(id="xyz"),
        changed(id=5),
        changed(state="running"),
        changed(state="gone"),
        changed(format=2),
        changed(colour="red"),
        changed(model="other"),
        changed(data="other"),
        changed(name=""),
        changed(name=["x"]),
        changed(created="yesterday"),
        changed(created="2026-01-01T00:00:00"),
        changed(group="../x"),
        changed(holdout="rows"),
        changed(holdout="random:![x](http://x)"),
        changed(valid={"rmse": 1.0}),
        changed(valid={"mse": "1"}),
        changed(valid={"mse": float("nan")}),
        changed(baselines={}),
        changed(rating_scale={"low": 1.0, "high": 5.0, "step": 1e-9}),
        changed(rating_scale={"low": 1.0, "high": 5.0, "step": 0}),
        changed(layers=[{"name": "x"}]),
        changed(layers=[5]),
        changed(n_valid="many"),
        changed(seconds=True),
        changed(settings={"n_factors": 4096}),
        changed(settings={"n_factors": 4, "unknown": 1}),
        lambda values: [values],
        lambda values: {},
    ],
)
def test_record_that_cannot_be_is_refused(store, record, elsewhere, change):
    files = store.files_of(record.id)
    files["run.json"] = json.dumps(change(json.loads(files["run.json"]))).encode()
    with pytest.raises(RunError, match=r"run\.json"):
        import_zip(elsewhere, zip_of(files))
    assert nothing_left(elsewhere)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("history.csv", b"a\nx,y\n"),
        ("history.csv", b"a\n1,2\n"),
        ("batches.csv", b"\xff\xfe\n\n"),
        ("items.csv", b"a,b\n1,2\n"),
        ("users.csv", b""),
        ("users.csv", b"user_id,n_ratings,mean_rating,damped_mean\n"),
        ("users.csv", b"user_id,n_ratings,mean_rating,damped_mean\n1,many,1,1\n"),
        ("weights.safetensors", b"\x00\x01"),
        ("weights.safetensors", safetensors.numpy.save({"table": np.zeros((3, 3), np.float32)})),
        ("weights.safetensors", safetensors.numpy.save({"item_factors": np.zeros((1, 4), np.float32)})),
    ],
)
def test_damaged_file_is_named(store, record, elsewhere, file, content):
    with pytest.raises(RunError, match=file):
        import_zip(elsewhere, zip_of(store.files_of(record.id) | {file: content}))
    assert nothing_left(elsewhere)


@pytest.mark.parametrize("file", ["run.json", "items.csv", "users.csv", "weights.safetensors"])
def test_missing_file_is_named(store, record, elsewhere, file):
    files = store.files_of(record.id)
    del files[file]
    with pytest.raises(RunError, match=file):
        import_zip(elsewhere, zip_of(files))


def test_bomb_is_not_unpacked(store, record, elsewhere, monkeypatch):
    files = store.files_of(record.id) | {"history.csv": b"0" * 2_000_000}
    with pytest.raises(RunError, match="larger than"):
        import_zip(elsewhere, zip_of(files))
    monkeypatch.setattr(run_zip, "LARGEST_ALL", 1000)
    with pytest.raises(RunError, match="larger than"):
        import_zip(elsewhere, export_zip(store, record.id))


def test_other_packings_are_refused(store, record, elsewhere):
    with pytest.raises(RunError, match="unknown way"):
        import_zip(elsewhere, zip_of(store.files_of(record.id), zipfile.ZIP_LZMA))


def test_what_markdown_would_take_for_a_command_does_not_come_in(store, record, elsewhere):
    files = store.files_of(record.id)
    values = json.loads(files["run.json"]) | {"message": "![x](http://x/y.png)<b>", "data_title": "<i>"}
    values["environment"]["torch"] = "[x](y)"
    found = import_zip(elsewhere, zip_of(files | {"run.json": json.dumps(values).encode()}))
    assert not set("[]<>!/") & set(found.message + found.environment["torch"]) and found.data_title == record.data_title
