"""Fetch a data set from GroupLens and let nothing through that is not what it should be."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pooch
import requests

from collab.data.movielens import REMEDY, Archive
from collab.errors import DataError, DownloadError

SCRATCH_PREFIX = ".download-"
"""How the folders begin in which a download is worked on, beside where it is going; one that was killed leaves its folder."""
GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
CONNECT_SECONDS = 3.0  # an unreachable network is noticed after this long
READ_SECONDS = 20.0  # and a connection that has gone silent after this
pooch.get_logger().setLevel("WARNING")  # progress is ours to tell
Progress = Callable[[int, int], None]  # bytes so far, bytes in all (0 while unknown)


class _Reporter:
    """What pooch wants of a progress bar, handed on to a plain function."""

    def __init__(self, report: Progress) -> None:
        self.total = 0
        self.done = 0
        self.report = report

    def update(self, n_bytes: int) -> None:
        self.done += n_bytes  # pooch counts the last chunk as a full one
        self._tell()

    def reset(self) -> None:
        if self.total:
            self.done = 0

    def close(self) -> None:
        self._tell()

    def _tell(self) -> None:
        total = int(self.total or 0)
        self.report(min(self.done, total) if total else self.done, total)


def download(
    file_name: str,
    member_md5: Mapping[str, str],
    folder: Path,
    progress: Progress = lambda done, total: None,
    base_address: str = GROUPLENS,
) -> Path:
    """Fetch `file_name` into `folder` and return its path; it appears there only when all of it is on the disk and right.

    The members named in `member_md5` are checked, not the archive: the same files may be packed anew. An older file is replaced.
    Raises DownloadError saying what happened, with nothing left behind.
    """
    address = base_address + file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH_PREFIX) as scratch:
            fetch = pooch.HTTPDownloader(progressbar=_Reporter(progress), timeout=(CONNECT_SECONDS, READ_SECONDS))
            file = Path(pooch.retrieve(address, known_hash=None, fname=file_name, path=scratch, downloader=fetch))
            Archive(file, member_md5).check()
            _put_in_place(file, folder / file_name)
    except DataError as reason:
        found = str(reason).replace(f"{scratch}{os.sep}", "").removesuffix(f" {REMEDY}")
        raise DownloadError(
            f"{address} is not the file that Collab knows: {found} Nothing of it was kept. Try again later, or put the original "
            f"{file_name} into a folder and name that folder in COLLAB_DATA."
        ) from reason
    except (requests.RequestException, OSError, ValueError) as reason:
        if isinstance(reason, requests.HTTPError):
            reason.response.close()  # pooch leaves the connection of a refusal open
        if trouble := _of_the_disk(reason):
            raise DownloadError(
                f"{address} could not be kept in {folder}: {trouble}. Nothing was changed. Make room there or name another "
                "folder in COLLAB_HOME, and try again."
            ) from reason
        raise DownloadError(
            f"{address} could not be fetched ({_in_short(reason)}). Check the network and try again, or put "
            f"{file_name} into a folder and name that folder in COLLAB_DATA."
        ) from reason
    return folder / file_name


def _put_in_place(file: Path, place: Path) -> None:
    """Rename the file to its place once its bytes are on the disk, so that after a crash there is all of it or what was there."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(file, place)
    with suppress(
        OSError
    ):  # Windows opens no folders, some network disks sync none; the file is in its place all the same
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _of_the_disk(reason: Exception) -> str:
    """What is wrong with the disk or the folder where a download goes; "" where the trouble is another."""
    if isinstance(reason, requests.RequestException) or not isinstance(reason, OSError):
        return ""
    if reason.errno in (errno.ENOSPC, errno.EDQUOT):
        return "there is no room left on the disk"
    if reason.errno == errno.EROFS:
        return "the disk can only be read"
    if isinstance(reason, PermissionError):
        return "the folder cannot be written to"
    return ""


def _in_short(reason: Exception) -> str:
    if isinstance(reason, requests.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(reason, requests.Timeout):
        return f"nothing came for {READ_SECONDS:g} s"
    if isinstance(reason, requests.ConnectionError):
        return "no connection"
    return str(reason) or type(reason).__name__
