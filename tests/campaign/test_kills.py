"""A dozen sudden ends of whoever writes."""

import pytest

from tests.campaign import isolated, kills
from tests.campaign.report import details


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    isolated.begin()
    return kills.prepare(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize("victim", kills.VICTIMS)
def test_a_kill_loses_nothing_and_leaves_nothing(before, victim):
    figures = kills.new_figures()
    for seed in range(3 if victim != kills.SERVER else 2):
        kills.kill(victim, seed, before, figures)
    assert not details(figures), details(figures)


def test_what_is_left_over_is_seen(tmp_path):
    for name in (
        "runs/0123abcd/run.json",
        "runs/trash/0123abcd/run.json",
        "runs/0123abcd/run.json.1.tmp",
        "owners/ab.lock",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (tmp_path / "runs" / "0123abce.1234.incoming").mkdir()
    (tmp_path / "runs" / "0123abcf.partial").mkdir()
    assert kills.left_over(tmp_path, {"0123abcf.partial"}) == [
        "owners/ab.lock",
        "runs/#/run.json.1.tmp",
        "runs/#.1234.incoming",
    ]
