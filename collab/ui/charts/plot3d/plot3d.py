"""A Plotly figure in three dimensions or two that keeps its camera when it changes, tells what was clicked or encircled, and
names as many of its points as have room.

`st.plotly_chart` mounts a chart anew whenever its figure changes, which throws the camera away, and never reports a click on or a
selection of 3-D points. This small component hands every new figure to `Plotly.react` in the same place instead. The names stand
in a layer over the drawing and are placed anew in every frame (`plot3d_names.js`); boxes and lassos are drawn over it and hold
whatever lies under them on the screen, in two dimensions and in three (`plot3d_select.js`). A turn leaves out what nobody
sees in it (`plot3d_turning.js`). Titles of axes are broken into lines or shortened where they would be cut (`plot3d_titles.js`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st
from streamlit.components import v1 as components

_HTML = """
<div class="plot3d" role="figure">
  <div class="plot3d-drawing"></div>
  <div class="plot3d-names" aria-hidden="true"></div>
  <svg class="plot3d-select" hidden><path/></svg>
  <div class="plot3d-tools" role="toolbar" aria-label="The picture" hidden>
    <button type="button" data-tool="move" aria-pressed="true" title="Drag turns or moves the picture">Move</button>
    <button type="button" data-tool="box" aria-pressed="false"
      title="Drag a box around films to make them the set; with Shift they join it, with Alt they leave it">Box</button>
    <button type="button" data-tool="lasso" aria-pressed="false"
      title="Draw around films to make them the set; with Shift they join it, with Alt they leave it">Lasso</button>
    <button type="button" data-tool="link" title="Copies the link to exactly this view, its camera included">Copy link</button>
  </div>
  <div class="plot3d-message" role="status">Drawing…</div>
</div>
"""
_HERE = Path(__file__).parent
_CSS = (_HERE / "plot3d.css").read_text(encoding="utf-8")
_JS = "\n".join(
    (_HERE / f"{name}.js").read_text(encoding="utf-8")
    for name in ("plot3d", "plot3d_names", "plot3d_select", "plot3d_titles", "plot3d_turning")
)

_PLOT = st.components.v2.component("collab_plot3d", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)

ADDED, REMOVED, REPLACED = "add", "remove", "replace"
"""What a selection does to the one before."""


def plot3d(
    figure: go.Figure,
    key: str,
    height: int,
    alt: str,
    on_pick: Callable[[Any], None] | None = None,
    *,
    words: dict | None = None,
    names: Sequence[dict] = (),
    n_names: int = 0,
    colours: dict[str, str] | None = None,
    on_select: Callable[[list[int], str], None] | None = None,
    camera: Sequence[float] | None = None,
    view: str = "",
    link: dict[str, str | None] | None = None,
) -> Any | None:
    """Draw `figure`, one 3-D scene or two flat axes, and return the `customdata` of the point clicked just now, or None.

    `key` names the picture: as long as it stays the same, the camera does too, through changes of the figure, reruns and
    visits to other pages. `height` in pixels is kept free from the first moment. `alt` describes the picture to those who
    cannot see it. `on_pick` is called with the customdata before the script runs again, so it may set a widget's value. A
    press that ends where it began is a click; turning the scene selects nothing. Colours come with the figure; its
    background should be transparent. `marker.color` must be a list: Plotly draws an array of numbers black.

    `words` has `index`, the customdata of every point, and `parts`, columns of what is said of it under the pointer
    (`collab.ui.map.figure.film_words`); without it the figure's own hover texts are shown. `names` may stand on the picture,
    the most important first, at most `n_names` of the kind "most"; `colours` by kind. With `on_select`, the picture has tools,
    and what a box or a lasso holds of the traces whose `meta` is "films" comes as (customdata, `REPLACED`, `ADDED` or `REMOVED`).
    `camera` is where a link looks from, as `collab.ui.map.camera.read_camera` has it: it counts until somebody moves the
    picture. `view` names the axes: in two dimensions the zoom belongs to them.
    `link` says what a copied link has instead of the page's own parameters, None for leaving one out.
    """

    def report() -> None:
        picked = st.session_state[key].picked
        if on_pick is not None and picked is not None:
            on_pick(picked)

    def report_selected() -> None:
        selected = st.session_state[key].selected
        if on_select is not None and selected:
            on_select([int(each) for each in selected["items"]], selected["how"])

    data = {
        "figure": figure.to_json(),
        "words": json.dumps(words, ensure_ascii=False, separators=(",", ":")) if words else "",
        "names": list(names),
        "n_names": n_names,
        "colours": colours or {},
        "tools": on_select is not None,
        "camera": list(camera) if camera else None,
        "view": view,
        "link": link or {},
        "key": key,
        "height": height,
        "alt": alt,
        "script": _plotly_script(),
    }
    return _PLOT(key=key, data=data, height=height, on_picked_change=report, on_selected_change=report_selected).picked


def _plotly_script() -> str:
    """Have the server offer plotly.js out of the installed plotly package; its address relative to the app's own.

    A declared component's folder is served under its name: no static folder of our own and no second copy of the script.
    Declared at every call, because a server only knows what was declared during one of its script runs.
    """
    folder = Path(plotly.__file__).parent / "package_data"
    return f"component/{components.declare_component('plotly', path=folder).name}/plotly.min.js"
