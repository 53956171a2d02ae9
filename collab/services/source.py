"""Where the files of a data set came from, and the checksums that they were checked against."""

from __future__ import annotations

from dataclasses import dataclass

from collab.data.catalogue import entry_of, find
from collab.errors import DataError
from collab.services.environment import Environment

BUILT_IN, DOWNLOADED, PROVIDED = "built in", "downloaded", "provided"


@dataclass(frozen=True)
class Source:
    """`kind`: BUILT_IN, DOWNLOADED by Collab, or PROVIDED in a folder of COLLAB_DATA; `file_name` is "" if there is no file.

    `checksums` are the published MD5 by file; a file that does not match its own is never read.
    """

    kind: str
    file_name: str
    checksums: dict[str, str]


def source_of(name: str, environment: Environment) -> Source:
    """The source of the data set `name`. Raises SettingError for an unknown name, DataError if it is missing."""
    entry = entry_of(name)
    if entry.synthetic:
        return Source(BUILT_IN, "", {})
    place = find(name, environment.places)
    if place is None:
        raise DataError(f"{entry.title} is nowhere to be found; open any page to fetch it again")
    kind = DOWNLOADED if find(name, (environment.downloads,)) == place else PROVIDED
    return Source(kind, place.name, entry.all_md5)
