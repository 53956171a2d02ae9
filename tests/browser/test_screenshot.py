"""The README's picture: the film map of the built-in sample, as a visitor sees it.

Made anew with `pytest tests/browser/test_screenshot.py --screenshot tests/browser/film_map.png`; on the sample, because
MovieLens may not be passed on.
"""

from pathlib import Path

DRAWN = "document.querySelector('.plot3d-drawing')?._fullLayout?.scene?._scene?.glplot"


def test_the_readmes_picture(server, desktop, settled, request, tmp_path):
    desktop.goto(f"{server}/map?data=sample&film=Alien+(1979)")
    settled(desktop)
    desktop.wait_for_function(DRAWN)
    desktop.get_by_text("Synthetic ratings.").wait_for()
    desktop.wait_for_timeout(1500)  # the first frames of the picture
    file = Path(request.config.getoption("--screenshot") or tmp_path / "film_map.png")
    desktop.screenshot(path=file)
    assert file.stat().st_size > 20_000  # an empty page is far smaller
    assert (Path(__file__).with_name("film_map.png")).exists()
