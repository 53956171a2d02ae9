"""A run as a zip: it loads again elsewhere, and nothing but a run comes in."""

import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from collab.errors import RunError
from collab.models import MODELS, preset_of
from collab.models.dot import DotBiasSettings
from collab.services import run_zip
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_record import FileMark, signed
from collab.services.run_zip import export_zip, import_zip
from collab.services.runs import RunStore
from collab.services.training_job import carry_out


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


@pytest.fixture
def bring(elsewhere, tmp_path):
    """A function that imports the zip with these bytes elsewhere."""

    def bring(packed):
        file = tmp_path / "run.zip"
        file.write_bytes(packed)
        return import_zip(elsewhere, file)

    return bring


def contents(store, record):
    return {name: file.read_bytes() for name, file in store.files_of(record.id).items()}


def forged(files, change=lambda values: values):
    """`files` as somebody would send them who knows how a record is signed, its entries changed."""
    values = json.loads(files["run.json"])
    del values["digest"]
    marks = {name: dataclasses.asdict(FileMark.of(content)) for name, content in files.items() if name != "run.json"}
    return files | {"run.json": signed(change(values | {"files": marks}))}


def nothing_left(store):
    return [each.name for each in store.folder.iterdir()] == ["trash"] and not list(store.owners.iterdir())


def test_loads_again_elsewhere(store, record, elsewhere, bring):
    packed = export_zip(store, record.id)
    assert packed == export_zip(store, record.id)  # the same run gives the same file
    assert b'"me"' not in zipfile.ZipFile(io.BytesIO(packed)).read("run.json")  # who started it stays here
    found = bring(packed)
    assert found == elsewhere.record(record.id)
    assert found == dataclasses.replace(record, starter="", owner="", arrived=found.arrived)
    here, there = store.load(record.id), elsewhere.load(record.id)
    assert here.items.equals(there.items) and here.users.equals(there.users)
    users, items = np.arange(10), np.arange(10)
    assert np.array_equal(here.model.predict(users, items), there.model.predict(users, items))
    assert store.progress(record.id).batches.equals(elsewhere.progress(record.id).batches)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_comes_along(model, store, home, bring, elsewhere):
    settings = preset_of(model, "fast")
    if hasattr(settings, "epochs"):
        settings = dataclasses.replace(settings, epochs=1)
    record = carry_out(
        store.create(plan(model, settings, "sample", "random:0.2", 0)), store, Environment((), home, "sqlite://")
    )
    found = bring(export_zip(store, record.id))
    users, items = np.arange(10), np.arange(10)
    here, there = (each.model.predict(users, items) for each in (store.load(record.id), elsewhere.load(found.id)))
    assert np.array_equal(here, there)


def test_the_newest_is_the_last_to_arrive(store, record, elsewhere, bring):
    """Whatever a file says of its date."""
    first = bring(export_zip(store, record.id))
    old = contents(store, record)
    second = bring(
        zip_of(forged(old, changed(created="2020-01-01T00:00:00+00:00", arrived="2026-01-01T00:00:00+00:00")))
    )
    assert [each.id for each in elsewhere.records()] == [second.id, first.id] and second.arrived > first.arrived


def test_taken_id_gets_a_new_one(store, record, elsewhere, bring):
    packed = export_zip(store, record.id)
    first, second = bring(packed), bring(packed)
    assert first.id == record.id != second.id and {each.id for each in elsewhere.records()} == {first.id, second.id}
    elsewhere.delete(first.id)
    assert bring(packed).id not in (first.id, second.id)  # undo must not find its place taken
    elsewhere.restore(first.id)
    assert elsewhere.record(first.id) == first


def test_run_without_weights_comes_along_too(store, home, bring):
    failed = carry_out(
        store.create(plan("dot-bias", DotBiasSettings(), "ml-100k", "random:0.2", 0)),
        store,
        Environment((), home, "sqlite://"),
    )
    assert failed.state == "failed" and bring(export_zip(store, failed.id)).state == "failed"


