"""How soon the server has answered when somebody switches the page or moves a control, for every page.

    python -m tests.benchmarks.pages [--turns 20] [--while idle training sliders t-SNE tests] [--pages rate …]
        [--beside dot-bias | --against FOLDER]

MovieLens 100K, a real server, and one visitor who goes round all pages over the real websocket (`tests/benchmarks/wire.py`): a
switch to each page, then one move of the control that is named; rounds that nobody counts come first, so the server is warm.
The run in use is the default one (in Similar’s view *As if it were new* the one with side information), or the same with
another seed: choosing the other is the move of the home page. With `--beside MODEL` each page is measured with a run of
that model (its preset *fast*) in use as well, and a last table says what a turn takes with the default model beside what it
takes with this one, from the same minutes. With `--against FOLDER` each page is measured on a server of the checkout in that
folder as well, on a copy of the same home: a machine slows down and speeds up by more than most changes cost.
Seconds are from the message sent to the server's "script finished"; what the browser then draws is not in them. Controls go to
another value at each turn, as far as they have so many: what depends on the value is worked out, not remembered.

Five conditions: nobody else is there; another session trains (`dot-bias`, preset *chapter*, as many epochs as there may be,
again and again); another session moves a slider in slider mode as soon as the last trial has ended; another session wants one
t-SNE after the other, or one learning-rate range test after the other. It asks for its turns by the clock, as its browser
would. Opponent, in every round: the same visitor on a Streamlit app of two pages with a heading and a slider each, which is the
least that Streamlit takes here.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from collab.data.tables import most_rated_items
from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, MODELS, preset_of
from collab.models.settings import about
from collab.services.environment import Environment, read_environment
from collab.services.plans import plan
from collab.services.profiles import ProfileStore
from collab.services.runs import RunStore
from collab.services.training_job import carry_out
from tests.benchmarks.wire import Session, Turn, value_of
from tests.browser.conftest import serving

DATA = "ml-100k"
MIDDLE_GOAL, NINETY_GOAL = 0.3, 0.6  # seconds
EMPTY = Path(__file__).with_name("empty_app.py")
N_RATED = (15, 8)  # films that the two people of Together have rated
CONDITIONS = {
    "idle": "nobody else is there",
    "training": "another session trains dot-bias, chapter",
    "sliders": "another session moves a slider in slider mode",
    "t-SNE": "another session has t-SNEs computed",
    "tests": "another session tests learning rates",
}
OTHERS = {  # the page of the other session, and its link
    "training": ("train", {"model": "dot-bias"}),
    "sliders": ("train", {"model": "dot-bias", "sliders": "true"}),
    "t-SNE": ("map", {"layout": "t-SNE", "dim": "2-D", "shown": "1500"}),
    "tests": ("train", {"model": "dot-bias"}),
}
PICK_RUN = "_pick_run"  # the run in the sidebar
SIDE_VIEW = "as_if_new"  # a view of Similar that takes a run with side information, …
SIDE_MODEL = "side"  # … all else the usual one
N_SEEDS = 2  # runs of each model, alike but for their seed
WARM_ROUNDS = 2  # that nobody counts: one for each of these runs
CONTROLS = {
    "home": PICK_RUN,
    "rate": "stars",
    "taste": "alike",
    "together": "way",
    "map": "shown",
    "similar": "neighbours",
    "biases": "ends",
    "people": "_people_pick",
    SIDE_VIEW: "new_year",
    "data": "data_part",
    "train": "set_n_factors",
    "runs": "find_run",
    "learn": "matrix_users",
}
"""The control that is moved on each page, or in the view, by its key; of "stars-TITLE" the first."""


@dataclass
class Timings:
    """Seconds of the turns of one kind on one page, and the bytes of the last one."""

    seconds: list[float] = field(default_factory=list)
    n_bytes: int = 0

    def add(self, turn: Turn) -> None:
        self.seconds.append(turn.seconds)
        self.n_bytes = turn.n_bytes

    @property
    def misses(self) -> bool:
        """Whether the goal is missed: half of the turns within 0.3 s, nine in ten within 0.6 s."""
        middle, ninety = np.percentile(self.seconds, [50, 90])
        return bool(middle > MIDDLE_GOAL or ninety > NINETY_GOAL)

    def in_words(self) -> str:
        """p50, p90 and maximum in milliseconds."""
        return "".join(f"{1000 * value:6.0f}" for value in np.percentile(self.seconds, [50, 90, 100]))


def prepare(environment: Environment, models: Sequence[str]) -> dict[str, str]:
    """Train what the pages need, `models` each with N_SEEDS seeds, and let two people rate films; returns what each page's
    address has after the question mark. The run of the home page's address is the first of the models, with seed 0."""
    store, runs = RunStore(environment.home), []
    owner, lock = store.claim()
    wanted = [(SIDE_MODEL, 0), *((model, seed) for model in reversed(models) for seed in reversed(range(N_SEEDS)))]
    for model, seed in wanted:
        settings = dataclasses.replace(preset_of(model, DEFAULT_PRESET), seed=seed)
        planned = plan(model, settings, DATA, "random:0.2", 0, preset=DEFAULT_PRESET, owner=owner)
        record = carry_out(store.create(planned), store, environment)
        assert record.state == "finished", record.message
        runs.append(record.id)
    lock.release()
    items = store.load(runs[-1]).items
    titles = items["title"].to_numpy()[most_rated_items(items, max(N_RATED))]
    with ProfileStore(environment.database_url) as profiles:
        people = [profiles.create(name) for name in ("Ada", "Ben")]
        for person, n in zip(people, N_RATED, strict=True):
            for place, title in enumerate(titles[:n]):
                profiles.rate(person, str(title), 1.0 + (3 * place + person.id) % 5)
    link = {page: {} for page in CONTROLS}
    link["home"] = {"data": DATA, "run": runs[-1]}
    for page in ("rate", "taste"):
        link[page]["profile"] = people[0].edit_token
    link["together"]["people"] = ",".join(each.view_token for each in people)
    return {page: urlencode(named) for page, named in link.items()}


