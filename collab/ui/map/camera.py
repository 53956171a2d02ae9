"""The camera of the film map in a link: nine numbers of a scene, eye, middle and up, or the four ends of two flat axes."""

from __future__ import annotations

import math

CAMERA = "camera"
"""Its name in the link; the browser writes it there when the link is copied."""

FURTHEST = 1e4


def read_camera(text: str | None, n_axes: int) -> list[float] | None:
    """The numbers of a camera for `n_axes` axes; None where the link has none, one for the other kind of picture, or nonsense."""
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
    eye, middle, up = numbers[:3], numbers[3:6], numbers[6:]
    return numbers if math.dist(eye, middle) > 1e-6 and math.hypot(*up) > 1e-6 else None
