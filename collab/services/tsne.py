"""t-SNE in the background: one niced process at a time, its progress, its end at any moment, and the last few results.

The server must not wait for it, and a thread in the server would slow every page down: scikit-learn runs in a process of its own
(`tsne_process`), and its reports are read here.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collab.services.tsne_process import N_ITERATIONS

N_KEPT = 12
"""So many results are kept, the least recently asked for goes first: 2 MB at most, 5,000 films in three dimensions are 60 kB."""

MOST_ROWS = 5000
"""More rows would take minutes."""

LEAST_ROWS = 10
SEED = 0
_ITERATION = re.compile(r"\[t-SNE\] Iteration (\d+)")
WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"


@dataclass
class Tsne:
    """One t-SNE: its `state`, the `share` of its iterations that are done, its `places` (n, dimensions) when done, and why it
    failed."""

    state: str = WAITING
    share: float = 0.0
    places: np.ndarray | None = None
    message: str = ""

    @property
    def busy(self) -> bool:
        return self.state in (WAITING, RUNNING)


class TsneDesk:
    """The t-SNEs of a server."""

    def __init__(self, scratch: Path | None = None) -> None:
        """`scratch` is where what a process reads and writes lies meanwhile; None: the system's own folder."""
        self._scratch = scratch
        self._kept: OrderedDict[Hashable, Tsne] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # one process at a time: the pages and the trainings want the other cores
        self._processes: dict[Hashable, subprocess.Popen] = {}

    def get(self, key: Hashable) -> Tsne | None:
        """What is known of the t-SNE called `key`; None where nobody asked for it, or long ago."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def start(self, key: Hashable, matrix: np.ndarray, dimensions: int, perplexity: float) -> Tsne:
        """The t-SNE of the rows of `matrix` in so many dimensions, begun unless it is there, or under way; returns at once.

        scikit-learn's, begun at the principal components, `N_ITERATIONS` iterations, seeded. The perplexity, about the number of
        neighbours that a film minds, is lowered where there are not three times as many films.
        """
        with self._lock:
            known = self._kept.get(key)
            if known is not None and (known.busy or known.state == DONE):
                return known
            found = self._kept[key] = Tsne()
            self._kept.move_to_end(key)
            for old in [each for each, one in self._kept.items() if not one.busy][: max(0, len(self._kept) - N_KEPT)]:
                del self._kept[old]
        n = len(matrix)
        if not LEAST_ROWS <= n <= MOST_ROWS:
            found.state = FAILED
            found.message = f"t-SNE takes {LEAST_ROWS} to {MOST_ROWS:,} films, here are {n:,}; show more or fewer films"
            return found
        work = (key, found, np.array(matrix, dtype=np.float32), dimensions, min(perplexity, (n - 1) / 3))
        threading.Thread(target=self._carry_out, args=work, name="t-SNE", daemon=True).start()
        return found

    def stop(self, key: Hashable) -> None:
        """End this t-SNE, whether it waits or runs."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found.busy:
                found.state = STOPPED
                if key in self._processes:
                    self._processes[key].kill()

    def close(self) -> None:
        """End all of them."""
        for key in list(self._kept):
            self.stop(key)

    def _carry_out(self, key: Hashable, found: Tsne, matrix: np.ndarray, dimensions: int, perplexity: float) -> None:
        try:
            if self._scratch is not None:
                self._scratch.mkdir(parents=True, exist_ok=True)
            with self._turn, tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder:
                rows, places = Path(folder, "rows.npy"), Path(folder, "places.npy")
                np.save(rows, matrix, allow_pickle=False)
                self._run(key, found, [str(rows), str(places), str(dimensions), str(perplexity), str(SEED)])
                if found.state == RUNNING:
                    found.places = np.load(places, allow_pickle=False)
                    found.share, found.state = 1.0, DONE
        except Exception as reason:  # whatever it is: nobody would hear of it, and the page would wait
            if found.busy:
                found.message = found.message or f"t-SNE could not be computed ({reason}); try again"
                found.state = FAILED

    def _run(self, key: Hashable, found: Tsne, arguments: list[str]) -> None:
        """Run the process and follow its reports to its end. Raises OSError where it cannot be started or ends badly."""
        with self._lock:
            if found.state != WAITING:
                return
            process = subprocess.Popen(
                [sys.executable, "-m", "collab.services.tsne_process", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=Path(__file__).resolve().parents[2],
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            self._processes[key] = process
            found.state = RUNNING
        last = ""
        try:
            for line in process.stdout:
                last = line.strip() or last
                if report := _ITERATION.match(line):
                    found.share = min(1.0, int(report[1]) / N_ITERATIONS)
        finally:
            with self._lock:
                del self._processes[key]
            code = process.wait()  # before its input closes: that would end it
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
        if code != 0 and found.state == RUNNING:
            raise OSError(last or f"its process ended with {code}")
