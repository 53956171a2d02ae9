"""The rooms of the house: an import points left, and every room and module says first what it is about.

`collab/__init__.py` draws the rooms; each room names in its docstring what it may import, and this test reads that sentence.
"""

import ast
import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ORDER = ["errors", "data", "models", "training", "explore", "recommend", "lessons", "services"]
UI_ORDER = ["ui.charts", "ui.frame", "ui.widgets", "ui.person"]
PAGES = [f"ui.{path.stem}" for path in sorted((ROOT / "pages").glob("*.py"))]
COMMANDS, SCRIPTS = "__main__", "pages"  # the command line; the pages' scripts and app.py
# the one exception: the package's own `__init__` gives the names that a notebook needs, for type checkers and at their first use
DOOR = ROOT / "collab" / "__init__.py"
DOOR_OPENS_ON = ["errors", "services"]
# first names of what a room may not import; SciPy and scikit-learn are the core's as NumPy is
STORES = ("sqlalchemy", "pooch", "requests", "safetensors")
SCREEN = ("streamlit", "plotly")
FOREIGN = {
    **dict.fromkeys(
        ORDER[:-1], (*SCREEN, "sqlalchemy", "safetensors", "platformdirs", "subprocess", "multiprocessing")
    ),
    "services": SCREEN,
    COMMANDS: SCREEN,
    **dict.fromkeys([*UI_ORDER, *PAGES], STORES),
    SCRIPTS: ("torch", "sklearn", *STORES),  # a page calls a function that knows them
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


def room_of(module):
    """The room of a module: data, ui.frame, __main__, pages; "" for the package itself, None for somebody else's module."""
    first, *rest = module.split(".")
    if first in ("pages", "app"):
        return SCRIPTS
    if first != "collab":
        return None
    if not rest or rest == ["ui"]:
        return ""
    return ".".join(rest[:2]) if rest[0] == "ui" else rest[0]


def left_of(room):
    """The rooms that lie to the left of one: what it may import at most."""
    if room in ORDER:
        return ORDER[: ORDER.index(room)]
    if room in UI_ORDER:
        return ORDER + UI_ORDER[: UI_ORDER.index(room)]
    return ORDER if room == COMMANDS else ORDER + UI_ORDER


def may_import(room):
    """What a room's docstring says that it may import."""
    path = ROOT / "collab" / room.replace(".", "/") / "__init__.py"
    found = re.search(r"^May import: (.*)\.$", ast.get_docstring(tree_of(path)), re.MULTILINE)
    return found[1].split(", ") if found else None


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
    assert [room_of(name) for _, name in imports_of(path)] == [
        "ui.page",
        "services",
        "errors",
        "",
        "models",
        "services",
        None,
    ]


def test_every_module_stands_in_a_room():
    rooms = {room_of(name_of(path)) for path in MODULES}
    assert rooms == {"", COMMANDS, SCRIPTS, *ORDER, *UI_ORDER, *PAGES}
    loose = [path for path in (ROOT / "collab").glob("*.py") if path.stem not in ("__init__", "__main__", "errors")]
    assert not loose and not [path for path in (ROOT / "collab" / "ui").glob("*.py") if path.stem != "__init__"]


def test_every_room_says_what_it_may_import_and_all_of_that_lies_to_its_left():
    rooms = [room for room in (*ORDER, *UI_ORDER, *PAGES) if room != "errors"]
    said = {room: may_import(room) for room in rooms}
    assert not [room for room in rooms if said[room] is None or set(said[room]) - set(left_of(room))]


def test_imports_point_left():
    wrong = []
    for path in MODULES:
        own = room_of(name_of(path))
        if path == DOOR:
            allowed = DOOR_OPENS_ON
        elif own in (COMMANDS, SCRIPTS):
            allowed = [*left_of(own), own]
            if own == SCRIPTS:
                allowed.append(f"ui.{path.stem}")  # a page draws with its own room
        else:
            allowed = [own, *(may_import(own) or ())] if own not in ("", "errors") else []
        wrong += [
            f"{path.relative_to(ROOT)}:{line} may not import {name}"
            for line, name in imports_of(path)
            if (room_of(name) is not None and room_of(name) not in allowed)
            or name.split(".")[0] in FOREIGN.get(own, ())
            or name.startswith("pages")
        ]
    assert not wrong


def test_a_room_has_no_file_that_runs_when_it_is_entered():
    """A package's `__init__` is its docstring alone; the families of models are registered in theirs, and DOOR imports nothing of
    Collab's before it is asked for it."""
    registry = ROOT / "collab" / "models" / "__init__.py"
    packages = [path for path in files_of("collab") if path.name == "__init__.py" and path not in (registry, DOOR)]
    assert not [str(path.relative_to(ROOT)) for path in packages if len(tree_of(path).body) != 1]
    at_once = [node for node in tree_of(DOOR).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in at_once} == {"__future__", "importlib", "typing"}


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
