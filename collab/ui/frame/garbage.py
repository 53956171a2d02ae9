"""Exempts long-lived objects from the garbage collection that Streamlit runs at the end of every rerun.

With torch, pandas, plotly and Streamlit loaded, each collection visits half a million objects that are never garbage;
the end of every rerun waits for it, and so do all other sessions. Without it a rerun takes 75 ms instead of about 300.
Streamlit's own switch, `runner.postScriptGC = false`, is as quick in the middle, but one rerun in some hundred then
waits for a collection of everything (`python -m tests.benchmarks.garbage`).
"""

from __future__ import annotations

import gc
import sys
import time

EVERY = 300.0  # seconds until the next full collection: a session that was open at the last one may have ended

_n_modules = 0  # modules loaded at the last freeze
_since = 0.0  # time of the last freeze, by the monotonic clock


def freeze_what_stays() -> bool:
    """Collect all garbage and exempt what is then alive, if a module has been loaded since the last time (pages load theirs on
    their first visit) or `EVERY` seconds have passed; returns whether it did.

    Exempt objects that have become garbage in the meantime are collected then, so nothing is kept forever.
    """
    global _n_modules, _since
    n_modules, now = len(sys.modules), time.monotonic()
    if n_modules <= _n_modules and now - _since < EVERY:
        return False
    _n_modules, _since = n_modules, now
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    return True
