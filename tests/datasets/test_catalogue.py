"""The catalogue: what there is, where it is looked for, and what is said when it is nowhere."""

import pytest

from collab.datasets import CATALOGUE, DEFAULT, SAMPLE, entry_of, find, load_dataset
from collab.datasets.movielens import Archive
from collab.errors import DataError, SettingError


def test_the_data_sets_there_are():
    assert list(CATALOGUE) == ["ml-100k", "ml-latest-small", "sample"]
    assert DEFAULT == "ml-100k"
    assert [entry.name for entry in CATALOGUE.values() if entry.synthetic] == [SAMPLE]
    assert entry_of("ml-100k").note == "films up to 1998"
    for name, entry in CATALOGUE.items():
        assert entry.name == name
        assert entry.file_name == f"{name}.zip"
        if not entry.synthetic:
            assert entry.address.startswith("https://grouplens.org/")
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
    with pytest.raises(SettingError, match="no data set 'ml-1m'; there are ml-100k, ml-latest-small, sample"):
        act("ml-1m")


def test_a_data_set_is_found_as_zip_or_folder(tiny_100k, write_folder, write_zip, tmp_path):
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


def test_nothing_half_read_is_used(tiny_100k, write_folder):
    tiny_100k["u.data"] = tiny_100k["u.data"] + "1\t1\t9\t0\n"
    with pytest.raises(DataError, match="line 6: rating is '9'"):
        load_dataset("ml-100k", [write_folder(tiny_100k)])
