"""The film map of small and large catalogues: time to the first picture, to another colour, and per frame of a turn.

    python -m tests.benchmarks.map [N]

Synthetic catalogues of 1,665, 10,000 and 60,000 films with 50 factors; the map draws 10,000 at most, the most rated. Headless
Chromium without a graphics card: WebGL is drawn in software, on the cores alone, so a browser with one is quicker.
At 1440 × 900. *The page*: the real Film map, from the address in a new browser (the server is warm) to its first frame, and
from a click on another colour to the frame that has it. *Picture*: the same figure alone on a page, our component beside
`st.plotly_chart`, in turns in the same run; and one frame while it is turned by script, drawn to its end (a pixel is read
back), our names placed anew in each. Medians of N pages (3) and their colours, and `N_FRAMES` frames of each.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.benchmarks.map_catalogue import write_run

SIZES = (1665, 10_000, 60_000)
N_FRAMES = 30
ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader-webgl",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
)
NODE = "document.querySelector('.js-plotly-plot')"
DRAWN = f"{NODE}?._fullLayout?.scene?._scene?.glplot && {NODE}.data.length > 3"
NAMES = (
    "[...document.querySelectorAll('.plot3d-names span')].filter(each => each.style.visibility === 'visible').length"
)
TURN = f"""async (n) => {{
  const scene = {NODE}._fullLayout.scene._scene, {{ glplot }} = scene, gl = glplot.gl, pixel = new Uint8Array(4), times = [];
  const before = JSON.stringify(scene.getCamera().eye);
  for (let frame = 0; frame < n; frame++) {{
    const start = performance.now();
    const angle = 0.8 + 0.05 * frame;
    scene.camera.lookAt([1.77 * Math.cos(angle), 1.77 * Math.sin(angle), 1.25], [0, 0, 0], [0, 0, 1]);
    glplot.redraw();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    times.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
  }}
  if (JSON.stringify(scene.getCamera().eye) === before) throw new Error("the scene did not turn");
  return times;
}}"""
FINISHED = f"""() => {{ const gl = {NODE}._fullLayout.scene._scene.glplot.gl;
  {NODE}._fullLayout.scene._scene.glplot.redraw(); gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); }}"""


@contextmanager
def serving(script: Path, home: Path):
    """A Streamlit server on a free port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = (
        "--server.address=127.0.0.1",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", *options],
        cwd=ROOT,
        env={**os.environ, "COLLAB_HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def first_picture(browser, address: str) -> tuple[object, float]:
    """A page in a browser context of its own, and seconds until its picture is drawn."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(DRAWN, timeout=180_000)
    page.evaluate(FINISHED)
    return page, time.perf_counter() - start


def other_colour(page, change, drawn: str) -> float:
    """Seconds from a change of the colour to the frame that has it."""
    start = time.perf_counter()
    change()
    page.wait_for_function(drawn, timeout=180_000)
    page.evaluate(FINISHED)
    return time.perf_counter() - start


def measure_picture(browser, address: str, way: str, n_films: int) -> dict[str, list[float]]:
    """First picture, colours and frames of one way of drawing."""
    page, first = first_picture(browser, f"{address}/?way={way}&n={n_films}")
    page.wait_for_timeout(1500)
    colours = []
    for colour in ("mean", "count"):
        change = page.get_by_text(colour, exact=True).click
        colours.append(other_colour(page, change, f"{NODE}?._fullLayout?.meta === '{colour}' && {DRAWN}"))
        page.wait_for_timeout(800)
    frames = [each / 1000 for each in page.evaluate(TURN, N_FRAMES)]
    if way == "ours" and not page.evaluate(NAMES):
        raise SystemExit("no names were placed: the frames would be those of less than the map")
    page.context.close()
    return {"first": [first], "colour": colours, "frame": frames}


def measure_page(browser, address: str, run_id: str) -> dict[str, list[float]]:
    """First picture and another colour of the real page."""
    page, first = first_picture(browser, f"{address}/film_map?data=sample&run={run_id}&shown=10000")
    page.wait_for_timeout(2500)
    page.get_by_role("combobox", name="Colour").click()
    option = page.get_by_role("option", name="mean", exact=True)
    option.wait_for()
    seconds = other_colour(page, option.click, f"{NODE}.data.some(trace => trace.name === 'mean rating')")
    page.context.close()
    return {"first": [first], "colour": [seconds]}


def joined(parts: list[dict[str, list[float]]]) -> dict[str, float]:
    """Medians of what was measured several times."""
    return {what: statistics.median(value for part in parts for value in part[what]) for what in parts[0]}


def main() -> None:
    """Print the table."""
    n_times = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        raise SystemExit("no Chromium: install Debian's package chromium, or name the program in CHROMIUM")
    print("seconds; WebGL in software, no graphics card")
    print(f"{'films':>7}  {'drawn':>6}  {'what':18}  {'first picture':>13}  {'other colour':>12}  {'a frame':>8}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        home = Path(folder)
        runs = {n: write_run(home, n) for n in SIZES}
        browser = play.chromium.launch(executable_path=program, args=list(FLAGS))
        with serving(ROOT / "app.py", home) as pages, serving(Path(__file__).with_name("map_app.py"), home) as scratch:
            first_picture(browser, f"{pages}/film_map?data=sample&run={runs[SIZES[0]]}")[0].context.close()  # imports
            for way in ("ours", "theirs"):
                first_picture(browser, f"{scratch}/?way={way}&n={SIZES[0]}")[0].context.close()
            for n in SIZES:
                found: dict[str, list] = {"page": [], "ours": [], "theirs": []}
                for _ in range(n_times):
                    found["page"].append(measure_page(browser, pages, runs[n]))
                    for way in ("ours", "theirs"):
                        found[way].append(measure_picture(browser, scratch, way, n))
                for what, label in (("page", "the page"), ("ours", "picture"), ("theirs", "st.plotly_chart")):
                    row = joined(found[what])
                    frame = f"{row['frame']:8.3f}" if "frame" in row else f"{'':8}"
                    print(
                        f"{n:7,}  {min(n, 10_000):6,}  {label:18}  {row['first']:13.2f}  {row['colour']:12.2f}  {frame}",
                        flush=True,
                    )
        browser.close()


if __name__ == "__main__":
    main()
