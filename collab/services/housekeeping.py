"""Housekeeping: removes what killed processes left in the home, when a server starts and once an hour."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time

from collab.data.download import SCRATCH_PREFIX
from collab.errors import CollabError
from collab.services.environment import Environment
from collab.services.runs import LEFT_OVER_SECONDS, RunStore
from collab.services.trials import sweep

EVERY_SECONDS = 3600.0
_log = logging.getLogger(__name__)


def tidy(environment: Environment, now: float | None = None) -> None:
    """Clean up runs, trials and downloads that were abandoned; `now` in seconds since 1970."""
    RunStore(environment.home).tidy(now)
    sweep(environment.home)
    now = time.time() if now is None else now
    for folder in (*environment.downloads.glob(f"{SCRATCH_PREFIX}*"), *environment.scratch.glob("*")):
        with contextlib.suppress(OSError):
            if now - folder.stat().st_mtime >= LEFT_OVER_SECONDS:
                shutil.rmtree(folder)


class Housekeeping:
    """Calls `tidy` at once and then every hour, in its own thread, until it is closed."""

    def __init__(self, environment: Environment) -> None:
        self._closed = threading.Event()
        threading.Thread(target=self._run, args=(environment,), name="housekeeping", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _run(self, environment: Environment) -> None:
        while True:
            try:
                tidy(environment)
            except (CollabError, OSError) as reason:
                _log.warning("Left-overs could not be put away: %s", reason)
            except Exception:
                _log.exception("Left-overs could not be put away")
            if self._closed.wait(EVERY_SECONDS):
                return
