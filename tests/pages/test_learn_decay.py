"""The steps on weight decay, PCA and closeness: what their controls change."""

import json

import pytest

from collab.models import preset_of
from collab.services.environment import read_environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, plan
from collab.ui.steps import weight_decay


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


def test_arrows_and_rare_films(visit):
    app = visit("learn", step="distance")
    (before,) = (each.value for each in app.markdown if "Cosine" in each.value)
    app.slider(key="arrow_b").set_value(1.0).run()
    (after,) = (each.value for each in app.markdown if "Cosine" in each.value)
    assert before.split(" · ")[0] == after.split(" · ")[0] and before.split(" = ")[1] != after.split(" = ")[1]
    app.segmented_control(key="distance_view").set_value("Rare films").run()
    assert not app.exception and len(app.get("plotly_chart")) == 2
    raw, mended = app.metric[0].value.split(" → ")
    assert int(raw) > 0 and mended == "0"
    app.radio(key="rare_remedy").set_value("Shrink the similarity").run()
    assert not app.exception and app.metric[0].value == f"{raw} → 0"


def test_rare_films_without_factors(visit):
    environment = read_environment()
    store = RunStore(environment.home)
    owner, lock = store.claim()
    run = carry_out(
        store.create(plan("bias", preset_of("bias", "fast"), "sample", "random:0.2", 0, owner=owner)),
        store,
        environment,
    )
    lock.release()
    app = visit("learn", step="distance", run=run.id, distance_view="Rare films")
    assert any("no factors" in each.value for each in app.info) and app.get("page_link")  # the step goes on
    (use,) = (each for each in app.button if each.key.startswith("use_"))
    use.click().run()
    assert not app.exception and len(app.get("plotly_chart")) == 2
