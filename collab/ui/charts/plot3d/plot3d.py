"""A Plotly figure, 3-D or 2-D, that keeps its camera across changes, reports clicks and selections, and names its points.

`st.plotly_chart` remounts a chart whenever its figure changes, which loses the camera, and never reports a click on or a
selection of 3-D points. This component passes every new figure to `Plotly.react` in the same node instead. Each file in `js/`
says at its top what it does, why, and what would make it unnecessary; `js/plot3d.js` imports the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st

from collab.ui.charts.served import LOADER, served, served_scripts

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
_CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_PLOT = st.components.v2.component("collab_plot3d", html=_HTML, css=_CSS, js=LOADER, isolate_styles=False)
_PARTS = Path(__file__).with_name("js")

ADDED, REMOVED, REPLACED = "add", "remove", "replace"
"""What a selection does to the previous one."""


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
    """Draw `figure`, one 3-D scene or two flat axes, and return the `customdata` of the point just clicked, or None.

    `key` identifies the picture: as long as it stays the same, the camera is kept across changes of the figure, reruns and
    visits to other pages. `height`, in pixels, is reserved from the start. `alt` describes the picture to those who cannot see
    it. `on_pick` is called with the customdata before the script reruns, so it may set a widget's value. A press that ends
    where it began is a click; turning the scene selects nothing. Colours come with the figure; its background should be
    transparent. `marker.color` must be a list: Plotly draws an array of numbers black.

    `words` has `index`, the customdata of every point, and `parts`, the columns of its hover text
    (`collab.ui.map.figure.film_words`); without it the figure's own hover texts are shown. `names` may be shown on the picture,
    the most important first, at most `n_names` of the kind "most"; `colours` are by kind. With `on_select`, the picture has
    tools, and it is called with the points that a box or a lasso holds of the traces whose `meta` is "films": their customdata
    and `REPLACED`, `ADDED` or `REMOVED`. `camera` is the link's camera, as `collab.ui.map.camera.read_camera` returns it; it
    counts until the picture is moved. `view` names the axes, to which the zoom of a 2-D picture belongs. `link` has the
    parameters that a copied link changes in the page's own, None to leave one out.
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
        "parts": f"{served_scripts('plot3d', _PARTS)}/plot3d.js",
        "others": [f"{served('plotly', Path(plotly.__file__).parent / 'package_data')}/plotly.min.js"],
    }
    return _PLOT(key=key, data=data, height=height, on_picked_change=report, on_selected_change=report_selected).picked
