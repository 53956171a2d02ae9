"""A run is fine, and its data set is damaged without the frame's noticing: every page says so, or does without."""

from pathlib import Path

import pytest

from collab.data.archive import Archive
from collab.data.catalogue import entry_of, find
from collab.errors import RunError
from collab.models import preset_of
from collab.services.downloads import Fetch, Fetcher
from collab.services.environment import read_environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from collab.ui.frame import cached
from collab.ui.learn.steps import STEPS
from collab.ui.people import cached as people_cached
from collab.ui.person import cached as person_cached
from collab.ui.similar import as_if_new_cached
from tests.pages.on_the_page import link
from tests.training_here import train_here

OF_NO_DATA = {"dot-product", "feedback", "look-up", "parameters", "pca"}
"""Steps that draw the same whatever the page shows."""
PAGES = [file.stem for file in sorted(Path(__file__).resolve().parents[2].joinpath("pages").glob("*.py"))]


@pytest.fixture
def damage(tmp_path, monkeypatch, trained_home, movielens_folders):
    """A function that changes a digit in files of MovieLens 100K, in the only folder of COLLAB_DATA; the frame is blind to it."""
    trained_home("ml-100k", movielens_folders)
    entry, good = entry_of("ml-100k"), Archive(find("ml-100k", movielens_folders))
    place = tmp_path / "data" / "ml-100k"
    place.mkdir(parents=True)
    for file in entry.all_md5:
        (place / file).write_bytes(good.read(file))
    monkeypatch.setenv("COLLAB_DATA", str(place.parent))
    monkeypatch.setattr(Fetcher, "state", lambda self, name: Fetch("here"))

    def harm(*files):
        for file in files:
            (place / file).write_bytes(good.read(file).replace(b"5", b"4", 1))

    return harm


def try_everything(app):
    """Every choice in sight once, and every button, each from what the one before has left: nothing ends in a traceback."""
    for group in list(app.button_group):
        for option in group.options:
            (now,) = [each for each in app.button_group if each.key == group.key] or [None]
            if now is None or not isinstance(now.value, str | list) or now.key == "preset" or now.proto.disabled:
                break
            now.set_value([option] if isinstance(now.value, list) else option).run()
            assert not app.exception, (group.key, option)
    for button in list(app.main.button):
        (now,) = [each for each in app.button if each.key == button.key] or [None]
        if now is not None and not now.disabled:
            now.click().run()
            assert not app.exception, button.key


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_traceback(visit, damage, page):
    damage("u.data")
    try_everything(visit(page, "ml-100k"))


@pytest.mark.parametrize("page", ["data", "people", "rate", "similar", "together", "train"])
def test_nor_one_that_was_open_already(visit, damage, page):
    app = visit(page, "ml-100k")
    damage("u.data")
    try_everything(app)


@pytest.mark.parametrize("step", [step.slug for step in STEPS if step.slug not in OF_NO_DATA])
def test_no_step_shows_a_traceback(visit, damage, step):
    damage("u.data")
    try_everything(visit("learn", "ml-100k", step=step))


def test_what_is_asked_of_the_data_later_on_says_the_same(visit, damage):
    """The split was read while all was well, and who the people are is asked for now."""
    app = visit("overview", "ml-100k")
    run_id = link(app, "run")
    assert len(cached.run_split(run_id)[1]) == 100_000
    damage("u.user")
    for ask in (person_cached.run_background, people_cached.people_known, as_if_new_cached.run_user_groups):
        with pytest.raises(RunError, match=r"is not at hand: .*u\.user is not the published file"):
            ask(run_id)


def test_a_damaged_fold_is_missed_by_its_own_runs_alone(visit, damage):
    environment = read_environment()
    record = train_here(environment, plan("bias", preset_of("bias"), "ml-100k", "fold:u1", 0))
    damage("u1.test")
    app = visit("data", "ml-100k", run=record.id, data_part="split")
    said = " ".join(each.value for each in (*app.info, *app.warning, *app.markdown)).replace("\\", "")
    assert "The split of this run cannot be shown" in said and "u1.test is not the published file" in said
    try_everything(app)
    other = next(each.id for each in RunStore(environment.home).records() if each.id != record.id)
    assert len(cached.run_split(other)[1]) == 100_000
