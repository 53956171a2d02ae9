"""Environment: the three variables that say where Collab's files are, checked once at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from collab.errors import SettingError


@dataclass(frozen=True)
class Environment:
    """`data_folders` hold data sets (COLLAB_DATA); `home` takes downloads, runs and profiles (COLLAB_HOME);
    `database_url` addresses the database of ratings (COLLAB_DATABASE)."""

    data_folders: tuple[Path, ...]
    home: Path
    database_url: str

    @property
    def downloads(self) -> Path:
        return self.home / "datasets"

    @property
    def scratch(self) -> Path:
        """Holds temporary folders; what a killed process leaves there is removed."""
        return self.home / "scratch"

    @property
    def places(self) -> tuple[Path, ...]:
        """Where data sets are looked for, in this order."""
        return (*self.data_folders, self.downloads)


def read_environment(variables: Mapping[str, str] = os.environ) -> Environment:
    """The environment that the variables describe. Raises SettingError, naming the variable and what is allowed."""
    folders = tuple(
        _path("COLLAB_DATA", part) for part in variables.get("COLLAB_DATA", "").split(os.pathsep) if part.strip()
    )
    for folder in folders:
        if not folder.exists():
            raise SettingError(
                f"COLLAB_DATA names {str(folder)!r}, which does not exist; name folders that hold data sets, "
                f"separated by {os.pathsep!r}, or leave it out"
            )
    named = variables.get("COLLAB_HOME", "").strip()
    home = _path("COLLAB_HOME", named) if named else platformdirs.user_data_path("collab", appauthor=False)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not os.access(home, os.W_OK):
            raise PermissionError("it cannot be written to")
    except OSError as reason:
        raise SettingError(
            f"COLLAB_HOME is {str(home)!r}, which cannot be used ({reason}); name a folder that may be written to"
        ) from None
    url = variables.get("COLLAB_DATABASE", "").strip() or f"sqlite:///{(home / 'profiles.sqlite').as_posix()}"
    if "://" not in url:
        raise SettingError(
            f"COLLAB_DATABASE is {url!r}; allowed is a database address such as sqlite:///profiles.sqlite or "
            f"postgresql+psycopg://user@host/name"
        )
    return Environment(folders, home, url)


def _path(variable: str, text: str) -> Path:
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError:  # ~name of an unknown user
        raise SettingError(
            f"{variable} names {text.strip()!r}, and nobody of that name is known here; write the folder out"
        ) from None