def checked(page: str, turn: Turn) -> Turn:
    """The turn, if the page showed no error: an error is quick, and no answer."""
    if turn.errors:
        raise SystemExit(f"{page}: {'; '.join(turn.errors)}")
    return turn


def move(session: Session, page: str, key: str, place: int) -> Turn:
    """Move the control `key` of the page that the session is on to its value number `place`."""
    widget = session.find(key)
    if widget is None:
        names = ", ".join(each.key for each in session.widgets.values())
        raise SystemExit(f"{page} has no control {key!r}; it has {names}")
    return checked(page, session.move(widget, value_of(widget, place)))


def pick_run(session: Session, page: str, runs: Sequence[str], place: int = 0) -> Turn:
    """Choose number `place` of these runs in the sidebar."""
    widget = session.find(PICK_RUN)
    assert widget is not None
    return checked(page, session.move(widget, runs[place % len(runs)]))


class Other(threading.Thread):
    """Another session that keeps the worker busy until `stop` is called."""

    def __init__(self, address: str, condition: str, store: RunStore) -> None:
        super().__init__(daemon=True)
        self._address, self._condition, self._store = address, condition, store
        self._ended = threading.Event()
        self.working = threading.Event()
        self.n_presses = 0
        self._due: dict[str, float] = {}
        self.trouble: BaseException | None = None

    def run(self) -> None:
        try:
            with Session(self._address) as session:
                page, link = OTHERS[self._condition]
                if self._condition == "training":
                    settings = preset_of("dot-bias", "chapter")
                    most = int(about(type(settings), "epochs").high or settings.epochs)
                    link = {**link, "batch_size": settings.batch_size, "epochs": most}
                checked(page, session.open(page, urlencode({"data": DATA, **link})))
                while not self._ended.is_set():
                    if not self._busy(session):
                        self._press(session)
                    self._wait(session)
                if self._condition == "training" and (stop := session.find("stop")) is not None:
                    session.move(stop, True)
        except BaseException as reason:
            self.trouble = reason
        finally:
            self.working.set()

    def _busy(self, session: Session) -> bool:
        """Whether something is done: a training as the store has it, all else as long as the page asks for turns to draw it."""
        if self._condition == "training":
            return any(record.busy for record in self._store.records())
        return any(interval < 1 for interval in session.timers.values())

    def _press(self, session: Session) -> None:
        if self._condition == "training":
            move(session, "train", "start", 0)
        elif self._condition == "t-SNE":
            move(session, "map", "perplexity", self.n_presses)
        else:
            move(session, "train", "set_n_factors", self.n_presses)
            if self._condition == "tests":
                move(session, "train", "test_rate", 0)
        self.n_presses += 1
        self.working.set()

    def _wait(self, session: Session) -> None:
        """Take the turns that the page asks for, as a browser does, until the next one is due."""
        now = time.monotonic()
        self._due = {fragment: self._due.get(fragment, now + each) for fragment, each in session.timers.items()}
        time.sleep(max(0.0, min([now + 0.5, *self._due.values()]) - now))
        for fragment, due in self._due.items():
            if due <= time.monotonic() and fragment in session.timers:
                self._due[fragment] = time.monotonic() + session.timers[fragment]
                session.tick(fragment)

    def stop(self) -> None:
        """End the session; raises what went wrong in it, for then nobody trained."""
        self._ended.set()
        self.join()
        if self.trouble is not None:
            raise self.trouble


