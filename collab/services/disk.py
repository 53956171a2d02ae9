"""Crash-safe writes, and readable errors for those that fail."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from collab.errors import StorageError

_FULL, _NOT_ALLOWED, _GONE = (
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    (errno.EACCES, errno.EPERM),
    (errno.ENOENT, errno.ENOTDIR),
)


@contextlib.contextmanager
def writing(what: str, folder: Path, safe: str = "What was there before is unchanged.") -> Iterator[None]:
    """Turn an OSError raised in the block into a StorageError that says `what` failed in `folder` and what is `safe`."""
    try:
        yield
    except OSError as reason:
        raise StorageError(f"{what}: {why(reason, folder)}. {safe} {_remedy(reason)}") from reason


def why(reason: OSError, folder: Path) -> str:
    """What is wrong with the disk, in words."""
    if reason.errno in _FULL:
        return f"the disk that holds {folder} is full"
    if reason.errno == errno.EROFS:
        return f"the disk that holds {folder} is read-only"
    if reason.errno in _NOT_ALLOWED:
        return f"{folder} may not be written to"
    if reason.errno in _GONE:
        return f"{folder}, or a folder in it, is gone"
    return f"{folder} cannot be written to ({reason.strerror or reason})"


def _remedy(reason: OSError) -> str:
    if reason.errno in _FULL:
        return "Make room on it, then try again"
    if reason.errno in _GONE:
        return "Bring the folder back, or start Collab anew, then try again"
    return "Let Collab write there, or name another folder in COLLAB_HOME, then try again"


def replace(file: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file atomically, so that no reader sees half of it; `durable`: even after a power failure."""
    scratch = file.with_name(f"{file.name}.{secrets.token_hex(4)}.tmp")
    try:
        with scratch.open("xb") as out:
            out.write(content)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        os.replace(scratch, file)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise
    if durable:
        sync(file.parent)


def sync(place: Path) -> None:
    """Flush the content of a file, or the names in a folder, to the disk."""
    if os.name == "nt" and place.is_dir():  # folders cannot be opened there
        return
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
