"""The three environment variables: what they mean, what holds without them, and bad values refused by name."""

import os
from pathlib import Path

import platformdirs
import pytest

from collab.errors import SettingError
from collab.services.environment import read_environment


def test_without_variables_everything_is_in_the_users_own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, **how: tmp_path / "of-the-user" / name)
    environment = read_environment({})
    assert environment.home == tmp_path / "of-the-user" / "collab"
    assert environment.home.is_dir()
    assert environment.data_folders == ()
    assert environment.places == (environment.home / "datasets",)
    assert environment.database_url == f"sqlite:///{(environment.home / 'profiles.sqlite').as_posix()}"


def test_each_variable_has_its_say(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second.zip"
    first.mkdir()
    second.write_bytes(b"")
    environment = read_environment(
        {
            "COLLAB_DATA": f" {first}{os.pathsep}{os.pathsep}{second}",
            "COLLAB_HOME": f"{tmp_path / 'home'} ",
            "COLLAB_DATABASE": "postgresql+psycopg://ann@host/films",
        }
    )
    assert environment.data_folders == (first, second)
    assert environment.home == tmp_path / "home"
    assert environment.downloads == tmp_path / "home" / "datasets"
    assert environment.places == (first, second, tmp_path / "home" / "datasets")
    assert environment.database_url == "postgresql+psycopg://ann@host/films"


def test_blank_variables_are_as_good_as_none(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, **how: tmp_path / name)
    assert read_environment({"COLLAB_DATA": " ", "COLLAB_HOME": " ", "COLLAB_DATABASE": " "}) == read_environment({})


def test_a_tilde_is_the_users_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "films").mkdir()
    environment = read_environment({"COLLAB_DATA": "~/films", "COLLAB_HOME": "~/collab"})
    assert environment.data_folders == (tmp_path / "films",)
    assert environment.home == tmp_path / "collab"


def test_the_surroundings_are_read_when_nothing_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path / "here"))
    monkeypatch.delenv("COLLAB_DATA", raising=False)
    assert read_environment().home == tmp_path / "here"


@pytest.mark.parametrize(
    "variable, value, words",
    [
        ("COLLAB_DATA", "/no/such/folder", "'/no/such/folder', which does not exist; name folders that hold data sets"),
        ("COLLAB_DATA", "~nobody-of-this-name/films", "nobody of that name is known here; write the folder out"),
        ("COLLAB_HOME", "~nobody-of-this-name", "nobody of that name is known here; write the folder out"),
        (
            "COLLAB_DATABASE",
            "profiles.sqlite",
            "is 'profiles.sqlite'; allowed is a database address such as sqlite:///",
        ),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(tmp_path, variable, value, words):
    with pytest.raises(SettingError) as refusal:
        read_environment({"COLLAB_HOME": str(tmp_path), variable: value})
    assert str(refusal.value).startswith(variable)
    assert words in str(refusal.value)


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for home in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(
            SettingError, match=r"which cannot be used .* name a folder that may be written to"
        ) as refusal:
            read_environment({"COLLAB_HOME": str(home)})
        assert str(refusal.value).startswith(f"COLLAB_HOME is {str(home)!r}")


def test_a_home_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)  # whoever is root may write everywhere
    with pytest.raises(SettingError, match=r"COLLAB_HOME is .*it cannot be written to"):
        read_environment({"COLLAB_HOME": str(tmp_path)})