@contextlib.contextmanager
def somebody_else(address: str, condition: str, store: RunStore) -> Iterator[Other | None]:
    """The other session of a condition, at work."""
    if condition == "idle":
        yield None
        return
    other = Other(address, condition, store)
    other.start()
    other.working.wait()
    try:
        yield other
    finally:
        other.stop()


Turns = dict[str, tuple[Timings, Timings]]
"""By page, switches and moves; "empty" is the opponent."""


def runs_of(model: str, runs: Sequence[str]) -> list[str]:
    """Those of the runs, as the sidebar names them, that are of the model."""
    return [each for each in runs if each.startswith(f"{model} ·")]


@dataclass(frozen=True)
class Visit:
    """Who goes round: its name in the tables, the model whose runs it has in use, and its session."""

    name: str
    model: str
    session: Session


def go_round(
    visits: Sequence[Visit],
    floor: Session,
    links: dict[str, str],
    runs: Sequence[str],
    places: Iterable[int],
    pages: Collection[str],
) -> dict[str, Turns]:
    """The turns of each of the `visits`, by its name, which take turns page by page, and in turns begin.

    Each of the `places` is the number of a control's value. `runs` are those that were finished before, as the sidebar names
    them: what another session trains is no run to look at.
    """
    found = {each.name: {page: (Timings(), Timings()) for page in (*pages, "empty")} for each in visits}
    for place in places:
        order = visits if place % 2 == 0 else visits[::-1]
        for each in order:
            pick_run(each.session, "the page before", runs_of(each.model, runs), place)
        for page, key in CONTROLS.items():
            for each in order if page in pages else ():
                _one_page(each, links[page], runs, page, key, place, *found[each.name][page])
        for each in order:
            for name in ("second", "home"):
                found[each.name]["empty"][0].add(floor.switch(name))
                found[each.name]["empty"][1].add(move(floor, name, "amount", place))
    return found


def _one_page(
    visit: Visit, link: str, runs: Sequence[str], page: str, key: str, place: int, switch: Timings, moved: Timings
) -> None:
    visitor, usual = visit.session, runs_of(visit.model, runs)
    if page == SIDE_VIEW:
        checked("similar", visitor.switch("similar"))
        pick_run(visitor, "the page before", runs_of(SIDE_MODEL, runs))
        switch.add(move(visitor, page, "similar_view", -2))  # to the last one
    else:
        switch.add(checked(page, visitor.switch(page, link)))
    moved.add(pick_run(visitor, page, usual, place + 1) if key == PICK_RUN else move(visitor, page, key, place))
    if page == SIDE_VIEW:
        pick_run(visitor, page, usual, place)
        move(visitor, page, "similar_view", -1)  # to the first: Similar shows again what it showed last


def report(condition: str, visit: Visit, found: Turns) -> None:
    """Print a table: milliseconds by page."""
    print(
        f"\n{visit.name}: {visit.model} {DEFAULT_PRESET} in use, {CONDITIONS[condition]}: milliseconds, p50 p90 max (goal "
        f"{1000 * MIDDLE_GOAL:.0f}, {1000 * NINETY_GOAL:.0f})"
    )
    print(f"{'page':14} {'switch':>18}      kB  {'move':>18}      kB  control")
    for page, (switch, turned) in found.items():
        kinds = (("switch", switch), ("move", turned))
        missed = ", ".join(name for name, each in kinds if each.misses)
        row = "  ".join(f"{each.in_words()} {each.n_bytes / 1000:7.0f}" for _, each in kinds)
        print(f"{page:14} {row}  {CONTROLS.get(page, 'amount')}{'  MISSED: ' + missed if missed else ''}")
    ours = [each for page, both in found.items() if page != "empty" for each in both]
    n_missed = sum(each.misses for each in ours)
    print(f"goal {'met everywhere' if n_missed == 0 else f'missed by {n_missed} of {len(ours)}'}", flush=True)


