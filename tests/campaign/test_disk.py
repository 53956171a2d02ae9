"""Broken disks, made by injection: the buttons of two pages, some pages as they open, and trainings."""

import pytest

from tests.campaign import disk
from tests.campaign.broken_disk import FULL, GONE, KINDS, READ_ONLY, failing, injected, listing
from tests.campaign.report import Clock, details

pytestmark = pytest.mark.usefixtures("quick_worker")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return disk.prepare(tmp_path_factory.mktemp("disk"))


@pytest.mark.parametrize("page", ["runs", "train", "rate"])
def test_buttons_that_write_tell_of_a_broken_disk(home, page):
    starts = [start for start in home.starts([page]) if dict(start.link)["run"] != home.plain]
    writing, n_controls = disk.walk(home, starts[-1:], Clock(10), most_deeds=1)
    assert 0 < len(writing) < n_controls
    figures = disk.new_figures("injected")
    for place, path in enumerate(writing):
        with disk.a_copy(home.folder) as folder:
            disk.press(path, KINDS[place % len(KINDS)], home, folder, injected, figures)
    found = list(figures.values())
    assert sum(figures[kind].cases for kind in KINDS) == len(writing) and not details(found), details(found)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_open_on_a_broken_disk(home, kind):
    figure = disk.Figure(kind)
    with disk.a_copy(home.folder) as folder:
        disk.open_pages(["overview", "map", "runs", "rate"], kind, home, folder, injected, figure)
    assert figure.cases == 8 and not figure.found, figure.found


@pytest.mark.parametrize("kind", [FULL, READ_ONLY])
def test_a_training_ends_properly_whichever_write_fails(kind):
    figure = disk.trainings([kind], every=5)
    assert figure.cases > 1 and not figure.found, figure.found


def test_the_injection_fails_what_writes_below_the_folder_alone(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    (inside / "old").write_text("old")
    with failing(inside, READ_ONLY):
        outside.write_text("fine")
        assert (inside / "old").read_text() == "old"
        for write in (
            lambda: (inside / "new").write_text("x"),
            lambda: (inside / "folder").mkdir(),
            lambda: (inside / "old").unlink(),
            lambda: (inside / "old").rename(tmp_path / "moved"),
            lambda: outside.replace(inside / "moved"),
        ):
            with pytest.raises(OSError, match="Read-only"):
                write()
    with failing(inside, FULL, after=1):
        (inside / "one").write_text("x")
        with pytest.raises(OSError, match="No space"):
            (inside / "two").write_text("x")
        (inside / "one").unlink()
    with listing(inside) as written:
        (inside / "three").write_text("x")
        outside.write_text("x")
    assert written == [str(inside / "three")]
    with injected(inside, GONE):
        assert not inside.exists()
    assert (inside / "old").exists()