def test_rows_of_a_file_come_along_and_no_path(store, home, elsewhere, tmp_path, bring):
    rows = tmp_path / "rows.txt"
    rows.write_text("5\n3\n")
    settings = DotBiasSettings(batch_size=512, epochs=1, n_factors=4)
    record = carry_out(
        store.create(plan("dot-bias", settings, "sample", f"rows:{rows}", 0)), store, Environment((), home, "sqlite://")
    )
    packed = export_zip(store, record.id)
    assert str(tmp_path).encode() not in zipfile.ZipFile(io.BytesIO(packed)).read("run.json")
    found = bring(packed)
    assert found.holdout == "rows:valid_rows.csv" and elsewhere.load(found.id).valid_rows.tolist() == [5, 3]
    files = contents(store, record)
    assert bring(zip_of(forged(files, changed(holdout="rows:/etc/passwd")))).holdout == "rows:valid_rows.csv"
    with pytest.raises(RunError, match=r"valid_rows\.csv is damaged"):
        bring(zip_of(forged(files | {"valid_rows.csv": b"1\nroot\n"})))


def test_every_cut_of_the_file_is_refused(store, record, elsewhere, bring):
    packed = export_zip(store, record.id)
    for length in (0, 1, 100, len(packed) // 2, len(packed) - 1):
        with pytest.raises(RunError):
            bring(packed[:length])
    broken = bytearray(packed)
    broken[200:260] = bytes(60)
    with pytest.raises(RunError):
        bring(bytes(broken))
    assert nothing_left(elsewhere)


def test_a_file_that_is_not_there_is_said(elsewhere, tmp_path):
    with pytest.raises(RunError, match="there is no file"):
        import_zip(elsewhere, tmp_path / "none.zip")


@pytest.mark.parametrize("name", ["../run.json", "/etc/passwd", "a/run.json", "..\\run.json", "other.csv", "trash/"])
def test_only_a_runs_files_come_in(store, record, elsewhere, name, bring):
    with pytest.raises(RunError, match=r"no file of a run|is no run"):
        bring(zip_of([*contents(store, record).items(), (name, b"x")]))
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
        changed(format=1),
        changed(created="9999-01-01T00:00:00+00:00"),
        changed(n_train=int("1" + "0" * 400)),
        changed(n_train=1),
        changed(n_valid=-1),
        changed(split_seed=-1),
        changed(seconds=1e300),
        changed(epochs_done=0),
        changed(epochs_done=2),
        changed(n_steps=1),
        changed(layers=[]),
        changed(preset="fast"),
        changed(data="ml-100k"),
        changed(synthetic=False),
        changed(data_title="<i>"),
        changed(message="x" * 2000),
        changed(fingerprint="z"),
        changed(holdout="random:0.3"),
        changed(n_sealed=5),
        changed(environment={"torch": ["x"]}),
        changed(environment={"colour": "x"}),
        changed(environment={"machine": 5}),
        changed(certainty={"within_50": 2.0}),
        changed(files={}),
        lambda values: values | {"valid": values["valid"] | {"mse": 0.0001}},
        lambda values: values | {"valid": {"mse": 0.01, "rmse": 0.1, "mae": 0.05, "n_ratings": values["n_valid"]}},
        lambda values: values | {"settings": values["settings"] | {"n_factors": 512}},
        lambda values: values | {"layers": values["layers"][::-1]},
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
        lambda values: {},
    ],
)
def test_record_that_cannot_be_is_refused(store, record, elsewhere, change, bring):
    with pytest.raises(RunError, match=r"run\.json|\.csv|weights|has not ended"):
        bring(zip_of(forged(contents(store, record), change)))
    assert nothing_left(elsewhere)