def report_beside(condition: str, found: dict[str, Turns]) -> None:
    """Print the medians of two visits beside each other, milliseconds by page, and the first in shares of the second."""
    first, second = found
    print(f"\n{first} beside {second}, {CONDITIONS[condition]}: medians in milliseconds, and {first} : {second}")
    print(f"{'page':14} {'switch':>8} {second:>9}  ratio  {'move':>8} {second:>9}  ratio")
    for page in found[first]:
        print(f"{page:14} " + "  ".join(beside(*(found[name][page][kind] for name in found)) for kind in (0, 1)))


def beside(first: Timings, second: Timings) -> str:
    """Both medians in milliseconds, and the first in shares of the second."""
    ours, theirs = np.median(first.seconds), np.median(second.seconds)
    return f"{1000 * ours:8.0f} {1000 * theirs:9.0f} {ours / theirs:6.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for each condition, or one for each model and condition and one that lays them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=20, help="of either kind, for each page and condition")
    parser.add_argument("--while", dest="conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    opponent = parser.add_mutually_exclusive_group()
    opponent.add_argument(
        "--beside", choices=[*MODELS], help="a model with whose run every page is measured too, in turns"
    )
    opponent.add_argument("--against", type=Path, help="another checkout, whose server is measured too, in turns")
    parser.add_argument("--pages", nargs="+", choices=CONTROLS, default=list(CONTROLS), help="only these pages")
    chosen = parser.parse_args(arguments)
    models = list(dict.fromkeys([DEFAULT_MODEL, *filter(None, [chosen.beside])]))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        os.environ["COLLAB_HOME"] = str(home)
        os.environ.pop("COLLAB_DATABASE", None)
        environment = read_environment()
        links = prepare(environment, models)
        with contextlib.ExitStack() as servers:
            begin = servers.enter_context
            address = begin(serving(home))
            if chosen.against is None:
                visits = [Visit(model, model, begin(Session(address))) for model in models]
            else:
                another = _another(chosen.against.resolve(), Path(folder) / "other", home)
                named = (("this checkout", Session(address)), ("the other", another))
                visits = [Visit(name, DEFAULT_MODEL, begin(session)) for name, session in named]
            floor = begin(Session(begin(serving(Path(folder) / "empty", EMPTY))))
            for visit in visits:
                checked("home", visit.session.open("", links["home"]))
            floor.open()
            ours = visits[0].session
            if strangers := (set(ours.pages) | {SIDE_VIEW}) ^ set(CONTROLS):
                raise SystemExit(f"the menu and CONTROLS differ in {', '.join(sorted(strangers))}")
            sidebar = ours.find(PICK_RUN)
            assert sidebar is not None
            runs = list(sidebar.proto.options)
            go_round(visits, floor, links, runs, range(WARM_ROUNDS), chosen.pages)
            for number, condition in enumerate(chosen.conditions):
                places = range(WARM_ROUNDS + number * chosen.turns, WARM_ROUNDS + (number + 1) * chosen.turns)
                with somebody_else(address, condition, RunStore(environment.home)) as other:
                    found = go_round(visits, floor, links, runs, places, chosen.pages)
                for visit in visits:
                    report(condition, visit, found[visit.name])
                if len(visits) > 1:
                    report_beside(condition, found)
                if other is not None:
                    print(f"the other session pressed {other.n_presses} times")


@contextlib.contextmanager
def _another(checkout: Path, home: Path, like: Path) -> Iterator[Session]:
    """A session with a server of another checkout, whose home begins as a copy of `like`."""
    shutil.copytree(like, home)
    with serving(home, checkout / "app.py", folder=checkout) as address, Session(address) as session:
        yield session


if __name__ == "__main__":
    main()
