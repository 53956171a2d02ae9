"""What the README says is so: commands, paths, pages, models, settings and options are compared with the sources, both ways."""

import ast
import importlib.util
import itertools
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import streamlit.config

from collab.__main__ import parser
from collab.data.catalogue import CATALOGUE
from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, MODELS, preset_of
from tests.benchmarks.__main__ import OURS, WITH_PEERS
from tests.test_floors import ORDER

ROOT = Path(__file__).resolve().parents[1]
README, FIGURES = "README.md", "tests/benchmarks/README.md"
MOST_BYTES, MOST_COLUMNS = 10_240, 160
STAND_INS = {"NAME": "*", "X": "*"}  # parts of a path that stand for any name
VARIABLE = re.compile(r"\bCOLLAB_[A-Z_]+\b")


@pytest.fixture(params=[README, FIGURES])
def document(request):
    """Each document: its path and its text."""
    path = ROOT / request.param
    return path, path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readme():
    return (ROOT / README).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def figures():
    return (ROOT / FIGURES).read_text(encoding="utf-8")


def section(text, heading):
    """The text under a heading, up to the next of its level or above."""
    level = re.match("#+", heading)[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {heading}"
    return found[1]


def rows(text):
    """The cells of every row of the tables, without heads."""
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    rules = [place for place, row in enumerate(cells) if set("".join(row)) <= set("- ")]
    return [row for place, row in enumerate(cells) if place not in rules and place + 1 not in rules]


def quoted(text):
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def commands(text, program):
    """The words after `program` in every command, in backticks or indented; remarks at the end of a line are left out."""
    indented = re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)
    lines = [part for line in (*indented, *quoted(text)) for part in line.split(" && ")]
    return [shlex.split(line[len(program) :], comments=True) for line in lines if f"{line} ".startswith(f"{program} ")]


def modules_run(text):
    """(module, options) of every `python -m tests.…`."""
    return [(words[0], words[1:]) for words in commands(text, "python -m") if words[0].startswith("tests")]


def pages_in_the_menu():
    """The titles of the pages that app.py shows, in the order of the menu."""
    calls = [node for node in ast.walk(ast.parse((ROOT / "app.py").read_text())) if isinstance(node, ast.Call)]
    pages = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "Page"]
    told = [(page.lineno, {each.arg: getattr(each.value, "value", None) for each in page.keywords}) for page in pages]
    return [each["title"] for _, each in sorted(told, key=lambda pair: pair[0]) if each.get("visibility") != "hidden"]


def test_a_person_reads_it_to_the_end(readme):
    assert len(readme.encode()) <= MOST_BYTES


def test_no_line_is_a_wall(document):
    path, text = document
    assert not [(path.name, number) for number, line in enumerate(text.splitlines(), 1) if len(line) > MOST_COLUMNS]


def test_paths_lead_somewhere(document):
    """What looks like a path: in backticks with a folder or a known ending, or behind a link."""
    path, text = document
    named = {each for each in quoted(text) if re.fullmatch(r"[\w./-]+(/|\.(py|toml|txt|md|png|zip|sqlite))", each)}
    named -= {entry.file_name for entry in CATALOGUE.values()}  # of the data sets, which are no part of Collab
    wrong = [each for each in sorted(named) if not _there(each)]
    links = [each for each in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in each]
    assert named and not wrong and not [each for each in links if not (path.parent / each).is_file()]


def _there(path):
    pattern = re.sub(r"\w+", lambda word: STAND_INS.get(word[0], word[0]), path)
    return any(ROOT.glob(pattern.rstrip("/") if "/" in pattern else f"**/{pattern}"))


