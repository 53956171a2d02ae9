"""Fetcher: downloads data sets in a separate process, so that no page waits for the network."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collab.data.catalogue import entry_of, fault_of, find, load_dataset
from collab.data.download import download
from collab.errors import DataError, DownloadError
from collab.services.environment import Environment, read_environment
from collab.services.job_queue import DONE, FAILED, STOPPED, WAITING, Job

if TYPE_CHECKING:  # the download process need not load torch
    from collab.services.jobs import Jobs
    from collab.services.worker import AtWork

PATIENCE_SECONDS = 3.0
"""A network that has not answered by then counts as unreachable; the download may still succeed."""

KIND = "download"


@dataclass(frozen=True)
class Fetch:
    """The state of a data set: "absent" (not requested), "connecting", "downloading", "failed", "here", "damaged" or
    "missing" (nobody can fetch it).

    A damaged one exists but is not the published one; `replaceable` says whether a download would replace it.
    """

    state: str
    done: int = 0  # bytes
    total: int = 0  # bytes, 0 while unknown
    message: str = ""
    since: float = 0.0  # when it was requested, in seconds since 1970
    replaceable: bool = False

    @property
    def out_of_reach(self) -> bool:
        """Whether to use the built-in sample instead: the download failed, or the network does not answer."""
        return self.state in ("failed", "missing") or (
            self.state == "connecting" and time.time() - self.since > PATIENCE_SECONDS
        )


def is_replaceable(name: str, place: Path, environment: Environment) -> bool:
    """Whether a download would replace the data set at `place`: only one that Collab put there itself."""
    return place in (environment.downloads / entry_of(name).file_name, environment.downloads / name)


class Fetcher:
    """Finds and checks data sets, and downloads the missing ones. One per server."""

    def __init__(self, jobs: Jobs, base_address: str = "") -> None:
        self.jobs, self.environment = jobs, jobs.environment
        self.base_address = base_address  # in place of the catalogue's

    def state(self, name: str) -> Fetch:
        """The current state of the data set `name`; never waits for the network. A file that has changed is read and checked."""
        if entry_of(name).synthetic:
            return Fetch("here")
        place = find(name, self.environment.places)
        fault = fault_of(name, place) if place is not None else ""
        if place is not None and not fault:
            return Fetch("here")
        entry = entry_of(name)
        if not entry.download_from:
            missing = f"{entry.where_to_put_it[0].upper()}{entry.where_to_put_it[1:]}."
            return Fetch("missing", message=missing) if place is None else Fetch("damaged", message=fault)
        noted = self._fetch_of(self.job(name))
        if place is None or noted.state in ("connecting", "downloading"):  # a replacement is on its way
            return noted
        if noted.state == "failed":
            fault = f"{fault} It was tried to fetch it again: {noted.message}"
        return Fetch("damaged", message=fault, replaceable=is_replaceable(name, place, self.environment))

    def ensure(self, name: str, *, again: bool = False) -> Fetch:
        """Start to download what is absent; after a failure, or to replace what is damaged, only if `again`. Returns at once."""
        now = self.state(name)
        may_try = now.state == "failed" or (now.state == "damaged" and now.replaceable)
        if now.state == "absent" or (may_try and again):
            now = self._fetch_of(self.jobs.submit(KIND, self._request(name), owner="", again=True))
        return now

    def job(self, name: str) -> Job | None:
        """The job that downloads a data set, or the last one that did."""
        return self.jobs.known(KIND, self._request(name))

    def _request(self, name: str) -> dict[str, str]:
        return {"data": name, "from": self.base_address or entry_of(name).download_from}

    def _fetch_of(self, job: Job | None) -> Fetch:
        """The state of a data set according to its download job."""
        if job is None or job.state in (DONE, STOPPED):  # it was here, and was removed since
            return Fetch("absent")
        if job.state == FAILED:
            return Fetch("failed", message=job.message)
        if job.note:
            done, total = map(int, job.note.split("/"))
            return Fetch("downloading", done, total, since=job.created)
        # a download that waits for another one is not out of reach
        answers = job.state == WAITING and any(each.note for each in self.jobs.queue.running(job.lane))
        return Fetch("downloading" if answers else "connecting", since=job.created)


def fetch_if_needed(name: str, environment: Environment) -> None:
    """Download a data set that is missing, or whose download is damaged, with progress on a terminal.

    Raises DownloadError if that fails, DataError for a damaged one in a folder of COLLAB_DATA.
    """
    entry = entry_of(name)
    if entry.synthetic:
        return
    place = find(name, environment.places)
    if place is not None:
        fault = fault_of(name, place)
        if not fault:
            return
        if not is_replaceable(name, place, environment):
            raise DataError(fault)
    if not entry.download_from:
        load_dataset(name, environment.places)  # raises DataError, and says where to put it
    show = sys.stderr.isatty()

    def progress(received: int, total: int) -> None:
        if show:
            print(
                f"\r{entry.title}: {received / 1e6:.1f} of {(total / 1e6) or entry.megabytes:.1f} MB",
                end="",
                file=sys.stderr,
            )

    try:
        download(entry.file_name, entry.all_md5, environment.downloads, progress, base_address=entry.download_from)
    finally:
        if show:
            print(file=sys.stderr)


def fetch(request: dict[str, Any], at_work: AtWork) -> None:
    """Download the "data" set "from" an address. Raises DownloadError."""
    entry = entry_of(request["data"])

    def progress(done: int, total: int) -> None:
        at_work.report(done / total if total else 0.0, f"{done}/{total}")

    try:
        download(entry.file_name, entry.all_md5, read_environment().downloads, progress, base_address=request["from"])
    except DownloadError:
        raise
    except Exception as reason:
        raise DownloadError(f"{entry.title} could not be fetched: {type(reason).__name__}: {reason}") from reason
