"""Session keys: the table names every private key with its owner, and a page's key stays in the page's room."""

import ast
from pathlib import Path

from collab.ui.frame.session_keys import SESSION_KEYS
from tests.test_everywhere import DRAWN, ROOT, constants, tree_of

STATES = {"st.session_state", "state"}
SHARED = {"frame", "person"}  # rooms whose keys begin with a module's name
PAGES = {path.stem for path in (ROOT / "pages").glob("*.py")}


def name_of(node, texts):
    """A key as the table writes it; None for one that the source does not spell out."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Constant):
        return node.value
    return texts.get(ast.unparse(node))


def keys_in(tree, texts):
    """The keys of the session's state that a source reads or writes."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=value, slice=key) if ast.unparse(value) in STATES:
                yield name_of(key, texts)
            case ast.Call(func=ast.Attribute(value=value, attr="get" | "pop" | "setdefault"), args=[key, *_]) if (
                ast.unparse(value) in STATES
            ):
                yield name_of(key, texts)
            case ast.Call(func=ast.Attribute(value=value, attr="update"), keywords=named) if (
                ast.unparse(value) in STATES
            ):
                yield from (each.arg for each in named)
            case ast.Compare(left=key, comparators=[value]) if ast.unparse(value) in STATES:
                yield name_of(key, texts)


def private_keys():
    """Private keys by the modules that touch them."""
    found = {}
    for path in DRAWN:
        tree = tree_of(path)
        # names of a module that unpacks its keys in one line
        texts = constants(tree) | {
            name.id: value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Tuple)
            and isinstance(node.value, ast.Tuple)
            for name, value in zip(node.targets[0].elts, node.value.elts, strict=True)
            if isinstance(value, ast.Constant)
        }
        for key in keys_in(tree, texts):
            if key is not None and key.startswith("_"):
                found.setdefault(key, set()).add(path)
    return found


def room_of(path):
    return path.parent.name if "ui" in path.parts else path.stem


def test_the_parser_finds_every_way_to_a_key():
    source = (
        "st.session_state['_a'] = state.get('_b', 0)\nstate.setdefault(NAME, 1)\nst.session_state.update(_d=1)\n"
        "if '_e' in st.session_state: state.pop(f'_f_{key}')\nother['_no'] = 1\n"
    )
    assert set(keys_in(ast.parse(source), {"NAME": "_c"})) == {"_a", "_b", "_c", "_d", "_e", "_f_{}"}


def test_the_table_has_the_keys_of_the_sources_and_no_others():
    found = private_keys()
    assert set(found) == set(SESSION_KEYS)
    for key, (owner, meaning) in SESSION_KEYS.items():
        assert meaning and ROOT / "collab" / "ui" / owner in found[key], key


def test_a_key_stays_in_the_room_that_owns_it_and_begins_with_its_name():
    for key, paths in private_keys().items():
        owner = Path(SESSION_KEYS[key][0])
        room = owner.parent.name
        assert {room_of(path) for path in paths} == {room}, key
        if room not in SHARED:
            assert room in PAGES and key.startswith(f"_{room}_")
