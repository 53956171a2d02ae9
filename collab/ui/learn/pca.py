"""Step: PCA rotates a cloud so that the least important axes can be left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.lessons.principal_axes import PrincipalAxes, best_plain_share, flattened, hidden_cloud, principal_axes
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.plot3d.plot3d import plot3d
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Step
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import as_table

SOLID, FLAT = "3-D cloud", "Its two best axes"
HEIGHT = 400
AXIS_LENGTH = 2.6  # in standard deviations, to either side


def axis_colours(palette: Palette) -> tuple[str, str, str]:
    """Colours of the first axis, the second, and the one that is left out."""
    return palette.chosen, palette.predicted, palette.muted


def cloud_figure(points: np.ndarray, found: PrincipalAxes, share: float, palette: Palette) -> go.Figure:
    """The points (n, 3), flattened by `share` along the third principal axis, and the three axes."""
    drawn = flattened(points, found, share)
    figure = go.Figure(
        go.Scatter3d(
            x=drawn[:, 0].tolist(),
            y=drawn[:, 1].tolist(),
            z=drawn[:, 2].tolist(),
            mode="markers",
            marker={"size": 2, "color": palette.accent, "opacity": 0.45},
            hoverinfo="skip",
        )
    )
    for number, (axis, variance, colour) in enumerate(
        zip(found.axes, found.variances, axis_colours(palette), strict=True), 1
    ):
        length = AXIS_LENGTH * np.sqrt(variance) * (1 - share if number == 3 else 1)
        ends = np.stack([found.middle - length * axis, found.middle + length * axis])  # (2, 3)
        figure.add_scatter3d(
            x=ends[:, 0].tolist(),
            y=ends[:, 1].tolist(),
            z=ends[:, 2].tolist(),
            mode="lines+text",
            text=["", f"axis {number}" if length else ""],
            textfont={"color": colour, "size": 14},
            line={"color": colour, "width": 8},
            hoverinfo="skip",
        )
    reach = float(np.abs(points - found.middle).max()) * 1.02  # of the cloud before flattening: the box keeps its size
    axes = {}
    for name, middle in zip("xyz", found.middle.tolist(), strict=True):
        axes[f"{name}axis"] = {
            "title": {"text": name, "font": {"size": 13}},
            "range": [middle - reach, middle + reach],
            "color": palette.muted,
            "gridcolor": palette.grid,
            "zerolinecolor": palette.grid,
            "showbackground": False,
            "showticklabels": False,
            "showspikes": False,
        }
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.ink, "size": 13},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.ink},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        scene={"aspectmode": "cube", "camera": {"eye": {"x": 1.15, "y": -0.85, "z": 0.45}}, **axes},
    )
    return figure


def flat_figure(points: np.ndarray, found: PrincipalAxes, palette: Palette) -> go.Figure:
    """The same points projected onto the first two principal axes."""
    places = (points - found.middle) @ found.axes[:2].T  # (n, 2)
    figure = go.Figure(
        go.Scatter(
            x=places[:, 0],
            y=places[:, 1],
            mode="markers",
            marker={"size": 5, "color": palette.accent, "opacity": 0.7},
            hoverinfo="skip",
        )
    )
    first, second, _ = axis_colours(palette)
    reach = float(np.abs(points - found.middle).max()) * 1.05
    for update, number, colour in ((figure.update_xaxes, 0, first), (figure.update_yaxes, 1, second)):
        update(
            title=f"axis {number + 1}: {formats.percent(found.shares[number])} of the variance", showticklabels=False
        )
        end = AXIS_LENGTH * float(np.sqrt(found.variances[number]))
        ends = {"x": [-end, end], "y": [0, 0]} if number == 0 else {"x": [0, 0], "y": [-end, end]}
        figure.add_scatter(**ends, mode="lines", line={"color": colour, "width": 4}, hoverinfo="skip")
    figure.update_xaxes(range=[-reach, reach])
    figure.update_yaxes(range=[-reach, reach], scaleanchor="x")
    return styled(figure, palette, HEIGHT, left=40)


def points_table(points: np.ndarray, found: PrincipalAxes, share: float) -> pd.DataFrame:
    """Every point as drawn, flattened by `share` along axis 3: its coordinates x, y, z and those on the principal axes."""
    drawn = flattened(points, found, share)
    places = (drawn - found.middle) @ found.axes.T  # (n, 3)
    names = [*"xyz", "axis 1", "axis 2", "axis 3"]
    return pd.DataFrame(np.hstack([drawn, places]).round(3) + 0.0, columns=names)  # + 0.0: no negative zeros


def axes_table(found: PrincipalAxes) -> pd.DataFrame:
    """The principal axes: their directions, the variance of the points along each, and its share."""
    table = pd.DataFrame(found.axes.round(3), columns=[f"along {name}" for name in "xyz"])
    table.insert(0, "axis", [1, 2, 3])
    return table.assign(variance=found.variances.round(3), **{"share (%)": (100 * found.shares).round(1)})


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        view = choose("View", [SOLID, FLAT], key="pca_view")
        stretch = st.slider(
            "How stretched",
            1.0,
            6.0,
            3.0,
            0.5,
            key="pca_stretch",
            bind="query-params",
            help="How far the cloud reaches along its longest hidden axis. At 1 it is nearly a ball: no axis is worth more.",
        )
        share = 0.0
        if view == SOLID:
            share = st.slider(
                "Press axis 3 flat",
                0,
                100,
                0,
                5,
                key="pca_press",
                bind="query-params",
                format="%d %%",
                help="Moves every point along axis 3 towards the middle. At 100 % only axes 1 and 2 are left.",
            )
        points = hidden_cloud(stretch)
        found = principal_axes(points)
        st.metric("Variance kept by axes 1 and 2", formats.percent(found.shares[:2].sum()))
        st.metric("… by the best two of x, y, z", formats.percent(best_plain_share(points)))
    with picture:
        if view == SOLID:
            plot3d(
                cloud_figure(points, found, share / 100, palette()),
                key="pca_cloud",
                height=HEIGHT,
                alt="A cloud of points in three dimensions with its three principal axes; it can be turned",
            )
        else:
            st.plotly_chart(
                flat_figure(points, found, palette()),
                config=PLAIN,
                key="pca_flat",
                alt="The same cloud on its first two principal axes",
            )
        as_table(
            "pca_table",
            "The points",
            lambda: {"The axes": axes_table(found), "The points": points_table(points, found, share / 100)},
        )
        shares = [formats.percent(each) for each in found.shares]
        st.caption(
            f"{formats.count(len(points))} points. Of the variance axis 1 has {shares[0]}, axis 2 {shares[1]}, "
            f"axis 3 {shares[2]}." + (" Drag to turn." if view == SOLID else "")
        )


STEP = Step(
    slug="pca",
    title="PCA: fewer axes, little lost",
    insight="PCA lays axis 1 along the longest stretch of the cloud and axis 2 along the next: **no two others keep more**.",
    draw=draw,
    door=Door("pages/map.py", "films on their three best axes"),
)
