"""What the benchmark of the pages understands of a Streamlit session, by messages made by hand; no test measures a time."""

from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession

from tests.benchmarks import pages
from tests.benchmarks.pages import Timings, checked
from tests.benchmarks.wire import GOLDEN, Session, Turn, Widget, state_of, value_of


def slider(key, fragment="", **more):
    message = ForwardMsg()
    proto = message.delta.new_element.slider
    proto.id, proto.min, proto.max, proto.step = f"$$ID-0f-{key}", 0, 10, 1
    proto.default.append(0)
    for name, value in more.items():
        setattr(proto, name, value)
    message.delta.fragment_id = fragment
    return message


def begin(*fragments):
    message = ForwardMsg(new_session=NewSession(page_script_hash="aa"))
    message.metadata.run.fragment_ids.extend(fragments)
    return message


def finished(status):
    return ForwardMsg(script_finished=status)


@pytest.fixture
def session():
    return Session("http://127.0.0.1:1")


def test_a_turn_is_over_when_the_script_is_and_not_when_it_starts_again(session):
    assert not session.take(begin())
    assert not session.take(finished(ForwardMsg.FINISHED_EARLY_FOR_RERUN))
    assert session.take(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
    assert session.take(finished(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))


def test_controls_are_found_by_key_until_their_page_or_fragment_begins_anew(session):
    for message in (begin(), slider("beta"), slider("stars-Alien (1979)", "part"), slider("off", disabled=True)):
        session.take(message)
    assert session.find("beta").fragment == "" and session.find("stars").key == "stars-Alien (1979)"
    assert session.find("off") is None and session.find("star") is None
    session.take(begin("part"))
    assert session.find("stars") is None and session.find("beta") is not None
    session.take(begin())
    assert session.find("beta") is None


def test_a_control_out_of_sight_is_forgotten(session):
    """As in Streamlit's page: sent again, its state would be a change on every other page."""
    for message in (begin(), slider("beta"), slider("gamma")):
        session.take(message)
    session._moved = {each.proto.id: state_of(each, 3.0) for each in session.widgets.values()}
    for message in (begin(), slider("gamma")):
        session.take(message)
    session.forget()
    assert list(session._moved) == [session.find("gamma").proto.id]


def test_a_message_that_did_not_come_again_is_the_one_of_before(session):
    first = slider("beta")
    first.hash, first.metadata.cacheable = "h", True
    again = ForwardMsg(ref_hash="h")
    for message in (begin(), first, begin()):
        session.take(message)
    assert session.find("beta") is None
    session.take(again)
    assert session.find("beta") is not None


def test_errors_on_the_page_stop_the_benchmark(session):
    for fill in (
        lambda element: setattr(element.exception, "message", "boom"),
        lambda element: (setattr(element.alert, "body", "no run"), setattr(element.alert, "format", 1)),
    ):
        message = ForwardMsg()
        fill(message.delta.new_element)
        session.take(message)
    assert session._errors == ["boom", "no run"]
    with pytest.raises(SystemExit, match="rate: boom; no run"):
        checked("rate", Turn(0.1, 1, 1, tuple(session._errors)))


def test_pages_clocks_and_the_link_are_kept(session):
    message = ForwardMsg()
    for path, hidden in (("", False), ("rate", False), ("overview", True)):
        page = message.navigation.app_pages.add()
        page.url_pathname, page.page_script_hash, page.is_hidden = path, f"hash of {path}", hidden
    session.take(message)
    assert session.pages == {"home": "hash of ", "rate": "hash of rate"}
    clock, link = ForwardMsg(), ForwardMsg()
    clock.auto_rerun.interval, clock.auto_rerun.fragment_id = 0.25, "part"
    link.page_info_changed.query_string = "run=0a"
    session.take(clock)
    session.take(link)
    assert session.timers == {"part": 0.25} and session.link == "run=0a"
    session.take(begin())
    assert session.timers == {}


def test_values_go_along_a_slider_and_stay_on_its_steps():
    widget = Widget("slider", slider("beta").delta.new_element.slider, "")
    values = [value_of(widget, place) for place in range(20)]
    assert values[0] == round(GOLDEN * 10) and set(values) <= set(range(11)) and len(set(values)) == 10
    assert list(state_of(widget, 3.0).double_array_value.data) == [3.0]


def test_options_are_sent_as_their_words():
    element = ForwardMsg().delta.new_element
    element.button_group.options.add(content="cosine")
    element.button_group.options.add(content="distance")
    widget = Widget("button_group", element.button_group, "")
    assert [value_of(widget, place) for place in range(3)] == ["distance", "cosine", "distance"]
    assert list(state_of(widget, "cosine").string_array_value.data) == ["cosine"]
    element.selectbox.options.extend(["a", "b", "c"])
    chosen = Widget("selectbox", element.selectbox, "")
    assert value_of(chosen, 1) == "c" and state_of(chosen, "c").string_value == "c"


def test_the_goal_is_on_the_middle_and_on_nine_in_ten():
    assert not Timings([0.1]).misses
    assert not Timings([0.29] * 19 + [2.0]).misses
    assert Timings([0.29] * 8 + [0.7, 0.7]).misses and Timings([0.31] * 10).misses
    assert Timings([0.1, 0.2, 0.3]).in_words().split() == ["200", "280", "300"]


def test_two_models_are_measured_in_turns(monkeypatch):
    """Every other page begins with the other model: what the machine does meanwhile is shared by both."""
    visited, used, turn = [], [], Turn(0.1, 0, 0, ())
    monkeypatch.setattr(pages, "_one_page", lambda visit, *args: visited.append((visit.model, *args[2:5:2])))
    monkeypatch.setattr(pages, "pick_run", lambda session, page, runs, place: used.append(runs))
    monkeypatch.setattr(pages, "move", lambda *args: turn)
    runs, floor = ["bayes · 8 factors", "dot-bias · 50 factors"], SimpleNamespace(switch=lambda name: turn)
    visits = [pages.Visit(model, model, None) for model in ("bayes", "dot-bias")]
    found = pages.go_round(visits, floor, {"rate": "", "data": ""}, runs, range(2, 4), ["rate", "data"])
    there, back = ["bayes", "dot-bias"], ["dot-bias", "bayes"]
    assert [model for model, *_ in visited] == there + there + back + back
    assert [page for _, page, _ in visited] == ["rate", "rate", "data", "data"] * 2
    assert [place for *_, place in visited] == [2] * 4 + [3] * 4
    assert [
        each[0].split(" ·")[0] for each in used
    ] == there + back  # at the beginning of a round; each has a session of its own
    assert {model: set(turns) for model, turns in found.items()} == {key: {"rate", "data", "empty"} for key in found}


def test_runs_are_told_by_the_whole_name_of_their_model():
    runs = ["bayes-sampled · 12 factors", "bayes · 8 factors · seed 1", "dot-bias · 50 factors", "bayes · 8 factors"]
    assert pages.runs_of("bayes", runs) == [runs[1], runs[3]]


def test_medians_of_two_models_with_their_ratio(capsys):
    turns = {"bayes": (Timings([0.2, 0.3, 9.0]), Timings([0.1])), "dot-bias": (Timings([0.15]), Timings([0.2]))}
    pages.report_beside("idle", {model: {"rate": each} for model, each in turns.items()})
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("rate"))
    assert row.split() == ["rate", "300", "150", "2.00", "100", "200", "0.50"]
