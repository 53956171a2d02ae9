"""t-SNE in the background: the real process, its progress, its end, and what is kept."""

import time

import numpy as np
from sklearn.manifold import TSNE

from collab.services import tsne
from collab.services.tsne import DONE, FAILED, STOPPED, TsneDesk
from collab.services.tsne_process import N_ITERATIONS


def wait_for(found, states, seconds=120):
    end = time.monotonic() + seconds
    while found.state not in states:
        assert time.monotonic() < end, found
        time.sleep(0.02)


def some_rows(n=60):
    return np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)


def test_it_is_scikit_learns():
    desk, rows = TsneDesk(), some_rows()
    found = desk.start("a", rows, 2, 10)
    assert found.busy and desk.start("a", rows, 2, 10) is found  # under way: not begun again
    wait_for(found, (DONE, FAILED))
    assert found.state == DONE and found.share == 1.0, found.message
    theirs = TSNE(2, perplexity=10, init="pca", max_iter=N_ITERATIONS, random_state=tsne.SEED).fit_transform(rows)
    assert np.abs(found.places - theirs).max() < 1e-2 * np.abs(theirs).max()
    assert desk.start("a", rows, 2, 10) is found and desk.get("a") is found and desk.get("b") is None


def test_it_says_how_far_it_is_and_can_be_stopped():
    desk = TsneDesk()
    found, waiting = desk.start("long", some_rows(2500), 3, 30), desk.start("next", some_rows(), 2, 10)
    assert waiting.state == tsne.WAITING  # one at a time
    desk.stop("next")
    end = time.monotonic() + 120
    while found.share == 0 and found.busy:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert 0 < found.share < 1, found
    desk.stop("long")
    assert (found.state, waiting.state) == (STOPPED, STOPPED) and found.places is None
    again = desk.start("next", some_rows(), 2, 10)  # the first one makes room, and a stopped one can begin anew
    wait_for(again, (DONE, FAILED))
    assert again.state == DONE and found.state == STOPPED


def test_too_few_and_too_many_films_are_refused(monkeypatch):
    monkeypatch.setattr(tsne, "MOST_ROWS", 50)
    for n in (3, 60):
        found = TsneDesk().start("x", some_rows(n), 2, 10)
        assert found.state == FAILED and "10 to 50 films" in found.message


def test_a_process_that_fails_says_why():
    desk, rows = TsneDesk(), some_rows()
    rows[3, 2] = np.nan
    found = desk.start("x", rows, 2, 10)
    wait_for(found, (DONE, FAILED))
    assert found.state == FAILED and "NaN" in found.message
    assert desk.start("x", some_rows(), 2, 10) is not found  # can be tried again
    desk.close()


def test_only_the_last_few_are_kept(monkeypatch):
    monkeypatch.setattr(tsne, "N_KEPT", 3)
    desk = TsneDesk()
    for key in range(5):
        desk.start(key, some_rows(3), 2, 10)  # refused: ended at once
    assert [desk.get(key) is not None for key in range(5)] == [False, False, True, True, True]
