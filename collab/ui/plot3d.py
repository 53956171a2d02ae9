"""A 3-D Plotly figure that keeps its camera when it changes and tells which point was clicked.

`st.plotly_chart` mounts a chart anew whenever its figure changes, which throws the camera away, and never reports a
click on a 3-D point. This small component hands every new figure to `Plotly.react` in the same place instead.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st
from streamlit.components import v1 as components

_HTML = """
<div class="plot3d" role="figure">
  <div class="plot3d-drawing"></div>
  <div class="plot3d-message" role="status">Drawing…</div>
</div>
"""
_CSS = """
.plot3d { position: relative; width: 100%; height: var(--height); overflow: hidden; }
@media (max-width: 640px) { /* a phone: leave room to scroll past the picture */
  .plot3d { height: min(var(--height), 30rem); }
  .stElementContainer:has(.plot3d) { height: auto !important; }
}
.plot3d-drawing { position: absolute; inset: 0; }
.plot3d-message {
  position: absolute; inset: 0; display: grid; place-items: center; padding: 1rem; text-align: center;
  color: var(--st-text-color); opacity: 0.65; font-family: var(--st-font);
}
.plot3d-message[hidden] { display: none; }
"""
_JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

_PLOT = st.components.v2.component("collab_plot3d", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def plot3d(
    figure: go.Figure, key: str, height: int, alt: str, on_pick: Callable[[Any], None] | None = None
) -> Any | None:
    """Draw `figure` (one 3-D scene) and return the `customdata` of the point clicked just now, or None.

    `key` names the picture: as long as it stays the same, the camera does too, through changes of the figure, reruns and
    visits to other pages. `height` in pixels is kept free from the first moment. `alt` describes the picture to those who
    cannot see it. `on_pick` is called with the customdata before the script runs again, so it may set a widget's value. A
    press that ends where it began is a click; turning the scene selects nothing. Colours come with the figure; its
    background should be transparent. `marker.color` must be a list: Plotly draws an array of numbers black.
    """

    def report() -> None:
        picked = st.session_state[key].picked
        if on_pick is not None and picked is not None:
            on_pick(picked)

    data = {"figure": figure.to_json(), "key": key, "height": height, "alt": alt, "script": _plotly_script()}
    return _PLOT(key=key, data=data, height=height, on_picked_change=report).picked


def _plotly_script() -> str:
    """Have the server offer plotly.js out of the installed plotly package; its address relative to the app's own.

    A declared component's folder is served under its name: no static folder of our own and no second copy of the script.
    Declared at every call, because a server only knows what was declared during one of its script runs.
    """
    folder = Path(plotly.__file__).parent / "package_data"
    return f"component/{components.declare_component('plotly', path=folder).name}/plotly.min.js"
