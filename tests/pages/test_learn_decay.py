"""The steps on weight decay, PCA and closeness: what their controls change."""

import json
import time

import pytest

from collab.models import DEFAULT_MODEL
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.learn import distance, weight_decay


def test_canyon_and_update_rule(visit):
    app = visit("learn", step="weight-decay")
    assert [each.value for each in app.metric] == ["0.89", "5.0"]
    app.slider(key="decay_a").set_value(4.0).run()
    assert app.metric[0].value == "1.00"
    app.segmented_control(key="decay_view").set_value(weight_decay.RULE).run()
    assert not app.exception
    penalty, aside = (float(each.value) for each in app.metric)
    app.select_slider(key="decay_pull").set_value(10.0).run()
    assert float(app.metric[0].value) > penalty + 0.1  # strong pulls drown the penalty …
    assert float(app.metric[1].value) == pytest.approx(aside, abs=0.01)  # … and not the decay beside the step


def test_over_fitting_comes_and_goes(visit, monkeypatch):
    monkeypatch.setattr(weight_decay, "DECAYS", (0.01, 0.1))
    app = visit("learn", step="weight-decay", decay_view=weight_decay.OVERFIT)
    assert not app.exception
    assert any("**over-fitting**" in each.value for each in app.markdown)
    app.select_slider(key="decay_chosen").set_value(0.1).run()
    assert any("**no over-fitting**" in each.value for each in app.markdown)
    (chart,) = app.get("plotly_chart")
    lines = json.loads(chart.proto.spec)["data"]
    assert len(lines) == 4 and all(len(line["y"]) == 5 for line in lines)
    assert any("decay 0.1." in each.value for each in app.caption)


def test_pca_keeps_more_than_two_plain_axes(visit):
    app = visit("learn", step="pca")
    best, plain = (int(each.value.removesuffix(" %")) for each in app.metric)
    assert best > plain + 10
    app.slider(key="pca_press").set_value(100).run()
    app.segmented_control(key="pca_view").set_value("Its two best axes").run()
    assert not app.exception and len(app.get("plotly_chart")) == 1


def test_arrows(visit):
    app = visit("learn", step="distance")
    (before,) = (each.value for each in app.markdown if "Cosine" in each.value)
    app.slider(key="arrow_b").set_value(1.0).run()
    (after,) = (each.value for each in app.markdown if "Cosine" in each.value)
    assert before.split(" · ")[0] == after.split(" · ")[0] and before.split(" = ")[1] != after.split(" = ")[1]
    app.segmented_control(key="distance_view").set_value("Rare films").run()
    assert not app.exception


def test_rare_films(visit_dot_bias):
    app = visit_dot_bias("learn", step="distance", distance_view="Rare films")
    assert not app.exception and len(app.get("plotly_chart")) == 2
    raw, mended = app.metric[0].value.split(" → ")
    assert int(raw) > 0 and mended == "0"
    assert not any("in the run in use" in each.value for each in app.caption)  # it is the one that is shown
    app.radio(key="rare_remedy").set_value("Shrink the similarity").run()
    assert not app.exception and app.metric[0].value == f"{raw} → 0"
    app.radio(key="rare_remedy").set_value("Cautious cosine").run()
    assert app.info[-1].value.startswith("The cautious cosine takes a model that knows how sure it is of each film.")
    assert not app.exception and app.metric[0].value == raw and len(app.get("plotly_chart")) == 1
    assert app.get("page_link")[0].proto.query_string == "model=bayes&data=sample"


def test_rare_films_are_those_of_the_chapters_model_whatever_run_is_in_use(visit, add_run):
    """Whose own nearest are counted beside them."""
    default, dot_bias = add_run(DEFAULT_MODEL, "ml-100k"), add_run("dot-bias", "ml-100k")
    app = visit("learn", "ml-100k", step="distance", distance_view="Rare films", run=default)
    in_use, shown = cached.trained_run(default), cached.trained_run(dot_bias)
    film = distance.example_film(shown)
    n_rare = [int((distance.nearest(each, film)["n_ratings"] < distance.FEW).sum()) for each in (in_use, shown)]
    assert n_rare[1] > n_rare[0] and app.metric[0].value == f"{n_rare[1]} → 0"
    (said,) = (each.value for each in app.caption if "Nearest to" in each.value)
    assert f"in the chapter’s own model ({formats.plain(shown.record.name)})" in said
    assert f"in the run in use, {formats.plain(in_use.record.name)}, {n_rare[0]} have so few" in said

    app.radio(key="rare_remedy").set_value("Cautious cosine").run()  # which only the run in use has
    cautious = distance.nearest(in_use, film, measure="cautious")
    n_rare = [int((table["n_ratings"] < distance.FEW).sum()) for table in (distance.nearest(shown, film), cautious)]
    assert (
        not app.exception and app.metric[0].value == f"{n_rare[0]} → {n_rare[1]}" and len(app.get("plotly_chart")) == 2
    )
    assert any(f"that of the run in use, {formats.plain(in_use.record.name)}" in each.value for each in app.caption)


@pytest.mark.parametrize("model", [DEFAULT_MODEL, "bias"])
def test_a_run_of_the_chapters_model_is_trained_where_there_is_none(visit, add_run, model):
    in_use = add_run(model)
    app = visit("learn", step="distance", run=in_use, distance_view="Rare films")
    assert "no run of it is there yet" in app.info[-1].value and not app.get("plotly_chart")
    app.button(key="train_chapter_model").click().run()
    (record,) = (each for each in cached.runs().records() if each.model == "dot-bias")
    assert record.preset == "chapter" and not app.exception
    end = time.monotonic() + 60
    while cached.runs().record(record.id).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert (
        not app.exception and len(app.get("plotly_chart")) == 2 and not any("no run" in each.value for each in app.info)
    )
    assert app.selectbox(key="_pick_run").value == in_use
    assert any("in the run in use" in each.value for each in app.caption) == (model == DEFAULT_MODEL)
