"""Damage: every kind of damage, in every file of a run folder, met by every page.

What may happen to a folder on a disk, or be done to it by hand, is done to a copy of a trained run: a file that is gone, empty,
cut off, turned over in one bit, something else altogether, or well-formed nonsense whose sums are right. The page is opened by a
link to that run (a sound one stands beside it), with no link where the run is all there is, and with no link where it is the
newest, and pinned, before a sound one. A page must never end in a traceback, never show the damaged run as if nothing were the
matter, and always leave a way on."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.campaign import forging
from tests.campaign.dashboard import link_of, serving, troubles, turn, visitor, ways_on
from tests.campaign.forging import RECORD, WEIGHTS, Files
from tests.campaign.product import PAGES, SAMPLE, RunError, RunStore, command, new_id
from tests.campaign.report import Clock, Figure

MINUTES = 20
LINKED, ALONE, PINNED = "linked", "alone", "pinned"
SITUATIONS = (LINKED, ALONE, PINNED)
FOLDER = object()
NUMBERS = {
    "history.csv": ("epoch", "valid_loss"),
    "batches.csv": ("step", "epoch"),
    "items.csv": ("n_ratings", "damped_mean"),
    "users.csv": ("n_ratings", "damped_mean"),
}
NEEDED = (RECORD, "items.csv", "users.csv", WEIGHTS)  # by every page that shows a run; the curves are drawn by two
FREE = ("digest", "files", "environment")  # the sums are recomputed; what else it depended on is text
CURVES = ("train", "runs")
WRONG_TYPES = ([], {}, "x", 5, True, [[]], {"a": 1})
DEEP = 100_000


@dataclass(frozen=True)
class Case:
    """A page that meets a run whose `file` has that kind of damage."""

    page: str
    file: str
    kind: str
    situation: str
    seed: int

    def __str__(self) -> str:
        return f"{self.page}, {self.file} {self.kind}, {self.situation}, seed {self.seed}"


# --- kinds of damage: each makes new files of the run's, or None where the file cannot have it -------------------------------


def _content(make: Callable[[bytes, random.Random], bytes]) -> Callable[[Files, str, random.Random], Files | None]:
    return lambda files, name, draw: files | {name: make(files[name], draw)}


def _flipped(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def _missing(files: Files, name: str, draw: random.Random) -> Files:
    return {each: content for each, content in files.items() if each != name}


def _entry(value: Callable[[random.Random, object], object], suits: Callable[[object], bool]):
    """Another value at a drawn place of the record that `suits`; a drawn cell of a table; numbers of the weights."""

    def make(files: Files, draw: random.Random) -> Files:
        values = json.loads(files[RECORD])
        paths = [
            path for path in leaves(values) if suits(forging.at(values, path)) and path[0] not in ("digest", "files")
        ]
        path = draw.choice(paths)
        return forging.with_record(files, lambda known: forging.put(known, path, value(draw, forging.at(values, path))))

    return make


def leaves(values: object, path: tuple = ()) -> Iterable[tuple]:
    """The paths of all entries of nested lists and dictionaries, the inner nodes too, but for the root."""
    if path:
        yield path
    steps = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for step, value in steps:
        yield from leaves(value, (*path, step))


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _another_type(draw: random.Random, value: object) -> object:
    others = [
        each for each in WRONG_TYPES if type(each) is not type(value) and not (is_number(each) and is_number(value))
    ]
    return draw.choice(others or [None])


def _wrong_types(files: Files, name: str, draw: random.Random) -> Files | None:
    if name == RECORD:
        return _entry(_another_type, lambda value: True)(files, draw)
    if name == WEIGHTS:
        kind = draw.choice(("I64", "BOOL", "F16", "C64", 7))
        table = draw.choice(sorted(forging_tables(files)))
        changed = forging.with_header(files[name], lambda header: header[table].update(dtype=kind))
        return forging.with_file(files, name, changed)
    return _cell(files, name, draw, "many")


def _huge(files: Files, name: str, draw: random.Random) -> Files | None:
    if name == RECORD:
        return _entry(lambda draw, _: draw.choice((10**400, 1e308, 2**63, float("inf"))), is_number)(files, draw)
    if name == WEIGHTS:
        return forging.with_file(
            files, name, forging.with_tables(files[name], lambda tables: _fill(tables, draw, 3e38))
        )
    return _cell(files, name, draw, draw.choice(("9" * 400, "1e308", "inf", "9223372036854775808")))


def _not_numbers(files: Files, name: str, draw: random.Random) -> Files | None:
    if name == RECORD:
        return _entry(lambda draw, _: float("nan"), is_number)(files, draw)
    if name == WEIGHTS:
        nan = float("nan")
        return forging.with_file(files, name, forging.with_tables(files[name], lambda tables: _fill(tables, draw, nan)))
    return _cell(files, name, draw, "nan")


def _negative(files: Files, name: str, draw: random.Random) -> Files | None:
    if name == RECORD:
        seeds = draw.choice((("split_seed",), ("settings", "seed"), ("n_train",), ("n_steps",), ("valid", "mse")))
        return forging.with_record(files, lambda values: forging.put(values, seeds, -draw.choice((1, 2**40))))
    return None if name == WEIGHTS else _cell(files, name, draw, "-7")


def _far_dates(files: Files, name: str, draw: random.Random) -> Files | None:
    if name == RECORD:
        when = draw.choice(("9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "yesterday", ""))
        return forging.with_record(files, lambda values: values.update(created=when))
    if name == "items.csv":
        year = draw.choice(("9999", "-1", "99999999999", "MCMXCV"))
        row = draw.randrange(1, 200)
        return forging.with_file(files, name, forging.with_cell(files[name], row, "year", year))
    return None


def _cell(files: Files, name: str, draw: random.Random, text: str) -> Files | None:
    if name not in NUMBERS:
        return None
    row = draw.randrange(len(forging.rows_of(files[name])) - 1)
    content = forging.with_cell(files[name], row, draw.choice(NUMBERS[name]), text)
    return forging.with_file(files, name, content)


def forging_tables(files: Files) -> list[str]:
    """Names of the tables in the weights."""
    names: list[str] = []
    forging.with_header(files[WEIGHTS], lambda header: names.extend(set(header) - {"__metadata__"}))
    return names


def _fill(tables: dict, draw: random.Random, value: float) -> None:
    table = tables[draw.choice(sorted(name for name in tables if tables[name].dtype.kind == "f"))]
    table.flat[draw.randrange(table.size)] = value


KINDS: dict[str, Callable[[Files, str, random.Random], Files | None]] = {
    "missing": _missing,
    "empty": _content(lambda content, draw: b""),
    "cut in half": _content(lambda content, draw: content[: len(content) // 2]),
    "with one bit turned": _content(_flipped),
    "that is []": _content(lambda content, draw: b"[]"),
    "that is null": _content(lambda content, draw: b"null"),
    "nested 100,000 deep": _content(lambda content, draw: b"[" * DEEP + b"]" * DEEP),
    "not UTF-8": _content(lambda content, draw: b"\xff\xfe" + content),
    "of zeros": _content(lambda content, draw: bytes(len(content))),
    "of another file": lambda files, name, draw: files | {name: files[WEIGHTS if name == "items.csv" else "items.csv"]},
    "that is a folder": lambda files, name, draw: files | {name: FOLDER},
    "with wrong types": _wrong_types,
    "with huge numbers": _huge,
    "with NaN": _not_numbers,
    "with negative numbers": _negative,
    "with impossible dates": _far_dates,
}  # fmt: skip


# --- one case ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What a page has done wrong."""

    tracebacks: tuple[str, ...] = ()
    as_if_fine: bool = False
    no_way_on: bool = False


