"""The film map in the real browser: a click chooses a film, a turn does not, and nothing moves the camera but the hand."""

import json
import math

import pytest

from tests.browser.conftest import link

DRAWN = "document.querySelector('.plot3d-drawing')?._fullLayout?.scene?._scene?.glplot"
LISTEN = """() => {
  const node = document.querySelector('.plot3d-drawing');
  window.pointed = null;
  for (const event of ['plotly_hover', 'plotly_click']) node.on(event, ({ points }) => (window.pointed = points[0].hovertext));
  node.on('plotly_unhover', () => (window.pointed = null));
}"""
INK = "document.querySelector('.plot3d-drawing')._fullLayout.font.color"
CAMERA = "JSON.stringify(document.querySelector('.plot3d-drawing')._fullLayout.scene._scene.getCamera())"
SHOWN = """document.querySelector('.plot3d-drawing').data.filter(trace => trace.meta === 'films')
  .reduce((n, trace) => n + trace.x.length, 0)"""
AXIS = "document.querySelector('.plot3d-drawing')._fullLayout.scene.xaxis.title.text"
TRACES = "document.querySelector('.plot3d-drawing').data.map(trace => trace.name)"
RANGES = """(() => { const { xaxis, yaxis } = document.querySelector('.plot3d-drawing')._fullLayout;
  return JSON.stringify([...xaxis.range, ...yaxis.range].map(end => Number(end.toFixed(3)))); })()"""
INSIDE = """() => { const node = document.querySelector('.plot3d-drawing'), { xaxis, yaxis } = node._fullLayout;
  const box = node.getBoundingClientRect(), frame = document.querySelector('.plot3d').getBoundingClientRect();
  const set = node.data.find(trace => trace.name === 'set');
  return Array.from(set.x, (x, place) => [
    box.x + xaxis._offset + xaxis.l2p(x) - frame.x - frame.width / 2,
    box.y + yaxis._offset + yaxis.l2p(set.y[place]) - frame.y - frame.height / 2]); }"""
TURNED_AND_BACK = """async () => {
  const scene = document.querySelector('.plot3d-drawing')._fullLayout.scene._scene, { glplot } = scene, { gl } = glplot;
  const frames = async (n) => { while (n--) await new Promise(requestAnimationFrame); };
  const canPick = () => glplot.objects.some(object => object.pickSlots);
  const state = () => {
    const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight], pixels = new Uint8Array(4 * width * height);
    glplot.redraw();
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    let inked = 0;
    for (let place = 3; place < pixels.length; place += 4) inked += pixels[place] > 127;
    return { inked: inked / (width * height), ratio: glplot.pixelRatio, canPick: canPick() };
  };
  const { eye, center, up } = scene.getCamera(), numbers = ({ x, y, z }) => [x, y, z];
  const look = (by) => scene.camera.lookAt([eye.x + by, eye.y, eye.z], numbers(center), numbers(up));
  const before = state();
  // asked in the frame itself: a slow machine can be at rest again before anybody outside asks
  const { camera } = glplot, { tick } = camera, turning = [];
  camera.tick = () => { const moved = tick.call(camera); if (moved) turning.push(canPick()); return moved; };
  look(0.2);
  for (let n = 0; n < 200 && !turning.length; n++) await frames(1);
  look(0);
  await frames(4);
  for (let n = 0; n < 400 && !canPick(); n++) await frames(1);
  await frames(3);
  return { before, turning, after: state() }; }"""
BROKEN = """() => {
  const { glplot } = document.querySelector('.plot3d-drawing')._fullLayout.scene._scene;
  window.nBroken = 0;
  glplot.add = () => { window.nBroken += 1; throw new Error('no objects any more'); }; }"""
TITLES = """() => { const { scene } = document.querySelector('.plot3d-drawing')._fullLayout;
  return [scene.xaxis, scene.yaxis, scene.zaxis].flatMap(axis => axis.title.text.split('<br>')); }"""
BOXES = """() => [...document.querySelectorAll('.plot3d-names span')].filter(each => each.style.visibility === 'visible')
  .map(each => each.getBoundingClientRect()).map(box => [box.left, box.right, box.top, box.bottom])"""
PLACES = [(dx, dy) for dy in (0, 14, -14, 28, -28, 42) for dx in (0, 16, -16, 32, -32, 48, -48)]


@pytest.fixture
def film_map(server, desktop, settled):
    """The page with a drawn map."""
    desktop.goto(f"{server}/map?data=ml-100k")
    settled(desktop)
    desktop.wait_for_function(DRAWN)
    desktop.evaluate(LISTEN)
    desktop.wait_for_timeout(500)
    return desktop


