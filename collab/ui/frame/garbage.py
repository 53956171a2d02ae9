"""What stays for good is taken out of the search for garbage that Streamlit makes at the end of every turn.

With torch, pandas, plotly and Streamlit loaded, that search goes through half a million objects that will never be garbage; the
last word of every turn waits for it, and so do all other sessions.
"""

from __future__ import annotations

import gc
import sys
import time

EVERY = 300.0  # seconds after which all is searched again: a session that was open the last time may have ended since

_n_modules = 0  # loaded when the collector was last told what stays
_since = 0.0  # when that was, by the monotonic clock


def freeze_what_stays() -> bool:
    """Collect all garbage and exempt what is then alive, where a module has been loaded since the last time (pages load theirs at
    their first visit) or `EVERY` seconds are over; returns whether.

    What was exempt and has become garbage in the meantime is found then: nothing is kept for good.
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
