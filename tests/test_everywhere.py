"""What holds on every page, read out of the sources: caches are bounded, charts and tables say in words what they show, every
chart has its table, and what is chosen stands in the link."""

import ast
import functools
import re
from pathlib import Path

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
TABLES = {"dataframe", "data_editor", "show_table"}
STREAMLIT_CACHES, PYTHON_CACHES = {"cache_data", "cache_resource"}, {"cache", "lru_cache"}
BOUNDS = {"max_entries", "max_size"}
BINDS = "choose"  # of collab/ui/widgets/controls.py: what it draws is bound to the link under its key


parsed = functools.cache(ast.parse)


def tree_of(path):
    return parsed(path.read_text(encoding="utf-8"))


def found_in(paths, look):
    """What `look` finds in the sources of each file, by the file's name; files without anything are left out."""
    found = {str(path.relative_to(ROOT)): list(look(path.read_text(encoding="utf-8"))) for path in paths}
    return {name: each for name, each in found.items() if each}


def last_name(node):
    """`plotly_chart` of `st.plotly_chart`, `picture.plotly_chart` and `plotly_chart`; "" of anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def says_nothing(value):
    return isinstance(value, ast.Constant) and not (isinstance(value.value, str) and value.value.strip())


def without_words(source, names):
    """(line, function) of every call of one of `names` without an `alt`, or with an empty one."""
    for node in ast.walk(parsed(source)):
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
    tree = parsed(source)
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


def test_every_cache_is_bounded_or_holds_one_thing():
    found = found_in(MODULES, unbounded)
    assert not found, f"a cache without a bound grows with its visitors: {found}"


def test_every_chart_and_every_table_says_in_words_what_it_shows():
    found = found_in(DRAWN, lambda source: without_words(source, CHARTS | TABLES))
    assert not found, f"give these charts and tables an `alt`: {found}"


def test_tables_are_those_that_download():
    """`show_table` offers CSV that spreadsheets do not calculate; Streamlit's own tables offer none, or any."""
    theirs = {"dataframe", "data_editor", "table"}
    found = found_in(DRAWN, lambda source: [node.lineno for node in calls_of(parsed(source), theirs)])
    assert set(found) == {"collab/ui/widgets/tables.py"}, found