def middle(page):
    box = page.locator(".plot3d").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def turn(page, right=80, down=20):
    """Turn the scene by hand, and wait until it stands still."""
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=8)
    page.mouse.up()
    still = None
    for _ in range(40):
        page.wait_for_timeout(250)
        now = page.evaluate(CAMERA)
        if now == still:
            return camera(page)
        still = now
    raise AssertionError("the scene does not stand still")


def around_all(page, tool):
    """Draw around the whole scene with a tool."""
    page.get_by_role("button", name=tool).click()
    box = page.locator(".plot3d-select").bounding_box()
    left, top, right, bottom = box["x"] + 5, box["y"] + 5, box["x"] + box["width"] - 5, box["y"] + box["height"] - 5
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def point_at_a_film(page):
    """Move the mouse until a film lies under it; returns the film's title."""
    x, y = middle(page)
    for dx, dy in PLACES:
        page.mouse.move(x + dx - 2, y + dy)
        page.wait_for_timeout(120)
        page.mouse.move(x + dx, y + dy)
        page.wait_for_timeout(350)
        words = page.evaluate("window.pointed")
        if words:
            return words.split(" · ")[0]
    raise AssertionError("no film under the mouse")


def camera(page):
    """Where the scene is looked at from, as far as single precision tells."""
    return json.loads(page.evaluate(CAMERA), parse_float=lambda digits: round(float(digits), 5))


def test_turning_chooses_nothing_and_a_click_the_film_under_the_mouse(film_map, settled):
    before = camera(film_map)
    point_at_a_film(film_map)  # a turn that begins on a film
    turned = turn(film_map)
    assert turned != before
    film_map.wait_for_timeout(1000)
    settled(film_map)
    assert "film" not in link(film_map)

    light = film_map.evaluate(INK)
    film_map.emulate_media(color_scheme="dark")
    film_map.wait_for_function(f"light => {INK} !== light", arg=light)
    settled(film_map)
    assert camera(film_map) == turned  # the map follows the theme, and stays as it is

    film_map.evaluate(LISTEN)
    title = point_at_a_film(film_map)
    film_map.mouse.down()
    film_map.mouse.up()
    film_map.wait_for_function("title => new URL(location).searchParams.get('film') === title", arg=title)
    settled(film_map)
    film_map.get_by_role("link", name="More like this").wait_for()
    assert film_map.locator(".plot3d-names .chosen").inner_text()[:5] == title[:5]  # its name

    neighbour = film_map.locator("[class*=st-key-near_] button").first
    nearest = neighbour.inner_text().split(" · ")[0]
    neighbour.click()
    film_map.wait_for_function("title => new URL(location).searchParams.get('film') !== title", arg=title)
    assert link(film_map)["film"][:5] == nearest[:5]


def test_a_turn_leaves_picking_out_and_at_rest_the_picture_is_whole_or_else_it_turns_all_the_same(film_map):
    seen = film_map.evaluate(TURNED_AND_BACK)
    before, turning, after = seen["before"], seen["turning"], seen["after"]
    assert before["canPick"] and turning and not any(turning) and after["canPick"]  # nobody points while turning
    assert before["ratio"] == after["ratio"] == 1  # WebGL is software here
    assert before["inked"] > 0.01
    assert after["inked"] == pytest.approx(before["inked"], rel=0.02)

    problems = []  # the shortcut fails
    film_map.on("pageerror", lambda error: problems.append(str(error)))
    film_map.on("console", lambda message: problems.append(message.text) if "shortcut" in message.text else None)
    film_map.evaluate(BROKEN)
    seen = film_map.evaluate(TURNED_AND_BACK)
    assert seen["before"]["canPick"] and seen["after"]["canPick"]
    assert seen["after"]["inked"] == pytest.approx(seen["before"]["inked"], rel=0.02)
    n_broken, before = film_map.evaluate("nBroken"), camera(film_map)
    assert turn(film_map) != before
    assert n_broken and film_map.evaluate("nBroken") == n_broken  # never tried again
    assert len(problems) == 1 and "turns without shortcuts" in problems.pop()


