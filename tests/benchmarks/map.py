"""The film map of small and large catalogues: time to the first picture, to another colour, and per frame of a turn.

    python -m tests.benchmarks.map [N]

Synthetic catalogues of 1,665, 10,000 and 60,000 films with 50 factors; the map draws 10,000 at most, the most rated, and the
page has to say so. Headless Chromium without a graphics card: WebGL is drawn in software, on the cores alone, by the renderer
that is printed. At 1440 × 900. *The page*: the real page Map, from the address in a new browser (the server is warm) to its
first frame, and from a click on another colour to the frame that has it. *Picture*: the same figure alone on a page, our
component beside `st.plotly_chart`, in turns in the same run.

Each is then turned by `N_FRAMES` moves of a pressed mouse, one for each frame that the browser asks for. *A frame*: from one to
the next, which is how often the picture changes on this machine; at best 0.017, the screen's own pace. *Its script*: what the
browser's main thread computes for it, waiting for pixels that are read back included, drawing left out: what is left for a
machine whose graphics card draws. Medians of N pages (1), their colours and their frames; script is a mean over frames.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.benchmarks.map_catalogue import write_run
from tests.browser.conftest import serving

SIZES = (1665, 10_000, 60_000)
MOST_FILMS = 10_000  # that the map draws; the page is asked for as many
N_FRAMES = 24
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
  const scene = {NODE}._fullLayout.scene._scene, {{ canvas }} = scene.glplot, box = canvas.getBoundingClientRect();
  const send = (type, x, buttons) => canvas.dispatchEvent(new MouseEvent(type, {{
    bubbles: true, cancelable: true, view: window, clientX: box.x + x, clientY: box.y + box.height / 2, button: 0, buttons }}));
  const before = JSON.stringify(scene.getCamera().eye), times = [];
  send("mousemove", 100, 0);
  send("mousedown", 100, 1);
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 1; frame <= n; frame++) {{
    send("mousemove", 100 + 6 * frame, 1);
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }}
  send("mouseup", 100 + 6 * n, 0);
  if (JSON.stringify(scene.getCamera().eye) === before) throw new Error("the scene did not turn");
  return times;
}}"""
RENDERER = f"""() => {{ const gl = {NODE}._fullLayout.scene._scene.glplot.gl;
  return gl.getParameter(gl.getExtension("WEBGL_debug_renderer_info").UNMASKED_RENDERER_WEBGL); }}"""
FINISHED = f"""() => {{ const gl = {NODE}._fullLayout.scene._scene.glplot.gl;
  {NODE}._fullLayout.scene._scene.glplot.redraw(); gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); }}"""


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


def turn(page) -> dict[str, list[float]]:
    """Seconds from frame to frame of a turn, and of the main thread's script for each."""
    browser_side = page.context.new_cdp_session(page)
    browser_side.send("Performance.enable")

    def script_seconds() -> float:
        metrics = browser_side.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "ScriptDuration")

    before = script_seconds()
    frames = [each / 1000 for each in page.evaluate(TURN, N_FRAMES)]
    return {"frame": frames, "script": [(script_seconds() - before) / N_FRAMES]}


def measure_picture(browser, address: str, way: str, n_items: int) -> dict[str, list[float]]:
    """First picture, colours and a turn of one way of drawing."""
    page, first = first_picture(browser, f"{address}/?way={way}&n={n_items}")
    page.wait_for_timeout(1500)
    colours = []
    for colour in ("mean", "count"):
        change = page.get_by_text(colour, exact=True).click
        colours.append(other_colour(page, change, f"{NODE}?._fullLayout?.meta === '{colour}' && {DRAWN}"))
        page.wait_for_timeout(800)
    turned = turn(page)
    if way == "ours" and not page.evaluate(NAMES):
        raise SystemExit("no names were placed: the frames would be those of less than the map")
    page.context.close()
    return {"first": [first], "colour": colours, **turned}


def measure_page(browser, address: str, run_id: str, n_items: int) -> dict[str, list[float]]:
    """First picture, another colour and a turn of the real page."""
    page, first = first_picture(browser, f"{address}/map?data=sample&run={run_id}&shown={MOST_FILMS}")
    page.wait_for_timeout(2500)
    if n_items > MOST_FILMS:
        page.get_by_text(f"{MOST_FILMS:,} of {n_items:,} films are on the map, the most rated").wait_for(timeout=10_000)
    page.get_by_role("combobox", name="Colour").click()
    option = page.get_by_role("option", name="mean", exact=True)
    option.wait_for()
    seconds = other_colour(page, option.click, f"{NODE}.data.some(trace => trace.name === 'mean rating')")
    page.wait_for_timeout(2500)
    turned = turn(page)
    page.context.close()
    return {"first": [first], "colour": [seconds], **turned}


def joined(parts: list[dict[str, list[float]]]) -> dict[str, float]:
    """Medians of what was measured several times."""
    return {what: statistics.median(value for part in parts for value in part[what]) for what in parts[0]}


def main() -> None:
    """Print the table."""
    n_times = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        raise SystemExit("no Chromium: install Debian's package chromium, or name the program in CHROMIUM")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        home = Path(folder)
        runs = {n: write_run(home, n) for n in SIZES}
        browser = play.chromium.launch(executable_path=program, args=list(FLAGS))
        with serving(home) as pages, serving(home / "scratch", Path(__file__).with_name("map_app.py")) as scratch:
            page, _ = first_picture(browser, f"{pages}/map?data=sample&run={runs[SIZES[0]]}")  # imports
            print(f"seconds; WebGL by {page.evaluate(RENDERER)}")
            page.context.close()
            print(
                f"{'films':>7}  {'drawn':>6}  {'what':18}  {'first picture':>13}  {'other colour':>12}"
                f"  {'a frame':>8}  {'its script':>10}"
            )
            for way in ("ours", "theirs"):
                first_picture(browser, f"{scratch}/?way={way}&n={SIZES[0]}")[0].context.close()
            for n in SIZES:
                found: dict[str, list] = {"page": [], "ours": [], "theirs": []}
                for _ in range(n_times):
                    found["page"].append(measure_page(browser, pages, runs[n], n))
                    for way in ("ours", "theirs"):
                        found[way].append(measure_picture(browser, scratch, way, n))
                for what, label in (("page", "the page"), ("ours", "picture"), ("theirs", "st.plotly_chart")):
                    row = joined(found[what])
                    print(
                        f"{n:7,}  {min(n, MOST_FILMS):6,}  {label:18}  {row['first']:13.2f}  {row['colour']:12.2f}"
                        f"  {row['frame']:8.3f}  {row['script']:10.4f}",
                        flush=True,
                    )
        browser.close()


if __name__ == "__main__":
    main()
