"""The camera of the film map in the link: nine numbers of a 3-D scene (eye, centre, up), or the four ends of two flat axes."""

from __future__ import annotations

import math

CAMERA = "camera"
"""The camera's name in the link; the browser writes it there when the link is copied."""

FURTHEST = 1e4


def read_camera(text: str | None, n_axes: int) -> list[float] | None:
    """The camera's numbers for `n_axes` axes; None if they are missing, invalid, or for the other kind of picture."""
    if not text:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    if len(numbers) != (9 if n_axes == 3 else 4) or not all(
        math.isfinite(each) and abs(each) < FURTHEST for each in numbers
    ):
        return None
    if n_axes == 2:
        left, right, low, high = numbers
        return numbers if left < right and low < high else None
    eye, centre, up = numbers[:3], numbers[3:6], numbers[6:]
    return numbers if math.dist(eye, centre) > 1e-6 and math.hypot(*up) > 1e-6 else None
