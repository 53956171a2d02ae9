"""Fetcher: downloads a data set in a thread of its own, so that no page waits for a network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from collab.datasets import Entry, entry_of, fault_of, find
from collab.datasets.download import GROUPLENS, download
from collab.errors import DownloadError
from collab.services.environment import Environment

PATIENCE_SECONDS = 3.0  # a network that has not answered by then is taken for unreachable; the thread may still succeed


@dataclass(frozen=True)
class Fetch:
    """Where a data set stands: "absent" (not asked for), "connecting", "downloading", "failed", "here" or "damaged".

    A damaged one lies somewhere, but is not the published one; `replaceable` says whether a download would take its place.
    """

    state: str
    done: int = 0  # bytes
    total: int = 0  # bytes, 0 while unknown
    message: str = ""
    since: float = 0.0
    replaceable: bool = False

    @property
    def out_of_reach(self) -> bool:
        """Whether the built-in sample should take the place: it failed, or the network does not answer."""
        return self.state == "failed" or (
            self.state == "connecting" and time.monotonic() - self.since > PATIENCE_SECONDS
        )


def is_replaceable(name: str, place: Path, environment: Environment) -> bool:
    """Whether a download would take the place of the data set that lies at `place`: only what Collab has put there itself."""
    return place in (environment.downloads / entry_of(name).file_name, environment.downloads / name)


class Fetcher:
    """Finds data sets, checks them, and fetches those that are nowhere. One a server."""

    def __init__(
        self, environment: Environment, base_address: str = GROUPLENS, fetch: Callable[..., Path] = download
    ) -> None:
        self.environment, self.base_address, self._fetch = environment, base_address, fetch
        self._lock = threading.Lock()
        self._starting = threading.Lock()  # two pages that ask at the same moment start one download
        self._fetches: dict[str, Fetch] = {}

    def state(self, name: str) -> Fetch:
        """Where the data set called `name` stands now; never waits for a network. A file that has changed is read and checked."""
        entry = entry_of(name)
        with self._lock:
            noted = self._fetches.get(name, Fetch("absent"))
        if entry.synthetic:
            return Fetch("here")
        place = find(name, self.environment.places)
        if place is None:
            return Fetch("absent") if noted.state == "here" else noted  # it was here once, and somebody took it away
        fault = fault_of(name, place)
        if not fault:
            return Fetch("here")
        if noted.state in ("connecting", "downloading"):  # a better one is on its way
            return noted
        if noted.state == "failed":
            fault = f"{fault} It was tried to fetch it again: {noted.message}"
        return Fetch("damaged", message=fault, replaceable=is_replaceable(name, place, self.environment))

    def ensure(self, name: str, *, again: bool = False) -> Fetch:
        """Start to fetch what is absent; after a failure, or in place of what is damaged, only if told to try `again`. Returns at
        once."""
        entry = entry_of(name)
        with self._starting:
            now = self.state(name)
            may_try = now.state == "failed" or (now.state == "damaged" and now.replaceable)
            if now.state == "absent" or (may_try and again):
                with self._lock:
                    self._fetches[name] = now = Fetch("connecting", since=time.monotonic())
                threading.Thread(target=self._run, args=(entry,), daemon=True).start()
        return now

    def _run(self, entry: Entry) -> None:
        def progress(done: int, total: int) -> None:
            with self._lock:
                self._fetches[entry.name] = replace(
                    self._fetches[entry.name], state="downloading", done=done, total=total
                )

        try:
            self._fetch(entry.file_name, entry.all_md5, self.environment.downloads, progress, self.base_address)
            result = Fetch("here")
        except DownloadError as reason:
            result = Fetch("failed", message=str(reason))
        except Exception as reason:
            result = Fetch("failed", message=f"{entry.title} could not be fetched: {type(reason).__name__}: {reason}")
        with self._lock:
            self._fetches[entry.name] = result
