"""The collector is told what stays once for every new set of modules, and no garbage is set aside with it."""

import gc
import sys
import weakref

import pytest

from collab.ui import memory


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def thawed(monkeypatch):
    frozen = []
    monkeypatch.setattr(memory, "_n_modules", 0)
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(1))
    return frozen


def test_once_until_a_module_is_new(thawed, monkeypatch):
    assert memory.set_aside_what_stays() and not memory.set_aside_what_stays() and thawed == [1]
    monkeypatch.setitem(sys.modules, "one_more", sys)
    assert memory.set_aside_what_stays() and thawed == [1, 1]


def test_garbage_is_collected_first():
    ring = weakref.ref(Ring())
    gc.disable()
    try:
        assert memory.set_aside_what_stays() and ring() is None
    finally:
        gc.enable()
