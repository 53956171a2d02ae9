"""Download a data set from GroupLens and verify its files."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pooch
import requests

from collab.data.archive import REMEDY, Archive
from collab.errors import DataError, DownloadError

SCRATCH_PREFIX = ".download-"
"""Prefix of the temporary folder of a download, beside its destination; a killed download leaves its folder behind."""
CONNECT_SECONDS = 3.0  # timeout for making a connection
READ_SECONDS = 20.0  # timeout for a connection that sends nothing
pooch.get_logger().setLevel("WARNING")  # progress is reported here instead
Progress = Callable[[int, int], None]  # bytes received, bytes in total (0 while unknown)


class _Reporter:
    """Adapts pooch's progress bar interface to a plain function."""

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
    *,
    base_address: str,
) -> Path:
    """Download `file_name` into `folder` and return its path; it appears there only once it is complete and verified.

    The members named in `member_md5` are checked, not the archive, which may be repacked. An older file is replaced.
    Raises DownloadError saying what happened, and leaves nothing behind.
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
            reason.response.close()  # pooch leaves the connection open after an HTTP error
        if problem := _disk_problem(reason):
            raise DownloadError(
                f"{address} could not be kept in {folder}: {problem}. Nothing was changed. Make room there or name another "
                "folder in COLLAB_HOME, and try again."
            ) from reason
        raise DownloadError(
            f"{address} could not be fetched ({_short_reason(reason)}). Check the network and try again, or put "
            f"{file_name} into a folder and name that folder in COLLAB_DATA."
        ) from reason
    return folder / file_name


def _put_in_place(file: Path, place: Path) -> None:
    """Flush the file to disk, then rename it to `place`: after a crash, `place` holds all of it or what it held before."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(file, place)
    # Windows cannot open folders and some network disks cannot sync them; the file is in its place anyway.
    with suppress(OSError):
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _disk_problem(reason: Exception) -> str:
    """What is wrong with the disk or the destination folder; "" if the error has another cause."""
    if isinstance(reason, requests.RequestException) or not isinstance(reason, OSError):
        return ""
    if reason.errno in (errno.ENOSPC, errno.EDQUOT):
        return "there is no room left on the disk"
    if reason.errno == errno.EROFS:
        return "the disk can only be read"
    if isinstance(reason, PermissionError):
        return "the folder cannot be written to"
    return ""


def _short_reason(reason: Exception) -> str:
    if isinstance(reason, requests.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(reason, requests.Timeout):
        return f"nothing came for {READ_SECONDS:g} s"
    if isinstance(reason, requests.ConnectionError):
        return "no connection"
    return str(reason) or type(reason).__name__
