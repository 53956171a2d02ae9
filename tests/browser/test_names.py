"""Names that would be markup are shown as they are typed, in the real browser: no link, no picture, nothing bold, no formula."""

import csv
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from collab.data.catalogue import CATALOGUE
from collab.data.csv_cells import restored
from collab.services.environment import read_environment
from collab.services.profiles import ProfileStore
from tests.browser.conftest import PATIENCE, ROOT, serving
from tests.pages import hostile

SHOWN = """() => [...document.querySelectorAll("[class*=st-key-text-]")].map((box) => {
  const [, place, kind] = box.className.match(/st-key-text-([0-9]+)-([a-z]+)/);
  const text = [...box.querySelectorAll("[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer]")].at(-1);
  const inside = [...text.querySelectorAll("*")].filter((each) => each.nodeName !== "SPAN" || each.childNodes.length);
  return [Number(place), kind, text.textContent, inside.map((each) => each.nodeName)];
})"""
FORMULA = tuple("=+-@\t\r")
AROUND = {"words": ("Its name is ", ": no more."), "caption": ("x\n", "\nx")}
MADE_OF = {"bold": ["P", "STRONG"], "caption": ["P", "BR", "BR"]}

MARKUP = """() => [...document.querySelectorAll("*")].filter((each) => {
  const led = ["href", "src", "xlink:href"].map((name) => each.getAttribute?.(name) ?? "");
  return led.some((address) => /^(https?:)?\\/\\/[^/]*evil|^mailto:|^[^?]*evil\\.png/i.test(address))
    || (/^(B|STRONG|I|EM|CODE|DEL|H[1-6]|LI|MARK|TD|TH|BLOCKQUOTE)$/.test(each.nodeName) && each.textContent.trim() === "evil")
    || (/bold|italic/.test(each.getAttribute?.("style") ?? "") && each.textContent === "evil");
}).map((each) => each.outerHTML)"""


def test_a_text_in_every_kind_of_element(tmp_path, monkeypatch, desktop, settled):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with serving(tmp_path / "home", Path(__file__).with_name("names_app.py")) as address:
        desktop.goto(address)
        desktop.locator(f"[class*=st-key-text-{hostile.N_MIXTURES - 1}-]").first.wait_for(state="attached")
        settled(desktop)
        found = {place: more for place, *more in desktop.evaluate(SHOWN)}
    texts = hostile.mixtures()
    assert len(found) == len(texts)
    for place, text in enumerate(texts):
        kind, shown, elements = found[place]
        before, after = AROUND.get(kind, ("", ""))
        assert shown.split() == (before + text + after).split() and elements == MADE_OF.get(kind, ["P"]), (kind, text)


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory):
    """A dashboard that knows the hostile data set, in whose home are its runs and people; gives its address, the ids of the runs
    and the people."""
    folder, home = hostile.lay_down(tmp_path_factory.mktemp("given")), tmp_path_factory.mktemp("home")
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text("from tests.pages import hostile\n\nhostile.register()\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CATALOGUE, hostile.NAME, hostile.ENTRY)
        patch.setenv("COLLAB_DATA", str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join((str(site), str(ROOT))))
        environment = read_environment({"COLLAB_DATA": str(folder), "COLLAB_HOME": str(home)})
        runs = hostile.train(environment)
        with ProfileStore(environment.database_url) as store:
            people = hostile.people(store)
        with serving(home) as address:
            yield address, runs, people


@pytest.fixture
def visit(hostile_server, desktop, settled):
    """A function that opens a page, and returns it once nothing in it is markup that a name has made; what loads is watched."""
    address, runs, people = hostile_server
    led = []
    desktop.on("dialog", lambda dialog: (led.append(dialog.message), dialog.dismiss()))
    desktop.on(
        "request", lambda request: led.append(request.url) if "evil.example/" in request.url.split("?")[0] else None
    )

    def open_page(page, ready, **link):
        told = {"data": hostile.NAME, "run": runs[0], "profile": people[0].edit_token, **link}
        desktop.goto(f"{address}/{page}?{'&'.join(f'{name}={quote(value)}' for name, value in told.items())}")
        desktop.locator(ready).first.wait_for(timeout=PATIENCE)
        settled(desktop)
        assert desktop.evaluate(MARKUP) == [] and led == []
        return desktop

    open_page.runs, open_page.people = runs, people
    return open_page


def seen(page):
    return page.evaluate("document.body.innerText")


def test_runs(visit, tmp_path):
    page = visit("runs", "[data-testid=stDataFrame] canvas", pick=",".join(visit.runs[:2]))
    cells = page.locator("[data-testid=stDataFrame] canvas td").all_text_contents()
    assert {hostile.RUNS[0], hostile.RUNS[1]} <= set(cells)
    assert page.locator("[data-testid=stElementToolbarButton] [aria-label*=CSV]").count() == 0  # Streamlit's own
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download as CSV").first.click()
    assert begun.value.suggested_filename == "runs.csv"
    begun.value.save_as(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["Name"] for row in csv.DictReader(file)]
    assert not [name for name in names if name[:1] in FORMULA]
    assert {hostile.RUNS[0], hostile.RUNS[1]} <= {restored(name) for name in names}
    assert page.get_by_role("combobox", name="Run").first.input_value().startswith(hostile.RUNS[0])
    page = visit("runs", ".st-key-open_run")
    page.get_by_test_id("stSidebar").get_by_text("Held-out MSE").first.wait_for()


def test_rate_and_together(visit):
    page = visit("rate", ".film-list li", profile=visit.people[0].view_token)
    assert f"{hostile.PEOPLE[0]}’s ratings" in seen(page)
    page = visit("rate", ".picks-films li")
    shown = seen(page)
    titles = [title.rsplit(" (19", 1)[0] for title in hostile.TITLES]
    assert sum(title in shown for title in titles) > 8 and sum(genre in shown for genre in hostile.GENRES) > 5
    page.locator(".st-key-card-1").get_by_role("radio", name="5 out of 5 stars").click()
    page.get_by_text("9 rated", exact=False).first.wait_for()
    assert page.evaluate(MARKUP) == []
    page = visit("together", ".evening", people=",".join(person.view_token for person in visit.people))
    assert all(seen(page).count(name) > 10 for name in hostile.PEOPLE)


def test_similar(visit):
    page = visit("similar", ".js-plotly-plot .annotation-text", film=hostile.TITLES[0], minimum="1")
    assert hostile.TITLES[0] in seen(page)
    named = page.locator(".js-plotly-plot .annotation-text").all_text_contents()
    assert sum(any(title in name for title in hostile.TITLES) for name in named) > 3
    page.locator("[data-testid=stTooltipIcon]").first.hover()
    page.wait_for_timeout(500)
    assert page.evaluate(MARKUP) == []


def test_map(visit):
    flat = {"dim": "2-D", "colour": "genre", "minimum": "1", "film": hostile.TITLES[0]}
    page = visit("map", ".plot3d-names span", **flat, **{"from": hostile.TITLES[0], "to": hostile.TITLES[22]})
    page.wait_for_selector(".plot3d .legendtext")
    names = page.locator(".plot3d-names span").all_text_contents()
    assert sum(name in hostile.TITLES for name in names) > 5
    legend = page.locator(".plot3d .legendtext").all_text_contents()
    assert sum(name in hostile.GENRES for name in legend) > 3
    (title,) = page.locator(".plot3d .xtitle").all_text_contents()
    assert title.startswith(f"{hostile.TITLES[0]} → {hostile.TITLES[22]} · ")
    assert page.evaluate(MARKUP) == []