def test_contents_name_headings(figures):
    headings = re.findall(r"^#+ (.*)$", figures, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    linked = set(re.findall(r"\]\(#([^)]+)\)", figures))
    sections = {
        re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-")
        for each in re.findall(r"^## (.*)$", figures, re.MULTILINE)
    }
    assert linked <= anchors and sections <= linked


def test_what_is_installed(document):
    """Requirement files exist, and torch is the one that they pin."""
    pinned = re.search(r"^torch==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)[1]
    _, text = document
    assert set(re.findall(r"torch==([\d.]+\d)", text)) == {pinned}
    installs = [words for program in ("pip install", "uv pip install") for words in commands(text, program)]
    files = [file for words in installs for option, file in itertools.pairwise(words) if option == "-r"]
    assert not [file for file in files if not (ROOT / file).is_file()]


def test_the_two_commands_come_first(readme):
    first, second = re.findall(r"^ {4}(\S.*)$", readme, re.MULTILINE)[:2]
    assert commands(f"    {first}", "pip install") == [["-r", "requirements.txt"]] and first.endswith("run app.py")
    assert commands(f"    {second}", "pip install") == [["-r", "requirements.txt", "-r", "tests/requirements.txt"]]
    assert second.endswith("&& pytest")


def test_the_command_line_is_understood(readme, capsys):
    found = commands(readme, "python -m collab")
    for words in found:
        try:
            parser().parse_args(words)
        except SystemExit as end:
            assert end.code == 0 and "--help" in words, f"{shlex.join(words)}: {capsys.readouterr().err}"


def test_every_command_is_named(readme):
    (choices,) = (action.choices for action in parser()._actions if action.choices)
    assert {words[0] for words in commands(readme, "python -m collab")} == set(choices)


def test_what_is_run_exists(document):
    """Modules below tests/, with options that their sources know."""
    _, text = document
    for module, options in modules_run(text):
        spec = importlib.util.find_spec(module)
        assert spec, module
        package = spec.submodule_search_locations
        source = Path(package[0]) / "__main__.py" if package else Path(spec.origin)
        family = [source, *source.parent.glob(f"{source.stem}_*.py")]
        known = "".join(each.read_text(encoding="utf-8") for each in family)
        named = [each[2:] for each in options if each.startswith("--")]
        assert not [each for each in named if not re.search(rf'"(--)?{each}"', known)], (module, options)


def test_files_that_are_tested_exist(readme):
    named = [file for words in commands(readme, "pytest") for file in words if "." in file]
    assert named and not [file for file in named if not (ROOT / file).is_file()]


def test_every_benchmark_is_named(figures):
    named = [re.match(r"`(\w+)", row[0])[1] for row in rows(section(figures, "## The benchmarks")) if row[0][0] == "`"]
    scripts = (ROOT / "tests" / "benchmarks").glob("[a-z]*.py")
    runnable = {path.stem for path in scripts if '__name__ == "__main__"' in path.read_text(encoding="utf-8")}
    parts = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("cold_start_*.py")}
    helpers = {"watched_worker"}  # started by `latency`
    assert sorted(named) == sorted(runnable - parts - helpers) == sorted({*OURS, *WITH_PEERS, "unchanged"})


def test_every_page_has_its_line_in_the_order_of_the_menu(readme):
    assert re.findall(r"^- \*\*(.+?)\*\*:", section(readme, "## The pages"), re.MULTILINE) == pages_in_the_menu()


def test_every_model_is_named(readme):
    text = section(readme, "## The models")
    named = [name for row in rows(text) for name in quoted(row[0])]
    assert sorted(named) == sorted(MODELS)
    assert f"The default is `{DEFAULT_MODEL}` with its preset *{DEFAULT_PRESET}*." in text


def test_figures_are_those_of_their_page(readme, figures):
    """Every figure in the README's table stands in the one that says how it was measured, in a row of the same model."""
    table = rows(section(readme, "## What it reaches"))
    measured = rows(section(figures, "## Accuracy"))
    for model, *shown in table:
        name, preset = re.match(r"`(.+?)`, \*(.+?)\*", model).groups()
        preset_of(name, preset)
        there = " ".join(cell for first, *cells in measured if first == model for cell in cells)
        assert not [each for each in shown if each.removesuffix(" %") not in there], model


def test_rooms_are_drawn_in_their_order(readme):
    drawn = next(line for line in section(readme, "## How it is built").splitlines() if "<-" in line)
    assert [each.strip() for each in drawn.split("<-")] == [*ORDER[1:], "ui", "pages/, app.py"]


def test_variables(readme):
    files = [path for path in (ROOT / "collab").rglob("*.py")]
    read = {name for path in files for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert {name for row in rows(section(readme, "## Settings")) for name in quoted(row[0])} == read
    assert set(VARIABLE.findall(readme)) == read


def test_options_of_streamlit(document, readme):
    """They exist, and those that a developer turns on are off in Collab's own configuration."""
    _, text = document
    known = streamlit.config.get_config_options()
    runs = [words for words in commands(text, "streamlit run") if len(words) > 1]
    named = [word[2:].partition("=")[0] for words in runs for word in words if word.startswith("--")]
    named += [each.split(" ")[0] for each in quoted(text) if re.match(r"(server|client|runner|theme)\.\w+", each)]
    assert named and not [each for each in named if each not in known]


def test_a_developer_turns_on_what_the_configuration_turns_off(readme):
    own = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    (words,) = commands(section(readme, "## Develop"), "streamlit run")
    wanted = dict(zip(words[1::2], words[2::2], strict=True))
    assert own["server"]["fileWatcherType"] == own["client"]["showErrorDetails"] == "none"
    assert wanted.keys() == {"--server.fileWatcherType", "--server.runOnSave", "--client.showErrorDetails"}