@pytest.mark.parametrize(
    "text", ["[]", "null", "{", "5", '"x"', "[" * 100_000, '{"format": 2}', '{"format": 1}', "\xff"],
)  # fmt: skip
def test_what_is_no_record_is_refused(store, record, elsewhere, text, bring):
    with pytest.raises(RunError, match=r"run\.json"):
        bring(zip_of(contents(store, record) | {"run.json": text.encode("latin-1")}))
    assert nothing_left(elsewhere)


def test_a_record_that_somebody_changed_is_refused(store, record, bring):
    files = contents(store, record)
    files["run.json"] = files["run.json"].replace(b'"seconds": 0', b'"seconds": 9')
    with pytest.raises(RunError, match="its digest says"):
        bring(zip_of(files))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("history.csv", b"a\nx,y\n"),
        ("history.csv", b"a\n1,2\n"),
        ("history.csv", b"epoch,train_loss,valid_loss,seconds\n1,nan,1.0,0.1\n"),
        ("history.csv", b"epoch,train_loss,valid_loss,seconds\n1,1e308,1.0,0.1\n"),
        ("history.csv", b"epoch,train_loss,valid_loss,seconds\n1,-7,1.0,0.1\n"),
        ("batches.csv", b"\xff\xfe\n\n"),
        ("items.csv", b"a,b\n1,2\n"),
        ("users.csv", b""),
        ("users.csv", b"user_id,n_ratings,mean_rating,damped_mean\n"),
        ("users.csv", b"user_id,n_ratings,mean_rating,damped_mean\n1,many,1,1\n"),
        ("weights.safetensors", b"\x00\x01"),
        ("weights.safetensors", b"\xff" * 100),
        ("weights.safetensors", safetensors.numpy.save({"table": np.zeros((3, 3), np.float32)})),
        ("weights.safetensors", safetensors.numpy.save({"item_factors": np.zeros((1, 4), np.float32)})),
    ],
)
def test_damaged_file_is_named(store, record, elsewhere, file, content, bring):
    files = contents(store, record) | {file: content}
    for sent, said in ((forged(files), f"{file} is damaged"), (files, f"{file} in the zip is not what was written")):
        with pytest.raises(RunError, match=said):
            bring(zip_of(sent))
    assert nothing_left(elsewhere)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(store, record, value, bring):
    weights = {name: table.copy() for name, table in store.load(record.id).model.weights().items()}
    weights["item_biases"][3] = value
    with pytest.raises(RunError, match="not finite"):
        bring(zip_of(forged(contents(store, record) | {"weights.safetensors": safetensors.numpy.save(weights)})))


@pytest.mark.parametrize("file", ["run.json", "items.csv", "users.csv", "weights.safetensors"])
def test_missing_file_is_named(store, record, file, bring):
    files = contents(store, record)
    del files[file]
    with pytest.raises(RunError, match=file):
        bring(zip_of(files))


def test_bomb_is_not_unpacked(store, record, bring, monkeypatch):
    files = contents(store, record)
    with pytest.raises(RunError, match="larger than"):
        bring(zip_of(forged(files | {"history.csv": b"0" * 2_000_000})))
    with pytest.raises(RunError, match="no run of its size"):
        bring(zip_of(forged(files | {"items.csv": b"0" * 50_000_000})))
    monkeypatch.setattr(run_zip, "LARGEST_ALL", 1000)
    with pytest.raises(RunError, match="larger than"):
        bring(export_zip(store, record.id))


def test_other_packings_are_refused(store, record, bring):
    with pytest.raises(RunError, match="unknown way"):
        bring(zip_of(contents(store, record), zipfile.ZIP_LZMA))


def test_what_markdown_would_take_for_a_command_does_not_come_in(store, record, bring):
    def change(values):
        environment = values["environment"] | {"torch": "[x](y)"}
        return values | {"message": "![x](http://x/y.png)<b>", "environment": environment}

    found = bring(zip_of(forged(contents(store, record), change)))
    assert not set("[]<>!/") & set(found.message + found.environment["torch"])
