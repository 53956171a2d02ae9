"""The catalogue: what there is, where it is looked for, and what is said when it is nowhere."""

import os
import shutil

import pytest

from collab.data.archive import REMEDY, Archive
from collab.data.catalogue import CATALOGUE, DEFAULT, SAMPLE, entry_of, fault_of, find, load_dataset, signature
from collab.data.movielens import FOLDS_100K
from collab.errors import DataError, SettingError
from tests.data.conftest import as_bytes


def test_the_data_sets_there_are():
    assert {"ml-100k", "ml-latest-small", SAMPLE} <= set(CATALOGUE)
    assert DEFAULT == "ml-100k"
    assert [entry.name for entry in CATALOGUE.values() if entry.synthetic] == [SAMPLE]
    assert entry_of("ml-100k").note == "films up to 1998"
    for name, entry in CATALOGUE.items():
        assert entry.name == name
        assert entry.file_name == f"{name}.zip"
        if entry.download_from:  # what is fetched is checked, and says whose it is
            assert entry.origin.address.startswith("https://") and entry.origin.publisher
            assert entry.marker in entry.member_md5
            assert entry.megabytes > 0


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small"])
def test_the_entry_describes_what_is_read(data_folder, name):
    dataset, entry = load_dataset(name, [data_folder]), entry_of(name)
    assert (dataset.name, dataset.title, dataset.synthetic) == (entry.name, entry.title, entry.synthetic)
    assert entry.note.startswith("films up to")
    Archive(find(name, [data_folder])).read(entry.marker)


def test_the_sample_needs_no_folder(sample, tmp_path):
    assert load_dataset("sample", [tmp_path]).fingerprint == sample.fingerprint
    assert sample.synthetic
    assert sample.title == entry_of(SAMPLE).title


@pytest.mark.parametrize("act", [entry_of, load_dataset, lambda name: find(name, [])])
def test_an_unknown_name_is_refused_and_the_known_ones_named(act):
    with pytest.raises(SettingError, match=f"no data set 'ml-1m'; there are {', '.join(CATALOGUE)}"):
        act("ml-1m")


def test_a_data_set_is_found_as_zip_or_folder(tiny_100k, write_folder, write_zip, published, tmp_path):
    published("ml-100k", as_bytes(tiny_100k))
    zipped = write_zip(tiny_100k, "zips/ml-100k.zip")
    folder = write_folder(tiny_100k, "folders/ml-100k")
    elsewhere = write_folder(tiny_100k, "under another name")
    (tmp_path / "empty").mkdir()
    for places, expected in [
        ([tmp_path / "zips"], zipped),
        ([zipped], zipped),  # the folder that holds the zip, or the zip
        ([tmp_path / "folders"], folder),
        ([folder], folder),
        ([elsewhere], elsewhere),
        ([tmp_path / "empty", tmp_path / "nowhere", tmp_path / "zips", folder], zipped),  # the first that has it
        ([tmp_path / "folders", tmp_path / "zips"], folder),
        ([tmp_path / "empty"], None),
        ([], None),
        ([tmp_path], None),
    ]:
        assert find("ml-100k", places) == expected
        assert find("ml-latest-small", places) is None
    assert load_dataset("ml-100k", [tmp_path / "zips"]).fingerprint == load_dataset("ml-100k", [elsewhere]).fingerprint


def test_a_zip_of_another_name_is_not_taken(tiny_100k, write_zip):
    path = write_zip(tiny_100k, "ml-1m.zip")
    assert find("ml-100k", [path, path.parent]) is None


def test_a_data_set_that_is_nowhere_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(DataError) as refusal:
        load_dataset("ml-latest-small", [tmp_path / "first", tmp_path / "second"])
    message = str(refusal.value)
    assert "MovieLens latest small was not found" in message
    assert str(tmp_path / "first") in message
    assert str(tmp_path / "second") in message
    assert "python -m collab prepare" in message
    assert "ml-latest-small.zip" in message
    assert "COLLAB_DATA" in message
    with pytest.raises(DataError, match="looked in no folder"):
        load_dataset("ml-100k")


def test_nothing_half_read_is_used(tiny_100k, write_folder, published):
    tiny_100k["u.data"] = tiny_100k["u.data"] + "1\t1\t9\t0\n"
    published("ml-100k", as_bytes(tiny_100k))
    with pytest.raises(DataError, match="line 6: rating is '9'"):
        load_dataset("ml-100k", [write_folder(tiny_100k)])


def read_names(read, archive, monkeypatch):
    """The names of all files that a reader asks for, its folds too."""
    asked = []

    def note(self, name):
        asked.append(name)
        return content(self, name)

    content = Archive.read
    with monkeypatch.context() as watched:
        watched.setattr(Archive, "read", note)
        dataset = read(archive)
        for fold in dataset.folds.values():
            fold()
    return asked


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small"])
def test_every_file_that_is_read_has_its_checksum_and_is_read_once(data_folder, name, monkeypatch):
    entry = entry_of(name)
    asked = read_names(entry.read, Archive(find(name, [data_folder]), entry.all_md5), monkeypatch)
    assert sorted(asked) == sorted(entry.all_md5)
    assert entry.fold_md5.keys() == ({f"{fold}.test" for fold in FOLDS_100K} if name == "ml-100k" else set())
    assert not entry.member_md5.keys() & entry.fold_md5.keys()
    assert len(set(entry.all_md5.values())) == len(entry.all_md5)


