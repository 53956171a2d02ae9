"""The colours of the charts in both themes; the same thing has the same colour on every page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Palette:
    """Colours of one theme. `diverging` has its midpoint, zero, between its 5th and 6th colour; `sequential` is perceptually
    uniform; `rest` is for marks that belong to no category and stay in the background."""

    paper: str
    ink: str
    muted: str
    rest: str
    grid: str
    accent: str
    train: str
    valid: str
    observed: str
    predicted: str
    chosen: str
    found: str
    diverging: tuple[str, ...]
    sequential: tuple[str, ...]
    categorical: tuple[str, ...]


VIRIDIS = ("#440154", "#482878", "#3E4989", "#31688E", "#26828E", "#1F9E89", "#35B779", "#6ECE58", "#B5DE2B", "#FDE725")
# its dark end would vanish on dark paper
VIRIDIS_ON_INK = (
    "#6A6FC4", "#5480BE", "#4391B8", "#389FAB", "#37B29B", "#52C383", "#7AD164", "#A6DA45", "#D2E22E", "#FDE725",
)  # fmt: skip
LIGHT = Palette(
    paper="#FCFBF8",
    ink="#1E2530",
    muted="#65717B",
    rest="#A8A59D",
    grid="#E4DFD5",
    accent="#026477",
    train="#0072B2",
    valid="#D55E00",
    observed="#1E2530",
    predicted="#009E73",
    chosen="#AA1763",
    found="#8A5A00",
    diverging=(
        "#0B4F8A",
        "#2F73AD",
        "#6A9DC9",
        "#A5C4DF",
        "#D8DFE5",
        "#E9DFD3",
        "#E8BF94",
        "#DB9450",
        "#C46A1B",
        "#96480A",
    ),
    sequential=VIRIDIS,
    # Okabe & Ito; yellow darkened and black lightened so that both are visible on the paper
    categorical=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#918A1D", "#45413A"),
)
DARK = Palette(
    paper="#15181E",
    ink="#E9E6E0",
    muted="#ACACB0",
    rest="#646B75",
    grid="#2D333D",
    accent="#6BD3E5",
    train="#56B4E9",
    valid="#F0894B",
    observed="#E9E6E0",
    predicted="#2CB58D",
    chosen="#EA3AAF",
    found="#F0C24B",
    diverging=(
        "#8CCBFF",
        "#5FA9E6",
        "#4288C2",
        "#356895",
        "#3C4C5C",
        "#574A3E",
        "#8C5C2D",
        "#BC7831",
        "#E3994D",
        "#FFC48A",
    ),
    sequential=VIRIDIS_ON_INK,
    categorical=("#56B4E9", "#F0894B", "#2CB58D", "#DE9CC1", "#E69F00", "#9C93FF", "#F0E442", "#C1BDB8"),
)


def mixed(colour: str, paper: str, share: float) -> str:
    """`colour` mixed with a `share` of `paper`, all as #RRGGBB."""
    own, other = (bytes.fromhex(each.removeprefix("#")) for each in (colour, paper))
    return "#" + bytes(round((1 - share) * a + share * b) for a, b in zip(own, other, strict=True)).hex()


def palette() -> Palette:
    """The colours of the theme that the person in front of the page has chosen."""
    return DARK if st.context.theme.type == "dark" else LIGHT
