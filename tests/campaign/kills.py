"""Kills: whoever writes is ended by SIGKILL at a random moment, as by a crash or a lack of memory.

The worker while it trains; the server that owns queue and worker; an import; an export; a loop that renames, deletes and brings
back. Afterwards, with what is interrupted found out and housekeeping done by a clock that is an hour later: every run that had
ended before must still be there (or in the trash) and readable, no run may be unreadable, and nothing may be left of the work
that was broken off."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import tempfile
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.campaign import forging, isolated, victims
from tests.campaign.product import FILES, CollabError, RunStore, tidy, train
from tests.campaign.report import Clock, Figure

MINUTES = 8
N_KILLS = 300
WORKER, SERVER, IMPORT, EXPORT, KEEP = "worker", "server", "import", "export", "rename, delete, restore"
VICTIMS = (WORKER, SERVER, IMPORT, EXPORT, KEEP)
LONGEST = {WORKER: 0.6, SERVER: 0.6, IMPORT: 0.15, EXPORT: 0.15, KEEP: 0.05}  # seconds from its beginning to the kill
PATIENCE = 20.0
HEX = re.compile(r"[0-9a-f]{8,}")


@dataclass(frozen=True)
class Before:
    """A home with finished runs, and the same runs packed."""

    home: Path
    run_ids: list[str]
    zip: bytes


def prepare(folder: Path) -> Before:
    """Three finished runs."""
    run_ids = [train(folder), train(folder, epochs=2), train(folder, "mean", "fast")]
    for lock in (folder / "owners").glob("*.lock"):  # of these trainings
        lock.unlink()
    return Before(folder, run_ids, forging.pack(forging.read(folder / "runs" / run_ids[0])))


def new_figures() -> list[Figure]:
    names = ("runs lost to kills", "runs that cannot be read after kills", "files and folders left over after kills")
    return [Figure(name) for name in names]


def kill(victim: str, seed: int, before: Before, figures: list[Figure]) -> None:
    """Let the victim work on a copy of the home, end it at a moment drawn by the seed, and see what is there afterwards."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as name:
        home, out = Path(name, "home"), Path(name, "out")
        shutil.copytree(before.home, home)
        out.mkdir()
        (out.parent / "run.zip").write_bytes(before.zip)
        delay = draw.random() * LONGEST[victim]
        _let_work_and_kill(victim, seed, delay, home, out, before)
        lost, unreadable, left = look(home, before.run_ids)
        left += unfinished(out)
    case = f"{victim} after {delay:.3f} s, seed {seed}"
    for figure, found in zip(figures, (lost, unreadable, left), strict=True):
        figure.add(*(f"{victim}: {each} ⟵ {case}" for each in found))


def _let_work_and_kill(victim: str, seed: int, delay: float, home: Path, out: Path, before: Before) -> None:
    words: dict[str, tuple] = {
        WORKER: (victims.server, str(home), seed),
        SERVER: (victims.server, str(home), seed),
        IMPORT: (victims.importer, str(home), str(out.parent / "run.zip")),
        EXPORT: (victims.exporter, str(home), before.run_ids[0], str(out)),
        KEEP: (victims.housekeeper, str(home), before.run_ids),
    }
    process, line = isolated.start(*words[victim])
    try:
        worker = line.recv() if victim in (WORKER, SERVER) else None
        if victim in (WORKER, SERVER):
            line.recv()  # the first run is in the queue
        time.sleep(delay)
        if victim == WORKER:
            os.kill(worker, signal.SIGKILL)
            time.sleep(0.1)  # the server notices, ends that run, and goes on
        _kill(process)
        wait_until_gone(process.pid)
    finally:
        _kill(process)
        line.close()


def _kill(process: BaseProcess) -> None:
    if process.exitcode is None and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def wait_until_gone(session: int) -> None:
    """Until nobody of the session lives: a worker saves what it has when its server is gone. Who takes too long is ended."""
    end = time.monotonic() + PATIENCE
    while living := _of_session(session):
        if time.monotonic() > end:
            for pid in living:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _of_session(session: int) -> list[int]:
    """Process ids of those that live."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of = (place / "stat").read_text().rpartition(") ")[2].split()[:4]
        except OSError:
            continue
        if int(of) == session and state not in "ZX":
            found.append(int(place.name))
    return found


def look(home: Path, run_ids: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Which finished runs are lost, which are unreadable, and what is left over, an hour later."""
    store = tidy(home)
    there, deleted = {record.id for record in store.records()}, {record.id for record in store.deleted()}
    damaged = {each.id: each.reason for each in store.damaged()}
    gone = [run_id for run_id in run_ids if run_id not in there | deleted]
    lost = ["a finished run is damaged" if run_id in damaged else "a finished run is gone" for run_id in gone]
    unreadable = [f"damaged: {HEX.sub('#', reason)[:80]}" for reason in damaged.values()]
    for record in store.records():
        if record.has_weights:
            unreadable += _loads(store, record.id)
    waiting = {f"{record.id}.partial" for record in store.records() if record.state == "queued" and not record.owner}
    return lost, unreadable, left_over(home, waiting)


def _loads(store: RunStore, run_id: str) -> list[str]:
    try:
        store.load(run_id)
        store.progress(run_id)
    except CollabError as reason:
        return [HEX.sub("#", str(reason))[:80]]
    return []


def left_over(home: Path, waiting: Iterable[str] = ()) -> list[str]:
    """What is in the home that belongs to no run that is there, has ended or is `waiting` for another server: scratch files,
    unfinished folders, locks of nobody."""
    known = {"runs", "trash"}
    found = []
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        within_run = parts[0] == "runs" and any(re.fullmatch(r"[0-9a-f]{8}", part) for part in parts[1:])
        scratch = path.name not in waiting and re.search(r"\.(tmp|partial|incoming|part)\b", path.name)
        lock = parts[0] == "owners" and path.suffix == ".lock"
        stray = within_run and path.is_file() and path.name not in FILES
        folder = path.is_dir() and parts[0] == "runs" and not within_run and path.name not in {*known, *waiting}
        if scratch or lock or stray or folder or (parts[0] == "trials" and len(parts) > 1):
            found.append(HEX.sub("#", "/".join(parts)))
    return found


def unfinished(folder: Path) -> list[str]:
    """Exports that are no whole zip; a scratch file beside them is called otherwise, and nobody takes it for one."""
    found = []
    for path in sorted(folder.glob("*.zip")):
        if not zipfile.is_zipfile(path) or zipfile.ZipFile(path).testzip():
            found.append("half an export under its final name")
    return found


def run(before: Before, n_kills: int, seed: int, clock: Clock) -> list[Figure]:
    """So many kills, the victims taking turns."""
    figures = new_figures()
    for each in figures:
        each.planned = n_kills
    for place in range(n_kills):
        if clock.is_over:
            break
        kill(VICTIMS[place % len(VICTIMS)], seed * 1_000_003 + place, before, figures)
    return figures
