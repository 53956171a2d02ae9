"""The files of a data set, in a zip or a folder, each checked against the published MD5."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from collab.errors import DataError

REMEDY = "Put the original file in its place, or delete the data set so that it is downloaded again."
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
"""What `zipfile` raises for a zip that is damaged, encrypted or packed in an unknown way (NotImplementedError among the last)."""


@dataclass(frozen=True)
class Archive:
    """The files of a data set, in a zip or in a folder; inside a zip, a file is found in any folder.

    `md5` maps the name of a file to the MD5 that its bytes must have; files that it does not name are not checked.
    """

    path: Path
    md5: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """The bytes of the file called `name`. Raises DataError where it is missing, damaged or not the published one."""
        content = self._content(name)
        expected = self.md5.get(name)
        if expected is not None:
            found = hashlib.md5(content, usedforsecurity=False).hexdigest()
            if found != expected:
                raise DataError(
                    f"{self.place(name)} is not the published file: its MD5 is {found}, expected {expected}. {REMEDY}"
                )
        return content

    def check(self) -> None:
        """Read every file that `md5` names. Raises DataError for the first that is missing, damaged or not the published one."""
        for name in self.md5:
            self.read(name)

    def _content(self, name: str) -> bytes:
        try:
            if self.path.is_dir():
                return (self.path / name).read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                member = next((m for m in archive.namelist() if m.rsplit("/", 1)[-1] == name), None)
                if member is None:
                    raise DataError(f"{self.path}: there is no {name} in it. {REMEDY}")
                return archive.read(member)
        except FileNotFoundError:
            raise DataError(f"{self.path}: there is no {name} in it. {REMEDY}") from None
        except UNREADABLE as reason:
            raise DataError(f"{self.path}: damaged or unreadable ({reason}). {REMEDY}") from reason

    def place(self, name: str) -> str:
        """The file's name in error messages."""
        return str(self.path / name)
