"""Where a data set came from: built in, provided or downloaded, and the checksums of its files."""

import dataclasses
import shutil

import pytest

from collab.data.catalogue import CATALOGUE
from collab.errors import DataError, SettingError
from collab.services.environment import Environment
from collab.services.source import BUILT_IN, DOWNLOADED, PROVIDED, source_of


@pytest.fixture
def environment(tmp_path):
    return Environment((), tmp_path / "home", "sqlite://")


def test_the_sample_is_built_in(environment):
    found = source_of("sample", environment)
    assert (found.kind, found.file_name, found.checksums) == (BUILT_IN, "", {})


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small"])
def test_provided(environment, data_folder, name):
    found = source_of(name, dataclasses.replace(environment, data_folders=(data_folder,)))
    assert (found.kind, found.file_name) == (PROVIDED, f"{name}.zip")
    assert found.checksums == {**CATALOGUE[name].member_md5, **CATALOGUE[name].fold_md5}


def test_downloaded(environment, data_folder):
    environment.downloads.mkdir(parents=True)
    shutil.copy(data_folder / "ml-latest-small.zip", environment.downloads)
    assert source_of("ml-latest-small", environment).kind == DOWNLOADED


def test_nowhere_or_unknown(environment):
    with pytest.raises(DataError, match="MovieLens 100K is nowhere to be found"):
        source_of("ml-100k", environment)
    with pytest.raises(SettingError, match="no data set 'ml-1b'"):
        source_of("ml-1b", environment)
