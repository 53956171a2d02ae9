"""The floors of the house: imports go down only, and every module says first what it is about.

pages and app.py → collab.ui → collab.services → the core, which knows neither Streamlit nor a run folder. The command line
(`collab.__main__`) stands on services, beside collab.ui.
"""

import ast
import functools
from pathlib import Path

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


@functools.cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path):
    """The dotted name of a module: collab.ui.frame.page, pages.rate, app."""
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
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(filter(None, [*package.split(".")[: len(package.split(".")) - node.level + 1], base]))
            yield from ((node.lineno, f"{base}.{each.name}") for each in node.names)


def test_the_parser_sees_every_form_of_import(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    folder = tmp_path / "collab" / "models"
    folder.mkdir(parents=True)
    path = folder / "dot.py"
    path.write_text(
        "import collab.ui.frame.page as page\nfrom collab import services, errors\nfrom .. import ui\n"
        "from . import contract\nfrom ..services.runs import Run\ndef late():\n    import streamlit.testing\n"
    )
    assert [name for _, name in imports_of(path)] == [
        "collab.ui.frame.page",
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


def test_imports_go_down_only():
    wrong = []
    for path in MODULES:
        own = floor_of(name_of(path))
        wrong += [
            f"{path.relative_to(ROOT)}:{line}, on the floor {own!r}, may not import {name}"
            for line, name in imports_of(path)
            if floor_of(name) in ABOVE[own] or name.split(".")[0] in FOREIGN[own]
        ]
    assert not wrong


def test_a_page_does_not_stand_on_another_page():
    imports = [(path.name, name) for path in files_of("pages") for _, name in imports_of(path)]
    assert not [each for each in imports if floor_of(each[1]) == PAGES]


def test_the_engine_of_the_database_lives_in_one_module():
    users = {name_of(path) for path in MODULES for _, name in imports_of(path) if name.split(".")[0] == "sqlalchemy"}
    assert users <= {"collab.services.profiles"}


def test_nothing_is_imported_by_star():
    assert not [(path.name, line) for path in EVERYTHING for line, name in imports_of(path) if name.endswith(".*")]


def test_a_module_says_first_what_it_is_about():
    said = {path: ast.get_docstring(tree_of(path)) for path in EVERYTHING}
    assert not [
        str(path.relative_to(ROOT)) for path, text in said.items() if not text or not text.splitlines()[0].strip()
    ]


def test_public_functions_have_types():
    """Every argument and the result; private names, `self` and functions inside functions are free."""
    untyped = {str(path.relative_to(ROOT)): list(untyped_in(path)) for path in files_of("collab")}
    assert not {name: each for name, each in untyped.items() if each}


def untyped_in(path):
    """Names of the public functions of a module that lack a type."""
    tree = tree_of(path)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    functions = [node for owner in (tree, *classes) for node in owner.body if isinstance(node, ast.FunctionDef)]
    for function in functions:
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        complete = all(each.annotation is not None or each.arg in ("self", "cls") for each in arguments)
        if not function.name.startswith("_") and not (complete and function.returns is not None):
            yield function.name
