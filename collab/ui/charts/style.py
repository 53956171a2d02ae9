"""What all Plotly charts have in common: colours, margins, legends, row names and notes."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from collab.ui.charts.palette import Palette

PLAIN = {"displayModeBar": False, "scrollZoom": False}  # no tool bar: hover is enough


def styled(figure: go.Figure, palette: Palette, height: int, *, synthetic: bool = False, left: int = 60) -> go.Figure:
    """Apply the common colours, margins and `height` to a 2-D figure, and mark it if its ratings are synthetic."""
    axis = {
        "gridcolor": palette.grid,
        "zerolinecolor": palette.grid,
        "title": {"font": {"color": palette.muted}},
        "tickfont": {"color": palette.muted},
    }
    common = {
        "height": height,
        "margin": {"l": left, "r": 12, "t": 12, "b": 48},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.ink, "size": 13},
        "dragmode": False,
        "hoverlabel": {"bgcolor": palette.paper, "font": {"color": palette.ink}},
    }
    layout = figure.layout.to_plotly_json()
    axes = {"xaxis", "yaxis", *(name for name in layout if name.startswith(("xaxis", "yaxis")))}
    # in one step: Plotly's update_layout, update_xaxes and update_yaxes take twice as long, for every chart on every rerun
    figure.layout = _over(layout, common | dict.fromkeys(axes, axis))
    return mark_synthetic(figure, palette) if synthetic else figure


def _over(below: dict, above: dict) -> dict:
    """`below` updated with `above`, recursively."""
    both = {
        name: _over(below[name], value) if isinstance(value, dict) and isinstance(below.get(name), dict) else value
        for name, value in above.items()
    }
    return below | both


def legend_above(figure: go.Figure, palette: Palette) -> None:
    """Put the names of the traces above the plot; in a narrow figure they stack, and the plot becomes less high."""
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": palette.ink, "size": 12}},
        margin={"t": 40},
    )


def name_rows(figure: go.Figure, names: Sequence[str], palette: Palette, top: float = -0.6) -> go.Figure:
    """Name the rows at the heights 0, 1, … from the top down, at the left; names may be markup; `top` leaves room above."""
    return figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        tickfont={"color": palette.ink, "size": 12},
        automargin=True,
        showgrid=False,
        zeroline=False,
        range=[len(names) - 0.4, top],
    )


def mark_synthetic(figure: go.Figure, palette: Palette) -> go.Figure:
    """Write "synthetic ratings" into the corner: a chart may be shared without its page."""
    return figure.add_annotation(
        text="synthetic ratings",
        xref="paper",
        yref="paper",
        x=1,
        y=1,
        xanchor="right",
        yanchor="top",
        showarrow=False,
        font={"color": palette.muted, "size": 11},
    )


def mark_mean(figure: go.Figure, x: float, text: str, colour: str) -> go.Figure:
    """Draw a dotted vertical line at `x`, with `text` above the plot for what it means."""
    figure.add_vline(x, line={"color": colour, "width": 1.5, "dash": "dot"})
    return figure.add_annotation(
        x=x,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=text,
        showarrow=False,
        font={"color": colour, "size": 12},
    )
