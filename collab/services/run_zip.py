"""A run as one zip file, to be kept or opened elsewhere: export_zip, import_zip.

A file from outside is not trusted: its members, their sizes and the record are checked before anything else is read, members are
unpacked to the disk piece by piece, and the tables are checked against the record, and the shapes of the weights against the
settings, before a model is built.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import zipfile
from pathlib import Path

from collab.data.archive import UNREADABLE
from collab.data.splitting import sealed_share, with_sealed
from collab.errors import RunError
from collab.services.run_files import PIECE, check_files
from collab.services.run_record import FILES, LARGEST_RECORD, FileMark, RunRecord, checked_name
from collab.services.runs import RunStore

LARGEST_ALL = 512_000_000  # bytes, unpacked
LARGEST = {"history.csv": 200_000, "batches.csv": 500_000, "items.csv": 100_000_000, "users.csv": 100_000_000}
UNPACKED_AT_LEAST, UNPACKED_TIMES = 4_000_000, 8
"""A zip may unpack to so many bytes plus so many times its own size: learned numbers hardly compress, made-up ones do."""

WHENEVER = (1980, 1, 1, 0, 0, 0)  # a fixed date: the same run gives the same file
SIGNS = re.compile(r"[^\w .,;:()’'%+-]")  # characters that Markdown or HTML could interpret
ROWS_OF_RUN = "rows:valid_rows.csv"  # no path is exported or imported: the zip holds the rows themselves


# --- export ------------------------------------------------------------------------------------------------------------


def export_zip(store: RunStore, run_id: str) -> bytes:
    """The run's files as a zip that `import_zip` reads. Raises RunError for a run that has not ended or is damaged."""
    record, files = store.record(run_id), store.files_of(run_id)
    record = dataclasses.replace(
        record, starter="", owner="", holdout=_without_path(record.holdout)
    )  # who started it stays private
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in files:
                content = record.to_json().encode() if name == "run.json" else files[name].read_bytes()
                archive.writestr(zipfile.ZipInfo(name, WHENEVER), content, zipfile.ZIP_DEFLATED)
    except OSError as reason:
        raise RunError(f"the files of run {run_id} cannot be read ({reason.strerror or reason})") from reason
    return out.getvalue()


def _without_path(holdout: str) -> str:
    if not holdout.startswith("rows:"):
        return holdout
    share = sealed_share(holdout)[1]
    return with_sealed(ROWS_OF_RUN, share) if share else ROWS_OF_RUN


# --- import ------------------------------------------------------------------------------------------------------------


def import_zip(store: RunStore, file: Path) -> RunRecord:
    """Add the run in a zip of `export_zip`; returns its record, with a new id if its own is taken.

    Raises RunError, naming what is wrong, or StorageError if there is no room; nothing is left behind then.
    """
    try:
        if not file.is_file():
            raise RunError(f"there is no file {file}")
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, file.stat().st_size)
            record = _checked_record(_read(archive, members.pop("run.json")), set(members))

            def fill(folder: Path) -> None:
                for name, member in members.items():
                    _unpack(archive, member, folder / name, record.files[name])
                check_files(folder, record)

            return store.bring_in(record, fill)
    except (*UNREADABLE, ValueError) as reason:
        raise RunError(f"the file is no zip of a run, or is damaged ({reason}); get it again") from reason


def _members(archive: zipfile.ZipFile, packed_size: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name, checked as far as the zip's own directory allows."""
    members = archive.infolist()
    if unknown := [member.filename for member in members if member.filename not in FILES]:
        raise RunError(
            f"the zip holds {unknown[0][:60]!r}, which is no file of a run; a run's files are {', '.join(FILES)}"
        )
    by_name = {member.filename: member for member in members}
    if len(by_name) < len(members) or "run.json" not in by_name:
        raise RunError(
            "the zip holds a file twice" if "run.json" in by_name else "the zip is no run: it has no run.json"
        )
    for name, member in by_name.items():
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RunError(f"{name} in the zip is encrypted or packed in an unknown way")
        limit = LARGEST_RECORD if name == "run.json" else LARGEST.get(name, LARGEST_ALL)
        if member.file_size > limit:
            raise RunError(f"{name} in the zip is larger than the {limit:,} bytes that are allowed")
    limit = min(LARGEST_ALL, UNPACKED_AT_LEAST + UNPACKED_TIMES * packed_size)
    if (size := sum(member.file_size for member in members)) > limit:
        raise RunError(f"the zip unpacks to {size:,} bytes, and no run of its size to more than {limit:,}")
    return by_name


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as packed:
        content = packed.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise RunError(f"{member.filename} in the zip is not as long as the zip says")
    return content


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path, mark: FileMark) -> None:
    """Write a member to `file`, piece by piece. Raises RunError unless it is what `mark` says."""
    found, size = hashlib.sha256(), 0
    with archive.open(member) as packed, file.open("xb") as out:
        while size <= mark.size and (piece := packed.read(PIECE)):
            found.update(piece)
            size += len(piece)
            out.write(piece)
    if (size, found.hexdigest()) != (mark.size, mark.sha256):
        raise RunError(f"{file.name} in the zip is not what was written: its digest says so; get it again")


def _checked_record(content: bytes, names: set[str]) -> RunRecord:
    """The record in run.json. Raises RunError unless its run has ended and its files are those in `names`."""
    record = RunRecord.from_json(content)
    if record.busy:
        raise RunError(f"the run in the zip has not ended: it is {record.state}")
    if set(record.files) != names:
        odd = sorted(set(record.files) ^ names)
        raise RunError(f"the zip is not whole: it and its run.json do not agree about {', '.join(odd)}")
    if record.holdout.startswith("rows:"):
        if "valid_rows.csv" not in names:
            raise RunError("the zip is not whole: it has no valid_rows.csv")
        record = dataclasses.replace(record, holdout=_without_path(record.holdout))
    return dataclasses.replace(
        record,
        name=checked_name(record.name),
        message=SIGNS.sub(" ", record.message),
        environment={
            name: SIGNS.sub(" ", value) if isinstance(value, str) else value
            for name, value in record.environment.items()
        },
        starter="",
        owner="",
    )
