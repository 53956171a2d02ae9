"""Colours that are told apart stay apart for readers who lack one kind of cone: simulated, in both themes.

Simulation: Machado, Oliveira & Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG
15 (2009), the matrices for severity 1.0, on linear RGB. Difference: Euclidean distance in CIE L*a*b* under D65 (ΔE*ab 1976).
"""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from collab.ui.charts.palette import DARK, LIGHT

ROOT = Path(__file__).resolve().parents[3]
THEMES = {"light": LIGHT, "dark": DARK}
VISION = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
ROLES = ("accent", "train", "valid", "observed", "predicted", "chosen", "found", "muted")
APART = 10.0  # about four times what can just be seen beside each other: told apart as small marks
A_STEP = 4.0  # one step of a scale, whose colours touch
XYZ_OF_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    """Red, green and blue of "#RRGGBB" as shares of light (3,): sRGB's transfer curve undone."""
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour, vision="all cones"):
    """L*, a*, b* (3,) of what is seen of a colour."""
    light = np.clip(VISION[vision] @ linear(colour), 0, 1)
    share = XYZ_OF_RGB @ light / XYZ_OF_RGB.sum(axis=1)
    x, y, z = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one, other, vision="all cones"):
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))


def contrast(one, other):
    """Contrast as WCAG 2 has it, 1 to 21."""
    dark, light = sorted(float(XYZ_OF_RGB[1] @ linear(each)) for each in (one, other))
    return (light + 0.05) / (dark + 0.05)


def too_close(colours, vision, least):
    """Pairs of names whose colours are less than `least` apart."""
    return [
        (*pair, round(difference(*(colours[name] for name in pair), vision), 1))
        for pair in itertools.combinations(colours, 2)
        if difference(*(colours[name] for name in pair), vision) < least
    ]


def test_the_arithmetic_by_hand():
    assert lab("#FFFFFF") == pytest.approx([100, 0, 0], abs=1e-6) and lab("#000000") == pytest.approx([0, 0, 0])
    assert lab("#FF0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.01)  # as published for sRGB's red under D65
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert too_close({"a": "#777777", "b": "#777878", "c": "#000000"}, "all cones", 5) == [("a", "b", 0.5)]


@pytest.mark.parametrize("vision", VISION)
def test_a_simulated_eye_sees_grey_as_grey(vision):
    assert VISION[vision].sum(axis=1) == pytest.approx(np.ones(3), abs=2e-6)
    assert lab("#808080", vision)[1:] == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize(
    "vision, one, other",
    [
        ("protanopia", "#D55E00", "#8A8300"),  # orange, olive
        ("deuteranopia", "#F472B6", "#A0A8B4"),  # pink, grey
        ("tritanopia", "#57B8CB", "#56B4E9"),  # teal, blue
    ],
)
def test_what_all_cones_tell_apart_a_missing_one_confuses(vision, one, other):
    assert difference(one, other) > 1.9 * APART and difference(one, other, vision) < APART
    assert too_close({"one": one, "other": other}, vision, APART) and not too_close(
        {"one": one, "other": other}, "all cones", APART
    )


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", THEMES)
def test_what_has_a_meaning_is_told_apart(theme, vision):
    assert not too_close({role: getattr(THEMES[theme], role) for role in ROLES}, vision, APART)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", THEMES)
def test_categories_are_told_apart(theme, vision):
    palette = THEMES[theme]
    marked = (palette.chosen, palette.accent, palette.found, palette.rest)  # what the map draws among them
    assert not too_close({colour: colour for colour in (*palette.categorical, *marked)}, vision, APART)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", THEMES)
def test_scales_keep_their_order(theme, vision):
    """Every step of a scale is seen; the even one gets lighter all the way; the other's ends differ in hue and both stand out."""
    palette = THEMES[theme]
    for scale in (palette.sequential, palette.diverging):
        assert min(difference(*pair, vision) for pair in itertools.pairwise(scale)) >= A_STEP
    assert (np.diff([lab(colour, vision)[0] for colour in palette.sequential]) > 0).all()
    first, last = palette.diverging[0], palette.diverging[-1]
    assert difference(first, last, vision) >= 5 * APART
    for half in (palette.diverging[:5], palette.diverging[:4:-1]):
        from_paper = [difference(colour, palette.paper, vision) for colour in half]
        assert from_paper == sorted(from_paper, reverse=True)


@pytest.mark.parametrize("theme", THEMES)
def test_words_and_marks_stand_out_from_the_paper(theme):
    """WCAG 2, level AA: 4.5 to 1 for words, 3 to 1 for marks with a meaning."""
    palette = THEMES[theme]
    assert (
        min(contrast(getattr(palette, role), palette.paper) for role in ("ink", "muted", "accent", "chosen", "found"))
        >= 4.5
    )
    assert min(contrast(getattr(palette, role), palette.paper) for role in ROLES) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_streamlits_own_charts_have_the_same_colours(theme):
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][theme]
    palette = THEMES[theme]
    assert tuple(settings["chartCategoricalColors"]) == palette.categorical
    assert (settings["backgroundColor"], settings["textColor"]) == (palette.paper, palette.ink)


def test_the_accent_is_one_colour():
    """In the dark theme buttons are darker than it: white words stand on them."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert theme["light"]["primaryColor"] == theme["light"]["linkColor"] == LIGHT.accent
    assert (
        contrast(theme["dark"]["primaryColor"], "#FFFFFF") >= 4
        and contrast(theme["dark"]["linkColor"], DARK.paper) >= 4.5
    )
    assert (ROOT / "collab" / "ui" / "frame" / "mark.svg").read_text(encoding="utf-8").count(LIGHT.accent) == 2
