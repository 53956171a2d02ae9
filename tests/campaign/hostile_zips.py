"""Hostile run files whose packing is at fault: bombs, names that lead elsewhere, flags, sums and lengths that lie, junk."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
from collections.abc import Iterator

from tests.campaign.forging import RECORD, WEIGHTS, Files, pack
from tests.campaign.hostile import Hostile

MEGABYTE = 1 << 20
NAMES = (
    "../x", "../../../../tmp/x", "/tmp/collab-escape", "/etc/cron.d/x", "C:\\x", "..\\..\\x", "runs/../../x", "a/../run.json",
    "./run.json", "run.json/", "RUN.JSON", "run.json\x00.csv", "weights.safetensors.tmp", "sub/run.json",
    "\u202enosj.nur", "x" * 5000, "latest.csv", ".lock", "run.json.", "con", "~/x", "$HOME/x", "profiles.sqlite",
)  # fmt: skip


def zips(files: Files, seed: int) -> Iterator[Hostile]:
    """All but the bombs, made of the files of a sound run."""
    pairs = list(files.items())
    for name in NAMES:
        shown = name if len(name) < 30 else f"{len(name)} signs"
        yield Hostile(f"a file called {shown!r}", pack([*pairs, (name, b"hostile")]))
    moved = [(f"run/{name}", content) for name, content in pairs]
    yield Hostile("all in a folder", pack(moved))
    for target in ("/etc/passwd", "../../profiles.sqlite"):
        yield Hostile(f"a link to {target} for the users", _with_link(files, "users.csv", target))
    yield Hostile("a file twice", pack([*pairs, pairs[0]]))
    yield Hostile("the record twice", pack([*pairs, (RECORD, b"{}")]))
    yield Hostile("no record", pack({name: content for name, content in pairs if name != RECORD}))
    yield Hostile("nothing in it", pack({}))
    yield Hostile("60,000 files", pack([*pairs, *((f"x{place}", b"") for place in range(60_000))]))
    yield Hostile("one name 2,000 times", pack([*pairs, *[(WEIGHTS, b"")] * 2000]))
    for kind, what in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")):
        yield Hostile(f"packed by {what}", pack(files, kind))
    yield Hostile("not packed", pack(files, zipfile.ZIP_STORED), harmless=True)
    sound = pack(files)
    yield Hostile("a zip in a zip", pack({**files, WEIGHTS: sound}))
    yield from _lies(files, sound)
    for what, content in (
        ("no byte", b""),
        ("no zip", b"PK\x03\x04 and no more"),
        ("text", b"hello " * 1000),
        ("the end alone", sound[-22:]),
        ("the first half", sound[: len(sound) // 2]),
        ("all but the last byte", sound[:-1]),
        ("a gzip", b"\x1f\x8b\x08\x00" + bytes(100)),
    ):
        yield Hostile(f"the file is {what}", content)
    yield Hostile("junk before it", b"junk " * 1000 + sound, harmless=True)
    yield Hostile("a program before it", b"MZ" + bytes(4096) + sound, harmless=True)
    yield Hostile("junk behind it", sound + b"junk " * 1000, harmless=True)
    yield Hostile("junk of 6 MB behind it", sound + bytes(6 * MEGABYTE), harmless=True)
    draw = random.Random(seed)
    for place in range(12):
        at = draw.randrange(len(sound))
        yield Hostile(f"cut at byte {at}", sound[:at])
        broken = bytearray(sound)
        for _ in range(2**place % 50 + 1):
            broken[draw.randrange(len(sound))] ^= 1 << draw.randrange(8)
        yield Hostile(f"bits turned, draw {place}", bytes(broken), harmless=same_content(bytes(broken), files))


def same_content(packed: bytes, files: Files) -> bool:
    """Whether an honest reader finds just these files in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            found = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except Exception:
        return False
    return sorted(found) == sorted(files.items())


