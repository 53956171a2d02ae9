"""The collector is told what stays for every new set of modules and every few minutes, and nothing is kept for good by it."""

import gc
import sys
import weakref

import pytest

from collab.ui.frame import garbage


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def by_hand(monkeypatch):
    """No collection but those of the module, which has not been asked yet; what it set aside is given back."""
    monkeypatch.setattr(garbage, "_n_modules", 0)
    monkeypatch.setattr(garbage, "_since", 0.0)
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_once_until_a_module_is_new(monkeypatch):
    assert garbage.freeze_what_stays() and not garbage.freeze_what_stays()
    monkeypatch.setitem(sys.modules, "one_more", sys)
    assert garbage.freeze_what_stays() and not garbage.freeze_what_stays()


def test_garbage_is_collected_first():
    ring = weakref.ref(Ring())
    assert garbage.freeze_what_stays() and ring() is None


def test_what_ends_later_is_collected_later(monkeypatch):
    held = Ring()
    ring = weakref.ref(held)
    assert garbage.freeze_what_stays()
    del held
    gc.collect()
    assert ring() is not None  # it was set aside
    monkeypatch.setattr(garbage, "_since", garbage._since - garbage.EVERY)
    assert garbage.freeze_what_stays() and ring() is None
