"""What Collab predicts and says, written down, so that a change of its structure can be shown to change none of it.

    python -m tests.benchmarks.unchanged FOLDER [--home HOME] [--pages map train …] [--no-models]

Run it before and after, with the same HOME (made at the first call: the runs and people of `tests.benchmarks.pages`), and
compare the two folders with `diff -r`. `digests.txt` has for every model and preset, trained on MovieLens 100K
(`random:0.2`, seed 0), the digest of its predictions for the held-out rows and their MSE. `PAGE.txt` has the texts, tables
and numbers that AppTest sees on a page, and the digest of each of its pictures: as the page opens, and once for every choice
of every control that offers up to twelve; of Learn so for every step.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl

import torch
from streamlit.testing.v1 import AppTest

from collab.models import MODELS, preset_of
from collab.services.environment import read_environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from collab.services.training_job import carry_out
from collab.ui.learn.steps import STEPS
from tests.benchmarks.pages import DATA, prepare
from tests.conftest import APP
from tests.pages.test_default_run import texts_of

MOST_CHOICES = 12
MOST_ROWS = 60  # of a table that are written down
CHOICES = ("button_group", "selectbox", "radio")
LINKS = "links.json"


def write_digests(file: TextIO) -> None:
    """Train every model with every preset."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COLLAB_HOME"] = folder
        environment = read_environment()
        store = RunStore(environment.home)
        owner, lock = store.claim()
        for name, family in MODELS.items():
            for preset in family.presets:
                planned = plan(name, preset_of(name, preset), DATA, "random:0.2", 0, preset=preset, owner=owner)
                record = carry_out(store.create(planned), store, environment)
                print(
                    f"{name:15} {preset:10} {record.prediction_digest}  {(record.valid or {}).get('mse'):.6f}",
                    file=file,
                )
        lock.release()


def make_home(home: Path) -> None:
    """Runs to look at and people who rate, and what each page's link names of them."""
    os.environ["COLLAB_HOME"] = str(home)
    links = {page: dict(parse_qsl(link)) for page, link in prepare(read_environment(), ["bayes", "dot-bias"]).items()}
    run = links["home"]["run"]
    links = {page: {"data": DATA, "run": run} | named for page, named in links.items()}
    (home / LINKS).write_text(json.dumps(links, indent=1), encoding="utf-8")


def lines(app: AppTest) -> Iterator[str]:
    """What is on the page."""
    for text in texts_of(app.main):
        yield from (line.strip() for line in text.splitlines() if line.strip())
    for table in app.dataframe:
        yield " | ".join(map(str, table.value.columns)) + f" ({len(table.value)} rows)"
        for row in table.value.head(MOST_ROWS).itertuples(index=False):
            yield "  " + " | ".join(f"{each:.6g}" if isinstance(each, float) else str(each) for each in row)
    yield from (f"{metric.label}: {metric.value}" for metric in app.metric)
    for kind in ("plotly_chart", "vega_lite_chart"):
        for chart in app.get(kind):
            yield f"{kind} {hashlib.sha256(chart.proto.spec.encode()).hexdigest()[:16]}"
    yield from (f"EXCEPTION {error.value}" for error in app.exception)


def opened(page: str, link: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    return app.switch_page(f"pages/{page}.py").run()


def write_page(file: TextIO, page: str, link: dict[str, str], name: str) -> None:
    """The page as it opens, and with every choice of every control."""
    app = opened(page, link)
    print(f"=== {name}", *lines(app), sep="\n", file=file)
    controls = [(kind, each.key, list(each.options)) for kind in CHOICES for each in app.main.get(kind) if each.key]
    for kind, key, options in controls:
        for option in options if len(options) <= MOST_CHOICES else []:
            app = opened(page, link)
            control: Any = next(each for each in app.main.get(kind) if each.key == key)
            control.set_value([option] if isinstance(control.value, list) else option)
            try:
                app.run()
            except TypeError:  # AppTest cannot send back an option that it knows by its label alone
                continue
            print(f"=== {name}, {key}: {option}", *lines(app), sep="\n", file=file)


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, help="made where it is not there; the same before and after")
    parser.add_argument("--pages", nargs="+", help="only these")
    parser.add_argument("--no-models", action="store_true", help="train nothing anew")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if not chosen.no_models:
        with (chosen.folder / "digests.txt").open("w", encoding="utf-8") as file:
            write_digests(file)
    with tempfile.TemporaryDirectory() as scratch:
        home = chosen.home or Path(scratch) / "made"
        if not (home / LINKS).exists():
            home.mkdir(parents=True)
            make_home(home)
        links = json.loads((home / LINKS).read_text(encoding="utf-8"))
        os.environ["COLLAB_HOME"] = str(Path(scratch) / "home")
        shutil.copytree(home, os.environ["COLLAB_HOME"])
        for page in chosen.pages or sorted(each.stem for each in APP.parent.joinpath("pages").glob("*.py")):
            link = links.get(page, links["home"])
            with (chosen.folder / f"{page}.txt").open("w", encoding="utf-8") as file:
                if page != "learn":
                    write_page(file, page, link, page)
                    continue
                for step in STEPS:
                    write_page(file, page, link | {"step": step.slug}, f"{page}, {step.slug}")


if __name__ == "__main__":
    main()
