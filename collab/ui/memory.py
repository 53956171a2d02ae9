"""What stays for good is taken out of the search for garbage, which Streamlit does after every turn and before its last word.

With torch, pandas, plotly and Streamlit loaded, that search goes through half a million objects that will never be garbage; every
turn of every page waits for it, and so do all other sessions.
"""

from __future__ import annotations

import gc
import sys

_n_modules = 0  # loaded when the collector was last told what stays


def set_aside_what_stays() -> bool:
    """Collect garbage once and exempt what is then alive, if a module has been loaded since the last time; returns whether.

    Pages load their modules at their first visit, so this soon stops happening. What is alive at such a moment and becomes
    garbage in cycles later is never freed: a few figures and tables of the turns in hand, once for each new page.
    """
    global _n_modules
    n_modules = len(sys.modules)
    if n_modules <= _n_modules:
        return False
    _n_modules = n_modules
    gc.collect()
    gc.freeze()
    return True
