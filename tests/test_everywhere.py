"""What holds on every page, read out of the sources: caches are bounded, and charts and tables say in words what they show."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DRAWN = [*sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "collab" / "ui").rglob("*.py"))]
MODULES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "collab").rglob("*.py"))]
CHARTS = {
    "plot3d",
    "plotly_chart",
    "vega_lite_chart",
    "altair_chart",
    "echarts_chart",
    "line_chart",
    "area_chart",
    "bar_chart",
    "scatter_chart",
    "pydeck_chart",
    "graphviz_chart",
    "pyplot",
}
TABLES = {"dataframe", "data_editor"}
STREAMLIT_CACHES, PYTHON_CACHES = {"cache_data", "cache_resource"}, {"cache", "lru_cache"}
BOUNDS = {"max_entries", "max_size"}


def every(paths):
    return pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths])


def last_name(node):
    """`plotly_chart` of `st.plotly_chart`, `picture.plotly_chart` and `plotly_chart`; "" of anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def says_nothing(value):
    return isinstance(value, ast.Constant) and not (isinstance(value.value, str) and value.value.strip())


def without_words(source, names):
    """(line, function) of every call of one of `names` without an `alt`, or with an empty one."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or last_name(node.func) not in names:
            continue
        alt = [each.value for each in node.keywords if each.arg == "alt"]
        if not alt or says_nothing(alt[0]):
            yield node.lineno, last_name(node.func)


def takes_arguments(function):
    given = function.args
    return bool(given.posonlyargs or given.args or given.vararg or given.kwonlyargs or given.kwarg)


def bounded(decorator):
    """Whether a cache's decorator names a bound; `lru_cache` has one unless it is told None."""
    named = {each.arg: each.value for each in decorator.keywords} if isinstance(decorator, ast.Call) else {}
    given = decorator.args if isinstance(decorator, ast.Call) else []
    if last_name(getattr(decorator, "func", decorator)) == "lru_cache":
        return not any(isinstance(each, ast.Constant) and each.value is None for each in [*given, named.get("maxsize")])
    return any(name in named and not says_number_is_missing(named[name]) for name in BOUNDS)


def says_number_is_missing(value):
    return isinstance(value, ast.Constant) and value.value is None


def unbounded(source):
    """(line, name) of every cached function that takes arguments and has no bound, or whose cache is made by a mere call."""
    tree = ast.parse(source)
    decorators = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for each in function.decorator_list:
            decorators.add(each)
            cached = last_name(getattr(each, "func", each)) in STREAMLIT_CACHES | PYTHON_CACHES
            if cached and takes_arguments(function) and not bounded(each):
                yield function.lineno, function.name
    for node in ast.walk(tree):  # cache_data(function) keeps as much as the decorator does
        if (
            isinstance(node, ast.Call)
            and last_name(node.func) in STREAMLIT_CACHES
            and node not in decorators
            and not bounded(node)
        ):
            yield node.lineno, last_name(node.func)


def test_the_parser_finds_charts_without_words():
    source = (
        "st.plotly_chart(figure)\npicture.plotly_chart(figure, alt='')\nplot3d(figure, 'key', alt=said)\n"
        "place.empty().vega_lite_chart(data, spec, alt='Loss by step')\nst.line_chart(data, alt=None)\n"
    )
    assert list(without_words(source, CHARTS)) == [
        (1, "plotly_chart"),
        (2, "plotly_chart"),
        (5, "line_chart"),
    ]


def test_the_parser_finds_caches_without_a_bound():
    source = (
        "@st.cache_data\ndef one(a): ...\n@st.cache_resource(show_spinner=False)\ndef none(): ...\n"
        "@st.cache_data(max_entries=8)\ndef few(a): ...\n@st.cache_data(max_entries=None)\ndef many(*a): ...\n"
        "@lru_cache(maxsize=3)\ndef three(a): ...\n@lru_cache\ndef usual(a): ...\n@lru_cache(None)\ndef all(a): ...\n"
        "@cache\ndef ever(*, a): ...\n@functools.cache\ndef once(): ...\nlate = st.cache_data(few)\n"
    )
    assert {name for _, name in unbounded(source)} == {"one", "many", "all", "ever", "cache_data"}


@every(MODULES)
def test_every_cache_is_bounded_or_holds_one_thing(path):
    found = list(unbounded(path.read_text(encoding="utf-8")))
    assert not found, f"{path.relative_to(ROOT)}: a cache without a bound grows with its visitors: {found}"


@every(DRAWN)
def test_every_chart_says_in_words_what_it_shows(path):
    found = list(without_words(path.read_text(encoding="utf-8"), CHARTS))
    assert not found, f"{path.relative_to(ROOT)}: give these charts an `alt`: {found}"


@every(DRAWN)
def test_every_table_has_a_name(path):
    found = list(without_words(path.read_text(encoding="utf-8"), TABLES))
    assert not found, f"{path.relative_to(ROOT)}: give these tables an `alt`: {found}"


@every(DRAWN)
def test_tables_are_those_that_download(path):
    """`st.dataframe` offers CSV in its toolbar; `st.table` has none."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert not [node.lineno for node in calls if last_name(node.func) == "table"]


def test_the_charts_are_there_to_be_looked_at():
    calls = [
        last_name(node.func)
        for path in DRAWN
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    assert {"plotly_chart", "vega_lite_chart", "plot3d", "dataframe"} <= set(calls)


def test_a_control_of_a_key_stands_at_one_place():
    """What a control holds goes with its key from page to page: two with one key and other limits would end a page."""
    places = {}
    for path in DRAWN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            named = {each.arg: each.value for each in node.keywords}
            if "key" in named and "bind" in named:
                key = named["key"]
                name = key.value if isinstance(key, ast.Constant) else f"{path.name}: {ast.unparse(key)}"
                places.setdefault(name, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert places and not {name: where for name, where in places.items() if len(where) > 1}