def test_by_keyboard_alone_the_map_turns_and_a_film_is_reached(film_map, settled):
    frame = film_map.locator(".plot3d")
    film_map.get_by_role("link", name="Map", exact=True).focus()
    for _ in range(40):
        film_map.keyboard.press("Tab")
        if frame.evaluate("frame => frame === document.activeElement"):
            break
    ring = frame.evaluate("frame => [getComputedStyle(frame).outlineStyle, getComputedStyle(frame).outlineWidth]")
    assert ring == ["solid", "2px"]

    def reach():
        eye, middle = (camera(film_map)[name] for name in ("eye", "center"))
        return math.dist(eye.values(), middle.values())

    def eye_after(key):
        before = film_map.evaluate(CAMERA)
        film_map.keyboard.press(key)
        film_map.wait_for_function(f"before => {CAMERA} !== before", arg=before)
        film_map.wait_for_timeout(300)
        return camera(film_map)["eye"]

    far, start = reach(), camera(film_map)["eye"]
    around = eye_after("ArrowRight")
    assert around["z"] == pytest.approx(start["z"], abs=1e-3) and around["x"] != start["x"]
    assert eye_after("ArrowUp")["z"] > around["z"] and reach() == pytest.approx(far, rel=1e-3)
    eye_after("+")
    assert reach() == pytest.approx(0.9 * far, rel=1e-3)
    eye_after("-")
    assert reach() == pytest.approx(far, rel=1e-3)

    film_map.locator(".plot3d [data-title*='default']").click()  # the reset button: the figure's own camera again
    film_map.wait_for_function(f"start => JSON.parse({CAMERA}).eye.z.toFixed(3) === start.toFixed(3)", arg=start["z"])
    assert camera(film_map)["eye"] == pytest.approx(start, abs=1e-3)

    frame.focus()
    eye_after("ArrowLeft")
    turned = camera(film_map)
    chosen = film_map.get_by_role("combobox", name="Film", exact=True)
    chosen.focus()
    film_map.keyboard.type("Alien (1979)")
    film_map.keyboard.press("Enter")
    film_map.wait_for_function("new URL(location).searchParams.get('film')?.startsWith('Alien (1979)')")
    settled(film_map)
    assert film_map.locator(".plot3d-names .chosen").inner_text() == "Alien (1979)"
    assert camera(film_map) == turned


def test_the_camera_stays_through_every_change(film_map, settled):
    turned = turn(film_map)
    film_map.get_by_role("combobox", name="Colour").click()
    film_map.get_by_role("option", name="bias").click()
    film_map.wait_for_function("new URL(location).searchParams.get('colour') === 'bias'")
    settled(film_map)
    assert camera(film_map) == turned

    film_map.get_by_role("textbox", name="Find").fill("star trek")
    film_map.keyboard.press("Enter")
    film_map.get_by_text("in their title").wait_for()
    settled(film_map)
    assert camera(film_map) == turned

    film_map.get_by_role("radio", name="hidden").click()
    film_map.wait_for_function("new URL(location).searchParams.get('others') === 'hidden'")
    settled(film_map)
    film_map.wait_for_function(f"{SHOWN} < 50")
    assert camera(film_map) == turned
    film_map.get_by_role("radio", name="faded").click()
    film_map.wait_for_function(f"{SHOWN} >= 1000")
    settled(film_map)
    assert camera(film_map) == turned

    around_all(film_map, "Lasso")
    film_map.wait_for_function("new URL(location).searchParams.get('films')?.split(',').length === 200")
    film_map.get_by_text("200 most rated of them are the set").wait_for()
    settled(film_map)
    assert camera(film_map) == turned
    film_map.get_by_role("button", name="Move").click()

    film_map.get_by_role("button", name="Points").click()
    film_map.get_by_text("Size by number of ratings").click()
    film_map.wait_for_function("new URL(location).searchParams.get('sized') === 'true'")
    for name, parameter, value in (("Films", "shown", "999"), ("Names", "names", "19")):
        slider = film_map.get_by_role("slider", name=name)
        slider.focus()
        slider.press("ArrowLeft")
        film_map.wait_for_function(f"new URL(location).searchParams.get('{parameter}') === '{value}'")
    film_map.keyboard.press("Escape")
    settled(film_map)
    assert camera(film_map) == turned

    film_map.get_by_role("button", name="Axes").click()
    film_map.get_by_role("combobox", name="x", exact=True).click()
    film_map.get_by_role("option", name="4", exact=True).click()
    film_map.wait_for_function("new URL(location).searchParams.get('x') === '4'")
    film_map.keyboard.press("Escape")
    settled(film_map)
    film_map.wait_for_function(f"{AXIS}.startsWith('Component 4 ')")
    assert camera(film_map) == turned
    assert link(film_map)["find"] == "star trek" and len(link(film_map)["films"].split(",")) == 200
    assert {"found", "set"} <= set(film_map.evaluate(TRACES))  # search and selection stay too

    film_map.get_by_role("textbox", name="Find").fill("")
    film_map.keyboard.press("Enter")
    film_map.get_by_role("button", name="Clear").click()
    film_map.wait_for_function("!new URL(location).searchParams.get('films')")
    settled(film_map)
    film_map.evaluate(LISTEN)
    title = point_at_a_film(film_map)
    film_map.mouse.down()
    film_map.mouse.up()
    film_map.wait_for_function("title => new URL(location).searchParams.get('film') === title", arg=title)
    settled(film_map)
    assert camera(film_map) == turned

    film_map.get_by_role("link", name="More like this").click()
    film_map.wait_for_url("**/similar**")
    settled(film_map)
    assert link(film_map)["film"] == title
    film_map.get_by_role("link", name="Map", exact=True).click()
    film_map.wait_for_function(DRAWN)
    settled(film_map)
    assert link(film_map)["film"] == title and camera(film_map) == turned