def prepare(case: Case, trained: Path, sound_id: str, home: Path) -> str | None:
    """Make `home` hold what the case asks for; returns the id of the damaged run, None where there is no such damage."""
    draw = random.Random(case.seed)
    runs = home / "runs"
    damaged_id = new_id()
    files = forging.read(trained / "runs" / sound_id)
    files = forging.with_record(files, lambda values: values.update(id=damaged_id, name="The damaged run"))
    damaged = KINDS[case.kind](files, case.file, draw)
    if damaged is None or damaged == files:
        return None
    folder = runs / damaged_id
    forging.write(files, folder)
    if case.situation != ALONE and not (runs / sound_id).exists():
        shutil.copytree(trained / "runs" / sound_id, runs / sound_id)
    if case.situation == PINNED:
        pin(damaged_id)
    for name in files:
        if damaged.get(name) != files[name]:
            (folder / name).unlink()
            if name in damaged and damaged[name] is FOLDER:
                (folder / name).mkdir()
            elif name in damaged:
                (folder / name).write_bytes(damaged[name])
    return damaged_id


def pin(run_id: str) -> None:
    """Pin a run as the host does. Raises AssertionError where that is refused."""
    answer = command("pin", run_id)
    assert answer.code == 0, answer.err


def open_case(case: Case, damaged_id: str) -> AppTest:
    """A visitor in the case's situation."""
    return visitor(case.page, data=SAMPLE, **({"run": damaged_id} if case.situation == LINKED else {}))


