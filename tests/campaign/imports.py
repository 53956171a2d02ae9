"""Imports: damaged, hostile and oversized run files against `import-run`.

Forged records, weights and tables, hostile zips and small files that grow come from modules of their own; hypothesis draws more:
entries of another type, cells that are no numbers, bytes of the zip changed, names of files. Of each file it is known whether
it is wrong. Every one is imported into an empty home by a process of its own: whether it came in though it is wrong, what was
written outside the home, what a refused file has left, and how much memory it took. Untouched exports of every model must come
in, and predict the same."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies

from tests.campaign import forging, isolated
from tests.campaign.damage import FREE, NUMBERS, is_number, leaves
from tests.campaign.forging import RECORD, Files, with_cell, with_file, with_record
from tests.campaign.hostile import Hostile
from tests.campaign.hostile_files import small_that_grow, tables, weights
from tests.campaign.hostile_records import records, stands
from tests.campaign.hostile_zips import bombs, same_content, zips
from tests.campaign.isolated import Done
from tests.campaign.product import FILES, MODELS, QUICK, Command, RunStore, command, train, variables
from tests.campaign.report import Clock, Figure

MINUTES = 10
MEASURED = 5_000_000  # bytes: of files up to this size the memory is measured
MOST_PEAK = 300_000_000  # bytes over the idle process
N_DRAWN = 120
GROWING = ("bayes", "dot-bias", "deep", "net")  # models whose settings decide how large they are


# --- what is imported --------------------------------------------------------------------------------------------------------


def everything(files: Files, others: dict[str, Files], seed: int) -> Iterator[Hostile]:
    """All hostile files made of the `files` of a sound run; where `others`, by model, are given, those that grow too."""
    yield from chain(zips(files, seed), records(files), weights(files), tables(files), drawn(files, seed, N_DRAWN))
    yield from bombs(files) if others else ()
    for model, known in others.items():
        for each in small_that_grow(known) if model == GROWING[0] else _that_grow_by_settings(known):
            yield Hostile(f"{model}: {each.what}", each.content, each.harms, each.harmless)


def _that_grow_by_settings(files: Files) -> Iterator[Hostile]:
    return (each for each in small_that_grow(files) if " = " in each.what)


def drawn(files: Files, seed: int, n: int) -> list[Hostile]:
    """So many files that hypothesis draws."""
    made: list[Hostile] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=n,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(_mutations(files))
    def draw(hostile: Hostile) -> None:
        made.append(hostile)

    draw()
    return made


def _mutations(files: Files) -> strategies.SearchStrategy[Hostile]:
    """Files with one thing wrong, or bytes changed in the packed file."""
    values = json.loads(files[RECORD])
    paths = [path for path in leaves(values) if path[0] not in FREE and forging.at(values, path) is not None]
    leaf = strategies.none() | strategies.booleans() | strategies.floats() | strategies.integers() | strategies.text()
    junk = strategies.recursive(
        leaf, lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner), max_leaves=8
    )
    sound = forging.pack(files)

    def entry(path: tuple, value: Any) -> Hostile:
        forged = with_record(files, lambda known: forging.put(known, path, value))
        return Hostile(f"{path} = {value!r:.40}", forged, lambda known: stands(known, path, value))

    def cell(name: str, column: str, row: int, text: str) -> Hostile:
        row %= len(forging.rows_of(files[name])) - 1
        forged = with_file(files, name, with_cell(files[name], row, column, text))
        return Hostile(f"{name}, row {row}, {column} = {text!r:.40}", forged)

    def spliced(start: int, length: int, put_in: bytes) -> Hostile:
        start %= len(sound)
        changed = sound[:start] + put_in + sound[start + length :]
        return Hostile(
            f"{length} bytes at {start} become {put_in!r:.30}", changed, harmless=same_content(changed, files)
        )

    def more(name: str, content: bytes) -> Hostile:
        return Hostile(f"a file called {name!r:.40}", forging.pack([*files.items(), (name, content)]))

    another_type = strategies.tuples(strategies.sampled_from(paths), junk).filter(
        lambda each: _kind(each[1]) != _kind(forging.at(values, each[0]))
    )
    columns = [(name, column) for name, known in NUMBERS.items() for column in known]
    no_number = strategies.text(strategies.characters(exclude_categories=["Cs"]), min_size=1).filter(_is_no_number)
    names = strategies.text(strategies.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
    return strategies.one_of(
        another_type.map(lambda each: entry(*each)),
        strategies.builds(
            lambda place, row, text: cell(*place, row, text),
            strategies.sampled_from(columns),
            strategies.integers(0, 5000),
            no_number,
        ),
        strategies.builds(
            spliced, strategies.integers(0, len(sound) - 1), strategies.integers(0, 300), strategies.binary(max_size=40)
        ),
        strategies.builds(
            more, (names | names.map("../{}".format)).filter(lambda name: name not in FILES), strategies.binary()
        ),
    )


def _kind(value: Any) -> str:
    return "number" if is_number(value) else type(value).__name__


def _is_no_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return not text.isspace() and "\0" not in text
    return False


# --- the import --------------------------------------------------------------------------------------------------------------


def import_into(home: str, file: str) -> Command:
    """Import a file as the command line does; for a process of its own."""
    os.chdir(Path(home).parent)
    with variables(COLLAB_HOME=home, COLLAB_DATA=None, COLLAB_DATABASE=None, TMPDIR=home):
        tempfile.tempdir = None
        return command("import-run", file, "--json")


def new_figures() -> dict[str, Figure]:
    names = {
        "accepted": "hostile run files accepted though wrong",
        "crashed": "imports that crashed, hung, or gave no reason",
        "outside": "paths written outside the home",
        "left": "files left behind by refused imports",
        "peak": "peak memory over idle, files up to 5 MB",
    }
    return {key: Figure(name) for key, name in names.items()}


def attack(hostile: Hostile, figures: dict[str, Figure], peaks: list[tuple[int, str]]) -> None:
    """Import one file into an empty home and count what came of it."""
    packed = hostile.packed
    with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as name:
        file, home = Path(name, "run.zip"), Path(name, "home")
        file.write_bytes(packed)
        RunStore(home)
        done = isolated.do(import_into, str(home), str(file))
        outside = sorted({path for path in done.written if not path.startswith(f"{home}/")} - {os.devnull, str(home)})
        left = [path for path in (home / "runs").rglob("*") if path.is_file() or path.name != "trash"]
        accepted = not done.ended and done.result.code == 0
        wrong = accepted and not hostile.harmless and _does_harm(hostile, done.result, home)
    what = f"{hostile.what} ({len(packed):,} bytes)"
    figures["accepted"].add(*([what] if wrong else []))
    figures["crashed"].add(*(f"{trouble} ⟵ {what}" for trouble in _trouble(done)))
    figures["outside"].add(*(f"{path} ⟵ {what}" for path in outside))
    figures["left"].add(*([what] if left and not accepted else []))
    if len(packed) <= MEASURED:
        peaks.append((done.peak, what))
        figures["peak"].add(*([f"{done.peak / 1e6:.0f} MB ⟵ {what}"] if done.peak > MOST_PEAK else []))


def _trouble(done: Done) -> list[str]:
    if done.ended:
        return [done.ended]
    if done.result.code not in (0, 2):
        return [f"exit code {done.result.code}"]
    if done.result.code == 2 and not done.result.err.startswith("collab: "):
        return [f"standard error begins otherwise than with a reason: {done.result.err[:60]!r}"]
    return []


def _does_harm(hostile: Hostile, answer: Command, home: Path) -> bool:
    if hostile.harms is None:
        return True
    run_id = json.loads(answer.out.splitlines()[-1])["run"]
    return hostile.harms(json.loads((home / "runs" / run_id / RECORD).read_bytes()))


def run(files: Files, chosen: Iterable[Hostile], clock: Clock) -> list[Figure]:
    """Import all chosen files until time is up; `files` are those of the sound run, which are no attack."""
    figures, peaks = new_figures(), []
    for hostile in chosen:
        if clock.is_over:
            break
        if hostile.content != files:
            attack(hostile, figures, peaks)
    if peaks:
        peak, what = max(peaks)
        figures["peak"].result = f"{peak / 1e6:.0f} MB ({what})"
    return list(figures.values())


def spread(chosen: Iterable[Hostile], every: int, first: int) -> Iterator[Hostile]:
    """Every so manieth of them, beginning with the `first`."""
    return islice(chosen, first, None, every)


# --- and back ----------------------------------------------------------------------------------------------------------------


def round_trip(home: Path, elsewhere: Path, run_id: str, model: str) -> list[str]:
    """What goes wrong where a run is exported and imported elsewhere: nothing where it predicts the same there."""
    file = elsewhere.parent / f"{run_id}.zip"
    with variables(COLLAB_HOME=str(home), COLLAB_DATA=None):
        answer = command("export-run", "--run", run_id, "--out", str(file))
    if answer.code:
        return [f"{model}: {answer.err.strip()[:100]}"]
    with variables(COLLAB_HOME=str(elsewhere), COLLAB_DATA=None):
        answer = command("import-run", str(file), "--json")
    if answer.code:
        return [f"{model}: {answer.err.strip()[:100]}"]
    here = RunStore(home).load(run_id)
    there = RunStore(elsewhere).load(json.loads(answer.out.splitlines()[-1])["run"])
    users, films = np.arange(len(here.users)) % len(here.users), np.arange(len(here.users)) % len(here.items)
    same = np.array_equal(here.model.predict(users, films), there.model.predict(users, films))
    return [] if same and here.items.equals(there.items) else [f"{model}: predicts otherwise"]


def round_trips(home: Path, elsewhere: Path, models: Iterable[str] = tuple(MODELS)) -> Figure:
    """Every model trained, exported and imported elsewhere."""
    figure = Figure("models whose untouched export is refused, or predicts otherwise")
    for model in models:
        run_id = train(home, model, "", **QUICK)
        figure.add(*round_trip(home, elsewhere, run_id, model))
    return figure