def test_a_copied_link_opens_the_same_view_in_another_browser(server, browser, film_map, settled):
    film_map.context.grant_permissions(["clipboard-read", "clipboard-write"])
    film_map.goto(
        f"{server}/map?data=ml-100k&colour=year&shown=300&film=Alien+(1979)&find=star&others=faded&films=50,181"
    )
    settled(film_map)
    film_map.wait_for_function(DRAWN)
    film_map.wait_for_timeout(500)
    frame = film_map.locator(".plot3d")
    frame.focus()
    before = camera(film_map)
    for _ in range(3):
        frame.press("ArrowRight")  # the keyboard turns it too
    film_map.wait_for_function(f"before => {CAMERA} !== before", arg=json.dumps(before))
    film_map.wait_for_timeout(700)
    turned = camera(film_map)
    assert turned["eye"] != before["eye"] and turned["eye"]["z"] == pytest.approx(before["eye"]["z"], abs=1e-3)
    film_map.get_by_role("button", name="Copy link").click()
    film_map.get_by_role("button", name="Copied").wait_for()
    copied = film_map.evaluate("navigator.clipboard.readText()")
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(90_000)
        other = context.new_page()
        other.goto(copied)
        settled(other)
        other.wait_for_function(DRAWN)
        other.wait_for_timeout(500)
        eye = camera(other)["eye"]
        assert [eye[axis] for axis in "xyz"] == pytest.approx([turned["eye"][axis] for axis in "xyz"], abs=2e-3)
        assert other.evaluate(TRACES) == film_map.evaluate(TRACES)
        assert {"year", "others", "set", "found", "chosen"} <= set(other.evaluate(TRACES))
        assert other.locator(".plot3d-names .chosen").inner_text() == "Alien (1979)"
        assert other.get_by_text("The set: 2 films, framed").count() == 1
        assert other.get_by_role("figure", name="The 300 most rated films").count() == 1
        buttons = other.evaluate(
            "[...document.querySelectorAll('.plot3d .modebar-btn')].map(each => each.dataset.title)"
        )
        assert buttons and not [
            title for title in buttons if "hare" in title or "Plotly" in title
        ]  # nothing sends it away


def test_flat_a_box_makes_a_set_and_the_zoom_stays(server, desktop, settled):
    desktop.goto(f"{server}/map?data=ml-100k&dim=2-D&colour=cluster")
    settled(desktop)
    desktop.wait_for_function("document.querySelector('.plot3d-drawing')?._fullLayout?.xaxis?._length")
    desktop.wait_for_timeout(500)
    frame = desktop.locator(".plot3d")
    frame.focus()
    whole = desktop.evaluate(RANGES)
    frame.press("+")
    frame.press("+")
    desktop.wait_for_function(f"whole => {RANGES} !== whole", arg=whole)
    desktop.wait_for_timeout(500)
    zoomed = desktop.evaluate(RANGES)
    desktop.get_by_role("button", name="Box").click()
    x, y = middle(desktop)
    desktop.mouse.move(x - 30, y - 30)
    desktop.mouse.down()
    desktop.mouse.move(x + 30, y + 30, steps=4)
    desktop.mouse.up()
    desktop.wait_for_function("new URL(location).searchParams.get('films')")
    settled(desktop)
    assert desktop.evaluate(RANGES) == zoomed
    inside = desktop.evaluate(INSIDE)  # the set's places, in pixels from the middle of the picture
    assert inside and all(abs(across) < 31 and abs(up) < 31 for across, up in inside)
    desktop.get_by_role("radio", name="Set", exact=True).click()
    desktop.get_by_role("button", name="Take them out").wait_for()
    names = desktop.evaluate(BOXES)
    assert len(names) > 5
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2], "names overlap"


def test_on_a_phone_a_tap_chooses_and_the_page_scrolls(server, phone, settled):
    phone.goto(f"{server}/map?data=ml-100k")
    settled(phone)
    phone.wait_for_function(DRAWN)
    phone.wait_for_timeout(500)
    x, y = middle(phone)
    for dx, dy in PLACES:
        phone.touchscreen.tap(x + dx, y + dy)
        phone.wait_for_timeout(800)
        if "film" in link(phone):
            break
    assert "film" in link(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".plot3d").bounding_box()["height"] < 600  # room is left to scroll past it
    lines = phone.evaluate(TITLES)
    assert lines[0] == "Component 1" and max(map(len, lines)) < 20  # longer ones would be cut at the edge