def meet(case: Case, damaged_id: str, home: Path, app: AppTest) -> Verdict:
    """Run the page once and judge what it shows."""
    found = turn(app)
    if found:
        return Verdict(tuple(found))
    shown = link_of(app, "run") == damaged_id
    concerns = case.file in NEEDED or case.page in CURVES
    fine = shown and concerns and not troubles(app)
    stuck = bool(troubles(app)) or not app.title
    no_way = stuck and not _sound(home, link_of(app, "run"), damaged_id) and not ways_on(app)
    return Verdict((), fine, no_way)


def _sound(home: Path, run_id: str, damaged_id: str) -> bool:
    """Whether the run in use is another one that can be read."""
    if not run_id or run_id == damaged_id:
        return False
    try:
        RunStore(home).record(run_id)
    except RunError:
        return False
    return True


def new_figures(planned: int) -> list[Figure]:
    names = ("tracebacks over damaged run folders", "damaged runs shown as if fine", "damaged runs without a way on")
    return [Figure(name, planned=planned) for name in names]


def count(figures: list[Figure], case: Case, verdict: Verdict) -> None:
    """Add a case's verdict to the three figures."""
    what = f"{case.file} {case.kind} ⟵ {case}"
    figures[0].add(*(f"{cause} ⟵ {case}" for cause in verdict.tracebacks[:1]))
    figures[1].add(*([what] if verdict.as_if_fine else []))
    figures[2].add(*([what] if verdict.no_way_on else []))


def cases(seed: int, pages: Iterable[str] = PAGES) -> list[Case]:
    """All of them, in an order drawn by the seed."""
    draw = random.Random(seed)
    made = [
        Case(page, file, kind, situation, draw.randrange(1 << 30))
        for page in pages
        for file in (RECORD, "history.csv", "batches.csv", "items.csv", "users.csv", WEIGHTS)
        for kind in KINDS
        for situation in SITUATIONS
    ]
    draw.shuffle(made)
    return made


def short_cases(page: str, seed: int) -> list[Case]:
    """Each kind once on the page, by its link; files take turns, from page to page too."""
    files = (RECORD, "items.csv", WEIGHTS, RECORD, "users.csv", "history.csv", RECORD, "batches.csv")
    start = PAGES.index(page) + seed
    made = []
    for place, kind in enumerate(KINDS, start):
        file = files[place % len(files)]
        if kind == "with impossible dates":
            file = (RECORD, "items.csv")[place % 2]
        if kind == "with negative numbers" and file == WEIGHTS:
            file = RECORD
        made.append(Case(page, file, kind, LINKED, place))
    return made


def short_run(trained: Path, sound_id: str, page: str, chosen: list[Case], home: Path) -> list[Figure]:
    """The chosen cases of one page, met by one visitor who follows one link after the other."""
    figures = new_figures(len(chosen))
    with serving(home):
        app = visitor(page, data=SAMPLE, run=sound_id)
        for case in chosen:
            damaged_id = prepare(case, trained, sound_id, home)
            assert damaged_id is not None, f"there is no such damage: {case}"
            app.query_params["run"] = damaged_id
            verdict = meet(case, damaged_id, home, app)
            count(figures, case, verdict)
            if verdict.tracebacks:
                app = visitor(page, data=SAMPLE, run=sound_id)
            shutil.rmtree(home / "runs" / damaged_id)
    return figures


def run(trained: Path, sound_id: str, chosen: list[Case], clock: Clock) -> list[Figure]:
    """Meet all chosen cases until time is up. `trained` is a home that holds the sound run."""
    figures = new_figures(len(chosen))
    for case in chosen:
        if clock.is_over:
            break
        with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as name:
            home = Path(name)
            with serving(home):
                damaged_id = prepare(case, trained, sound_id, home)
                if damaged_id is None:
                    for each in figures:
                        each.planned -= 1
                    continue
                app = open_case(case, damaged_id)
                verdict = meet(case, damaged_id, home, app)
                if not verdict.tracebacks:
                    verdict = replace(verdict, tracebacks=tuple(turn(app)))  # what the link says now, and what is kept
                count(figures, case, verdict)
    return figures