def test_the_charts_are_there_to_be_looked_at():
    calls = [last_name(node.func) for path in DRAWN for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert {"plotly_chart", "vega_lite_chart", "plot3d", "dataframe"} <= set(calls)


@functools.cache
def constants(tree):
    """Texts by the names that a module gives them or imports them under."""
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("collab.ui"):
            source = ROOT.joinpath(*node.module.split(".")).with_suffix(".py")
            if source.exists():
                theirs = constants(tree_of(source))
                named |= {each.asname or each.name: theirs[each.name] for each in node.names if each.name in theirs}
    return named


def test_names_of_keys_are_followed_to_where_they_come_from():
    tree = ast.parse("from collab.ui.widgets.pickers import FILM as film, minimum_ratings\nOWN = 'x'\nn = 3\n")
    assert constants(tree) == {"OWN": "x", "film": "film"}


def bound(call):
    """Whether a control keeps its value in the link."""
    return last_name(call.func) == BINDS or "bind" in {each.arg for each in call.keywords}


def test_a_control_of_a_key_stands_at_one_place():
    """What a control holds goes with its key from page to page: two with one key and other limits would end a page."""
    places = {}
    for path in DRAWN:
        tree = tree_of(path)
        texts = constants(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            named = {each.arg: each.value for each in node.keywords}
            if "key" in named and bound(node):
                key = named["key"]
                name = texts.get(ast.unparse(key), f"{path.relative_to(ROOT)}: {ast.unparse(key)}")
                name = key.value if isinstance(key, ast.Constant) else name
                places.setdefault(name, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert places and not {name: where for name, where in places.items() if len(where) > 1}


# --- a table beside every chart --------------------------------------------------------------------------------------------

TABLE_ELSEWHERE = {  # chart: the function that draws its table on the same page, with room and module where there are several
    "biases": "biases.items.show_films",  # and in the view of the users
    "tail": "show_tail_table",
    "draw_films: key": "_show_films",  # of one run; of two it is all_films
    "foretold": "show_held_out",
    "rate_chart": "_batches_table",
    "momentum_chart": "_batches_table",
    "draw_list: key": "neighbour_table",
    "draw: f'feedback_{seed}'": "learn.feedback.draw",  # the same picture while it is worked out
    "matrix_chart": "show_crosstab",  # and in the step of Learn
    "pca_flat": "learn.pca.draw",  # the same points as pca_cloud, which it replaces
    "final_losses": "show_final_table",
}
SHOWS_TABLE = {*TABLES, "as_table", "item_table"}


def units(source):
    """What is drawn together: every function of a module by its name, and "" for what a page does by itself."""
    body = parsed(source).body
    classes = [each for each in body if isinstance(each, ast.ClassDef)]
    functions = [each for each in body if isinstance(each, ast.FunctionDef)]
    methods = [each for one in classes for each in one.body if isinstance(each, ast.FunctionDef)]
    rest = [each for each in body if not isinstance(each, ast.FunctionDef | ast.ClassDef)]
    return {**{each.name: each for each in (*methods, *functions)}, "": ast.Module(rest, [])}


def calls_of(node, names):
    return [each for each in ast.walk(node) if isinstance(each, ast.Call) and last_name(each.func) in names]


def name_of(call, unit):
    """The key of an element, or where it stands and how its key is made."""
    key = next((each.value for each in call.keywords if each.arg == "key"), None)
    if isinstance(key, ast.Constant):
        return key.value
    return f"{unit}: {ast.unparse(key) if key is not None else ast.unparse(call.args[0])}"


def without_table(source):
    """Charts in functions that draw fewer tables than charts, those of the functions called in the same module counted in."""
    parts = units(source)
    for name, part in parts.items():
        charts = [name_of(each, name) for each in calls_of(part, CHARTS)]
        alone = [each for each in charts if each not in TABLE_ELSEWHERE]
        called = set(parts) & {last_name(each.func) for each in ast.walk(part) if isinstance(each, ast.Call)}
        n_tables = sum(len(calls_of(parts[each], SHOWS_TABLE)) for each in called | {name})
        if len(alone) > n_tables:
            yield from alone


def test_the_parser_finds_charts_without_a_table():
    source = (
        "def one():\n    st.plotly_chart(a, key='lonely')\n"
        "def two():\n    st.plotly_chart(a, key='with')\n    as_table('t', 'T', make)\n"
        "def three():\n    st.plotly_chart(a, key='called')\n    rows()\n"
        "def rows():\n    st.dataframe(a)\n"
        "place.vega_lite_chart(a, key=f'{b}_c')\n"
        "class Part:\n    def draw(self):\n        st.plotly_chart(a, key='inside')\n"
    )
    assert sorted(without_table(source)) == [": f'{b}_c'", "inside", "lonely"]


def test_every_chart_has_its_table():
    found = found_in(DRAWN, without_table)
    assert not found, f"give these charts a table (collab/ui/widgets/tables.py): {found}"


def test_tables_that_stand_elsewhere_are_there():
    charts, tables = set(), set()
    for path in DRAWN:
        for name, part in units(path.read_text(encoding="utf-8")).items():
            charts |= {name_of(each, name) for each in calls_of(part, CHARTS)}
            tables |= {name, f"{path.parent.name}.{path.stem}.{name}"} if calls_of(part, SHOWS_TABLE) else set()
    assert set(TABLE_ELSEWHERE) <= charts, "a chart of the list is gone: take it out"
    assert set(TABLE_ELSEWHERE.values()) <= tables


NOT_ITEMS = {
    "person/lacking.py": "films that the data set lacks: they have no page",
    "biases/users.py": "users",
}


def test_tables_with_a_title_lead_to_the_films_page():
    """Every table with a column of titles is an `item_table` (collab/ui/widgets/tables.py), or the list above says why not."""
    found = {
        f"{path.parent.name}/{path.name}"
        for path in DRAWN
        for call in calls_of(ast.parse(path.read_text(encoding="utf-8")), TABLES)
        if any(isinstance(each, ast.Constant) and each.value == "title" for each in ast.walk(call))
    }
    assert found == set(NOT_ITEMS)


# --- what is chosen stands in the link -------------------------------------------------------------------------------------

CONTROLS = {
    "slider",
    "select_slider",
    "selectbox",
    "multiselect",
    "radio",
    "segmented_control",
    "pills",
    "toggle",
    "checkbox",
    "number_input",
    "text_input",
}
NOT_BOUND = {
    # the page keeps these in the link by itself, as other things follow from them
    "_pick_data": "goes as data",
    "_pick_run": "goes as run",
    "_pick_against": "goes as against",
    "_people_pick": "goes as user",
    "_learn_pick_step": "goes as step",
    "show: film_key": "goes as what_if, with its stars",
    "switch: MODE": "goes as sliders",
    "_slider: key": "the nine factors go as numbers",
    "choose_model: MODEL": "goes as model",
    "preset": "sets what follows",
    "settings_form: _key(SHARE)": "goes as share, where it is not the usual one",
    "_control: key": "a setting goes by its name, where it is not the preset's",
    "_range_control: f'{key}_on'": "the range goes as one setting",
    "_range_control: f'{key}_{end}'": "the range goes as one setting",
    # these write, or choose what the button beside them does
    "_about: key": "writes age, gender and occupation into the profile",
    "group_cards: key": "writes the groups picked into the profile",
    "search": "opens a film to be rated",
    "deleted_run": "chooses what is brought back",
    "_name: key": "names the profile",
    "another_name": "names a new profile",
    "actions: key": "names the run",
    "_list_control: f'{key}_text'": "a setting goes by its name, where it is not the preset's",
    "paste_person": "adds the people of the link pasted",
    "_ways_to_join: 'Or let somebody rate films here'": "names a new profile",
    "checked_trial": "chooses what is looked at; trials are the session's own until they are kept",
    # cannot be changed
    "show_two_runs: 'A: the run in the sidebar'": "says which run it is",
}


def test_every_choice_stands_in_the_link():
    """A control is bound to the link, or the list above says why not; a control of the list that is gone leaves it."""
    loose = {}
    for path in DRAWN:
        for unit, part in units(path.read_text(encoding="utf-8")).items():
            for call in calls_of(part, CONTROLS):
                if not bound(call):
                    loose.setdefault(name_of(call, unit), f"{path.relative_to(ROOT)}:{call.lineno}")
    found = {name: where for name, where in loose.items() if name not in NOT_BOUND}
    assert not found, f'give these bind="query-params", or say in NOT_BOUND why not: {found}'
    assert set(NOT_BOUND) <= set(loose)


def test_what_binds_by_itself_is_one_function_that_does():
    """No other function has its name, every call says its key by name, and its own control is bound under that key."""
    (home,) = [path for path in DRAWN if BINDS in units(path.read_text(encoding="utf-8"))]
    (control,) = calls_of(units(home.read_text(encoding="utf-8"))[BINDS], CONTROLS)
    assert (
        bound(control)
        and {"key": "key"}.items() <= {each.arg: ast.unparse(each.value) for each in control.keywords}.items()
    )
    calls = [each for path in DRAWN for each in calls_of(tree_of(path), {BINDS})]
    assert len(calls) > 20 and all(isinstance(call.func, ast.Name) for call in calls)
    assert not [ast.unparse(call) for call in calls if "key" not in {each.arg for each in call.keywords}]


def test_bound_names_are_short_plain_words():
    names = set()
    for path in DRAWN:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and bound(node):
                names |= {
                    each.value.value
                    for each in node.keywords
                    if each.arg == "key" and isinstance(each.value, ast.Constant)
                }
    assert names and not [name for name in names if not re.fullmatch(r"[a-z][a-z_]{1,19}", name)]


# --- names from outside ----------------------------------------------------------------------------------------------------

MARKDOWN = {
    *(
        "badge",
        "button",
        "caption",
        "checkbox",
        "dialog",
        "download_button",
        "error",
        "expander",
        "form_submit_button",
        "header",
    ),
    *(
        "info",
        "link_button",
        "markdown",
        "metric",
        "page_link",
        "popover",
        "progress",
        "radio",
        "spinner",
        "status",
        "subheader",
    ),
    *("success", "tabs", "title", "toast", "toggle", "warning", "write"),
}
"""What Streamlit reads as Markdown in its first texts and its tooltip."""

READ_IN = {"body", "captions", "delta", "help", "label", "options", "text", "value"}  # keywords that are Markdown, too
FROM_OUTSIDE = {
    *(
        "data_title",
        "file_name",
        "genre",
        "genres",
        "holdout",
        "label",
        "message",
        "name",
        "named",
        "note",
        "occupation",
    ),
    *("reason", "title", "user_id"),
}
"""What texts that nobody here has written are called."""

OURS = {"CATALOGUE[DATA]", "limits", "metric", "question", "step", "step.door", "summary", "summary.row", "topic"}
"""What holds texts that are written here, some of them as Markdown."""

KEEPS = {"capitalize", "join", "lower", "map", "removesuffix", "repr", "shortened", "str", "upper"}
"""Functions after which a text from outside is one still; others have made something of it."""


def unescaped(source):
    """(line, expression) of every text from outside that goes into Markdown as it is."""

    def look(node):
        if isinstance(node, ast.Call) and last_name(node.func) not in KEEPS:
            return
        key = getattr(node, "slice", None)  # film["title"], named[:20]
        held = (
            key.value
            if isinstance(key, ast.Constant)
            else last_name(node.value if isinstance(key, ast.Slice) else node)
        )
        if held in FROM_OUTSIDE and (held == "reason" or not isinstance(node, ast.Name)):
            if ast.unparse(getattr(node, "value", node)) not in OURS:
                yield node.lineno, ast.unparse(node)
            return
        for each in ast.iter_child_nodes(node):
            yield from look(each)

    for call in calls_of(parsed(source), MARKDOWN):
        for each in (*call.args[:2], *(keyword.value for keyword in call.keywords if keyword.arg in READ_IN)):
            yield from look(each)


def test_the_parser_finds_texts_from_outside():
    source = (
        "st.markdown(f'**{run.name}**')\nst.info(f'{formats.plain(run.name)} of {formats.count(n)}')\n"
        "side.header(record.data_title)\nst.error(f'No: {reason} {named[:9]}')\nst.caption(film['title'] + ' x')\n"
        "st.button('x', help=fetch.message or None)\nst.selectbox('x', titles, format_func=lambda each: each.title)\n"
        "st.caption(f'{name}: {metric.title}')\nst.dataframe(x, alt=run.name)\nst.caption('title')\n"
    )
    assert [line for line, _ in unescaped(source)] == [1, 3, 4, 4, 5, 6]


def test_markdown_takes_texts_from_outside_by_way_of_formats():
    """See also tests/pages/test_names.py and tests/browser/test_names.py, which look at what is shown."""
    found = found_in(DRAWN, unescaped)
    assert not found, f"give these to formats.plain or formats.sentence: {found}"
