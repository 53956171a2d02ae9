"""Disks that are full, read-only or gone: for real where a small tmpfs may be mounted, else by making this process's calls fail.

The injection stands in for the calls by which Python writes, below one folder and in this process alone, and for SQLite's writing
statements there. What the same calls write on a sound disk can be listed, which tells whether a button writes at all."""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.campaign.product import JobQueue

FULL, READ_ONLY, GONE = "full", "read-only", "gone"
KINDS = (FULL, READ_ONLY, GONE)
CODES = {FULL: errno.ENOSPC, READ_ONLY: errno.EROFS}
SQLITE = {FULL: "database or disk is full", READ_ONLY: "attempt to write a readonly database"}
ONE_PATH = ("mkdir", "truncate", "utime", "chmod", "unlink", "remove", "rmdir")  # calls of the module os
CALLS = {
    **dict.fromkeys(ONE_PATH, 1),
    **dict.fromkeys(("replace", "rename", "link", "symlink"), 2),
}  # with how many paths
FREEING = ("unlink", "remove", "rmdir", "utime", "chmod")  # a full disk does these
WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "REPLACE")
TMPFS_SIZE = "64m"


@contextmanager
def intercepted(folder: Path, told: Callable[[str, str], None]) -> Iterator[None]:
    """Tell of every call that writes below `folder`, its name and its path, before it happens; it may raise instead."""
    real_open, real_os_open, real_fsync, real_run = builtins.open, os.open, os.fsync, JobQueue._run
    real = {name: getattr(os, name) for name in CALLS}
    below = str(folder.resolve())

    def tell(call: str, path: Any, start: int | None = None) -> None:
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        if isinstance(path, str | bytes | os.PathLike):
            base = os.readlink(f"/proc/self/fd/{start}") if start is not None else os.getcwd()
            full = os.path.normpath(os.path.join(base, os.fsdecode(path)))
            if full == below or full.startswith(below + os.sep):
                told(call, full)

    def open_(file: Any, mode: str = "r", *words: Any, **named: Any) -> Any:
        if not isinstance(file, int) and any(sign in mode for sign in "wax+"):
            tell("open", file)
        return real_open(file, mode, *words, **named)

    def os_open(path: Any, flags: int, *words: Any, dir_fd: int | None = None, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            tell("open", path, dir_fd)
        return real_os_open(path, flags, *words, dir_fd=dir_fd, **named)

    def fsync(descriptor: int) -> None:
        tell("fsync", descriptor)
        real_fsync(descriptor)

    def wrapped(name: str) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            for path in words[: CALLS[name]]:
                tell(name, path, named.get("dir_fd", named.get("src_dir_fd")))
            return real[name](*words, **named)

        return call

    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        if statement.lstrip().upper().startswith(WRITING):
            for _, _, path in cursor.connection.execute("PRAGMA database_list"):
                tell("sqlite", path)

    def run(queue: JobQueue, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement.startswith(WRITING) and " lanes " not in statement:  # without a warm worker nothing is lost
            tell("sqlite", queue.file)
        return real_run(queue, statement, *values)

    builtins.open = io.open = open_
    os.open, os.fsync = os_open, fsync
    JobQueue._run = run
    for name in CALLS:
        setattr(os, name, wrapped(name))
    event.listen(Engine, "do_execute", execute)
    event.listen(Engine, "do_executemany", execute)
    try:
        yield
    finally:
        event.remove(Engine, "do_execute", execute)
        event.remove(Engine, "do_executemany", execute)
        JobQueue._run = real_run
        builtins.open = io.open = real_open
        os.open, os.fsync = real_os_open, real_fsync
        for name, call in real.items():
            setattr(os, name, call)


@contextmanager
def listing(folder: Path) -> Iterator[list[str]]:
    """The paths below `folder` that this process writes to meanwhile, but for the thread that looks after its jobs."""
    written: list[str] = []

    def note(call: str, path: str) -> None:
        if threading.current_thread().name != "jobs":
            written.append(path)

    with intercepted(folder, note):
        yield written


@contextmanager
def failing(folder: Path, kind: str, after: int = 0) -> Iterator[None]:
    """Every call of this process that writes below `folder` fails, but for the first `after`: a disk that fills meanwhile."""
    left = [after]

    def refuse(call: str, path: str) -> None:
        if kind == FULL and call in FREEING:
            return
        left[0] -= 1
        if left[0] >= 0:
            return
        if call == "sqlite":
            raise sqlite3.OperationalError(SQLITE[kind])
        raise OSError(CODES[kind], os.strerror(CODES[kind]), path)

    with intercepted(folder, refuse):
        yield


@contextmanager
def away(folder: Path) -> Iterator[None]:
    """The folder is not there; what was made in its place meanwhile is thrown away."""
    place = folder.with_name(f"{folder.name}.away")
    folder.rename(place)
    try:
        yield
    finally:
        while folder.exists():  # a worker that still writes there may be quicker once or twice
            shutil.rmtree(folder, ignore_errors=True)
        place.rename(folder)


def injected(folder: Path, kind: str) -> contextlib.AbstractContextManager[None]:
    """A broken disk of that kind below `folder`, for this process."""
    return away(folder) if kind == GONE else failing(folder, kind)


# --- for real ----------------------------------------------------------------------------------------------------------------


def _mount(*words: str) -> bool:
    try:
        return subprocess.run(["mount", *words], capture_output=True, timeout=30).returncode == 0
    except OSError:
        return False


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=30)


def may_mount(folder: Path) -> bool:
    """Whether a tmpfs can be mounted here, which takes Linux and root."""
    place = folder / "try"
    place.mkdir()
    try:
        if not shutil.which("mount") or not _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)):
            return False
        _unmount(place)
        return True
    finally:
        place.rmdir()


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A disk of its own at `place`, of 64 MB."""
    place.mkdir(parents=True, exist_ok=True)
    if not _mount("-t", "tmpfs", "-o", f"size={TMPFS_SIZE}", "tmpfs", str(place)):
        raise OSError(f"{place} cannot take a tmpfs")
    try:
        yield
    finally:
        _unmount(place)


@contextmanager
def really(folder: Path, kind: str) -> Iterator[None]:
    """The small disk that holds `folder` is full, or mounted read-only, or another that is empty is mounted over it."""
    if kind == FULL:
        filler = folder.parent / "filler"
        with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while out.write(bytes(1 << 16)):
                pass
        try:
            yield
        finally:
            filler.unlink()
        return
    if kind == GONE:
        if not _mount("-t", "tmpfs", "-o", "size=64k,ro", "tmpfs", str(folder)):
            raise OSError(f"nothing can be mounted over {folder}")
        try:
            yield
        finally:
            _unmount(folder)
        return
    twin = folder.with_name(f"{folder.name}.twin")
    twin.mkdir()
    _mount("--bind", str(folder), str(twin))
    _mount("-o", "remount,bind,ro", str(twin))
    _mount("--bind", str(twin), str(folder))
    try:
        yield
    finally:
        _unmount(folder)
        _unmount(twin)
        twin.rmdir()