def _with_link(files: Files, name: str, target: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in files.items():
            entry = zipfile.ZipInfo(each)
            if each == name:
                entry.create_system = 3  # Unix: the upper half of the attributes is a mode
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
                content = target.encode()
            archive.writestr(entry, content)
    return out.getvalue()


def _lies(files: Files, sound: bytes) -> Iterator[Hostile]:
    """Central directories that say something else than there is; see the format's "central directory file header"."""
    entries = _central(sound)

    def changed(what: str, name: str, offset: int, form: str, value: int, *, local: int | None = None) -> Hostile:
        forged = bytearray(sound)
        struct.pack_into(form, forged, entries[name] + offset, value)
        if local is not None:
            struct.pack_into(form, forged, _local(sound, entries[name]) + local, value)
        return Hostile(f"{name} {what}", bytes(forged), harmless=same_content(bytes(forged), files))

    for name in (RECORD, WEIGHTS):
        yield changed("marked as encrypted", name, 8, "<H", 1, local=6)
        yield changed("packed in an unknown way", name, 10, "<H", 99, local=8)
        yield changed("with a wrong sum", name, 16, "<I", 0xDEADBEEF, local=14)
        yield changed("said to be small", name, 24, "<I", 10, local=22)
        yield changed("said to be of 4 GB", name, 24, "<I", 0xFFFFFFF0, local=22)
        yield changed("packed into nothing", name, 20, "<I", 0, local=18)
        yield changed("that begins elsewhere", name, 42, "<I", 7)
        yield changed("that begins behind the end", name, 42, "<I", 0x7FFFFFFF)
        yield changed("said to be on another disk", name, 34, "<H", 3)
    overlapping = bytearray(sound)
    start = struct.unpack_from("<I", sound, entries[RECORD] + 42)[0]
    for name, place in entries.items():
        if name != RECORD:
            struct.pack_into("<I", overlapping, place + 42, start)
    yield Hostile("all files at one place", bytes(overlapping))


def bombs(files: Files) -> Iterator[Hostile]:
    """Few bytes that unpack to hundreds of megabytes."""
    bomb = dict(files) | {"history.csv": b"0" * 380_000_000}
    yield Hostile("history.csv of 380 MB, said to be small", _said_small(pack(bomb), "history.csv"))
    for name in ("weights.safetensors", "items.csv", "batches.csv"):
        packed = pack(dict(files) | {name: bytes(500_000_000)})
        yield Hostile(f"{name} of 500 MB of zeros", packed)
    for kind, what in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")):
        yield Hostile(f"100 MB packed by {what}", pack(dict(files) | {WEIGHTS: bytes(100_000_000)}, kind))
    noise = random.Random(0).randbytes(110 * MEGABYTE)
    yield Hostile("noise of 110 MB for weights", pack(dict(files) | {WEIGHTS: noise}, zipfile.ZIP_STORED))
    two = {"items.csv": bytes(390_000_000), "users.csv": bytes(390_000_000)}
    yield Hostile("two files of 390 MB", pack(dict(files) | two))


def _said_small(packed: bytes, name: str) -> bytes:
    forged = bytearray(packed)
    place = _central(packed)[name]
    struct.pack_into("<I", forged, place + 24, 1000)
    struct.pack_into("<I", forged, _local(packed, place) + 22, 1000)
    return bytes(forged)


def _central(packed: bytes) -> dict[str, int]:
    """Where the central directory speaks of each file."""
    places, place = {}, packed.index(b"PK\x01\x02")
    while packed[place : place + 4] == b"PK\x01\x02":
        lengths = struct.unpack_from("<HHH", packed, place + 28)
        places[packed[place + 46 : place + 46 + lengths[0]].decode()] = place
        place += 46 + sum(lengths)
    return places


def _local(packed: bytes, place: int) -> int:
    """Where the file's own header is."""
    return struct.unpack_from("<I", packed, place + 42)[0]