def unpacked(name, data_folder, folder):
    """The files of a data set that Collab reads, in a folder of its name."""
    archive, place = Archive(find(name, [data_folder])), folder / name
    place.mkdir()
    for file in entry_of(name).all_md5:
        (place / file).write_bytes(archive.read(file))
    return place


def cut(content):
    """The first lines of a file: every one of them is good, and so is whatever can be made of them."""
    return content[: content.index(b"\n", len(content) // 19) + 1]


def one_byte(content):
    return content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]


@pytest.mark.parametrize("harm", [cut, one_byte, lambda content: content.replace(b"\n", b"\r\n"), lambda content: b""])
@pytest.mark.parametrize(
    ("name", "file"), [(name, file) for name in ("ml-100k", "ml-latest-small") for file in entry_of(name).member_md5]
)
def test_a_file_that_is_not_the_published_one_is_refused(data_folder, tmp_path, name, file, harm):
    place = unpacked(name, data_folder, tmp_path)
    assert fault_of(name, place) == ""
    content = (place / file).read_bytes()
    (place / file).write_bytes(harm(content))
    with pytest.raises(DataError) as refused:
        load_dataset(name, [tmp_path])
    message = str(refused.value)
    assert message == fault_of(name, place)
    assert message.startswith(f"{place / file} is not the published file: its MD5 is ")
    assert f", expected {entry_of(name).member_md5[file]}. {REMEDY}" in message
    (place / file).write_bytes(content)
    assert fault_of(name, place) == ""


def test_the_file_of_a_fold_is_checked_when_the_fold_is_asked_for(data_folder, tmp_path):
    place = unpacked("ml-100k", data_folder, tmp_path)
    (place / "u2.test").write_bytes(cut((place / "u2.test").read_bytes()))
    assert fault_of("ml-100k", place) == ""
    folds = load_dataset("ml-100k", [tmp_path]).folds
    assert len(folds["u1"]()) == 20_000
    with pytest.raises(DataError, match=r"u2\.test is not the published file: its MD5 is"):
        folds["u2"]()


def test_the_bytes_that_are_checked_are_those_that_are_read(data_folder, tmp_path, monkeypatch):
    """Whoever changes a file after its check changes nothing of what is read: nothing is read twice."""
    place = unpacked("ml-latest-small", data_folder, tmp_path)
    content = Archive._content

    def changed_at_once(self, name):
        found = content(self, name)
        (place / name).write_bytes(cut(found))
        return found

    monkeypatch.setattr(Archive, "_content", changed_at_once)
    assert len(load_dataset("ml-latest-small", [tmp_path]).ratings) == 100_836
    monkeypatch.undo()
    assert "movies.csv is not the published file" in fault_of("ml-latest-small", place)


def test_a_signature_notices_every_change(tiny_100k, write_folder, write_zip, published, tmp_path):
    published("ml-100k", as_bytes(tiny_100k))
    for place, file in [
        (write_folder(tiny_100k), tmp_path / "data" / "u.user"),
        (write_folder(tiny_100k, "another"), tmp_path / "another" / "u1.test"),
        (write_zip(tiny_100k), tmp_path / "ml-100k.zip"),
    ]:
        seen = {signature("ml-100k", place)}
        assert signature("ml-100k", place) in seen
        about, content = file.stat(), file.read_bytes()
        file.write_bytes(content[:-1] + b" ")  # as long as before …
        os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))  # … and said to be as old
        seen.add(signature("ml-100k", place))
        file.write_bytes(content + b"\n")
        seen.add(signature("ml-100k", place))
        file.unlink()
        seen.add(signature("ml-100k", place))
        assert len(seen) == 4
    write_folder({"notes.txt": "not of the data set"})
    assert signature("ml-100k", tmp_path / "data") == signature("ml-100k", tmp_path / "data")


def test_a_fault_is_looked_for_once(data_folder, tmp_path, monkeypatch):
    shutil.copy(data_folder / "ml-latest-small.zip", tmp_path)
    place, checks, check = tmp_path / "ml-latest-small.zip", [], Archive.check
    monkeypatch.setattr(Archive, "check", lambda self: checks.append(self.path) or check(self))
    assert fault_of("ml-latest-small", place) == fault_of("ml-latest-small", place) == ""
    assert checks == [place]
    place.write_bytes(place.read_bytes()[:1000])
    assert "damaged or unreadable" in fault_of("ml-latest-small", place)
    assert fault_of("ml-latest-small", place) and len(checks) == 2
