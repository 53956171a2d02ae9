"""Learn: uncertainty, nets, the distribution of a rating, similar users."""

from collab.lessons.uncertainty import Belief, drawn_ratings, update
from collab.ui.frame import cached
from collab.ui.learn import cached as learn_cached


def run_of(app):
    """The run that the page shows."""
    return app.selectbox(key="_pick_run").value


def test_belief_narrows_and_a_bayesian_run_shows_its_own(visit):
    app = visit("learn", step="uncertainty", belief_ratings="3")
    after = update(Belief(0.0, 0.6), drawn_ratings(3, 0.8, 1.0), 1.0)
    assert app.metric[0].value == f"{after.mean:+.2f} ± {after.deviation:.2f}"
    few, many = (float(metric.value.split("±")[1]) for metric in app.metric[1:3])
    assert few > many > 0
    app.slider(key="belief_ratings").set_value(0).run()
    assert not app.exception and app.metric[0].value == "+0.00 ± 0.60"


def test_net_counts_its_parameters(visit):
    app = visit("learn", step="nets", net_user_size="10", net_film_size="20", net_hidden="8,4")
    run = cached.trained_run(run_of(app))
    expected = 10 * len(run.users) + 20 * len(run.items) + 30 * 8 + 8 + 8 * 4 + 4 + 4 + 1
    assert app.metric[0].value == f"{expected:,}"
    app.text_input(key="net_hidden").set_value("8,many").run()
    assert not app.exception and "8,many" in app.error[0].value


def test_distribution_of_a_model_of_one_noise(visit_dot_bias):
    app = visit_dot_bias("learn", step="distribution")
    assert "equally wide for all" in app.main.caption[-1].value


def test_distribution_of_a_held_out_rating(visit):
    app = visit("learn", step="distribution")
    assert [metric.label for metric in app.metric] == ["Expected", "Given"]
    assert app.metric[1].value != "–" and "the model never saw it" in app.main.caption[-1].value
    assert "as wide as the model is unsure" in app.main.caption[-1].value
    film = app.selectbox(key="film").value
    app.button(key="next_held_out").click().run()
    assert app.selectbox(key="film").value != film and app.metric[1].value != "–"
    app.selectbox(key="user").select_index(2).run()  # the film stays
    assert not app.exception and app.selectbox(key="film").value != film


def test_similar_users_end_in_the_sum_of_a_pick(visit):
    app = visit("learn", step="similar-users", user="5")
    model, _ = learn_cached.similar_users(run_of(app))
    (said,) = (each.value for each in app.markdown if "mean and both biases" in each.value)
    predicted = float(said.split("= **")[1].split("**")[0])
    assert not app.exception and model.settings.of == "users"
    assert len(app.selectbox(key="similar_pick").options) == 4
    app.selectbox(key="similar_pick").select_index(3).run()
    (later,) = (each.value for each in app.markdown if "mean and both biases" in each.value)
    assert float(later.split("= **")[1].split("**")[0]) <= predicted + 1e-9
