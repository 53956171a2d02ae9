"""The floors of the house: imports go down only, and every module says first what it is about.

pages and app.py → collab.ui → collab.services → the core, which knows neither Streamlit nor a run folder. The command line
(`collab.__main__`) stands on services, beside collab.ui.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# first names of what a floor may not import, besides the floors above it; SciPy and scikit-learn are the core's as NumPy is
PAGES, UI, SERVICES, COMMANDS, CORE = "pages", "ui", "services", "commands", "core"
ABOVE = {
    PAGES: (),
    COMMANDS: (PAGES, UI),
    UI: (PAGES, COMMANDS),
    SERVICES: (PAGES, COMMANDS, UI),
    CORE: (PAGES, COMMANDS, UI, SERVICES),
}
FOREIGN = {
    PAGES: (
        "torch",
        "sklearn",
        "sqlalchemy",
        "pooch",
        "requests",
        "safetensors",
    ),  # a page calls a function that knows them
    COMMANDS: ("streamlit", "plotly"),
    UI: ("sqlalchemy", "pooch", "requests", "safetensors"),
    SERVICES: ("streamlit", "plotly"),
    CORE: ("streamlit", "plotly", "sqlalchemy", "safetensors", "platformdirs", "subprocess", "multiprocessing"),
}


def files_of(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


MODULES = [ROOT / "app.py", *files_of("collab", "pages")]
EVERYTHING = [*MODULES, *files_of("tests")]


def name_of(path):
    """The dotted name of a module: collab.ui.page, pages.rate, app."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module):
    """The floor on which a module of ours stands, or None for somebody else's."""
    first, *rest = module.split(".")
    if first in ("pages", "app"):
        return PAGES
    if first != "collab":
        return None
    return {"ui": UI, "services": SERVICES, "__main__": COMMANDS}.get(rest[0] if rest else "", CORE)


def imports_of(path):
    """(line, dotted name) of everything that a module imports, anywhere in it; names taken from a package may be modules."""
    module = name_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(filter(None, [*package.split(".")[: len(package.split(".")) - node.level + 1], base]))
            yield from ((node.lineno, f"{base}.{each.name}") for each in node.names)


def every(paths):
    return pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths])


def test_the_parser_sees_every_form_of_import(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    folder = tmp_path / "collab" / "models"
    folder.mkdir(parents=True)
    path = folder / "dot.py"
    path.write_text(
        "import collab.ui.page as page\nfrom collab import services, errors\nfrom .. import ui\n"
        "from . import contract\nfrom ..services.runs import Run\ndef late():\n    import streamlit.testing\n"
    )
    assert [name for _, name in imports_of(path)] == [
        "collab.ui.page",
        "collab.services",
        "collab.errors",
        "collab.ui",
        "collab.models.contract",
        "collab.services.runs.Run",
        "streamlit.testing",
    ]
    assert [floor_of(name) for _, name in imports_of(path)] == [UI, SERVICES, CORE, UI, CORE, SERVICES, None]


def test_every_floor_has_modules():
    assert {floor_of(name_of(path)) for path in MODULES} == {PAGES, UI, SERVICES, COMMANDS, CORE}


@every(MODULES)
def test_imports_go_down_only(path):
    own = floor_of(name_of(path))
    wrong = [
        f"line {line}: {name}"
        for line, name in imports_of(path)
        if floor_of(name) in ABOVE[own] or name.split(".")[0] in FOREIGN[own]
    ]
    assert not wrong, f"{path.relative_to(ROOT)} is on the floor {own!r} and may not import {', '.join(wrong)}"


@every(files_of("pages"))
def test_a_page_does_not_stand_on_another_page(path):
    assert not [name for _, name in imports_of(path) if floor_of(name) == PAGES]


def test_the_engine_of_the_database_lives_in_one_module():
    users = {name_of(path) for path in MODULES for _, name in imports_of(path) if name.split(".")[0] == "sqlalchemy"}
    assert users <= {"collab.services.profiles"}


@every(EVERYTHING)
def test_nothing_is_imported_by_star(path):
    assert not [line for line, name in imports_of(path) if name.endswith(".*")]


@every(EVERYTHING)
def test_a_module_says_first_what_it_is_about(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = ast.get_docstring(tree)
    assert said, f"{path.relative_to(ROOT)} has no docstring"
    assert said.splitlines()[0].strip()


@every(files_of("collab"))
def test_public_functions_have_types(path):
    """Every argument and the result; private names, `self` and functions inside functions are free."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    functions = [node for owner in (tree, *classes) for node in owner.body if isinstance(node, ast.FunctionDef)]
    untyped = []
    for function in functions:
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        complete = all(each.annotation is not None or each.arg in ("self", "cls") for each in arguments)
        if not function.name.startswith("_") and not (complete and function.returns is not None):
            untyped.append(function.name)
    assert not untyped
