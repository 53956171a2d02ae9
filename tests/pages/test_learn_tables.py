"""Learn: the tables beside the pictures, opened, hold the numbers that are worked out by hand or stand beside them."""

import json
from functools import partial

import numpy as np
import pytest

from collab.lessons import cold_start as remedies
from collab.lessons.uncertainty import Belief, drawn_ratings, update
from collab.models.bayes import BayesSettings
from collab.ui.frame import cached
from collab.ui.learn import cached as learn_cached
from collab.ui.learn import cold_start, feedback, weight_decay


@pytest.fixture
def tables(visit):
    """A function that opens a step and the table of the fold `key`: the page, and its tables by their names."""

    def open_it(step, key, before=None, **link):
        app = visit("learn", step=step, **link)
        if before is not None:
            before(app)
        others = [each.proto.alt for each in app.dataframe]  # what the step shows anyway
        app.session_state[key] = True
        app.run()
        assert not app.exception
        return app, {each.proto.alt: each.value for each in app.dataframe if each.proto.alt not in others}

    return open_it


def only(found):
    (table,) = found.values()
    return table


def test_matrix_has_every_cell_once(tables):
    app, found = tables("matrix", "matrix_table", matrix_filled="true", matrix_users="6", matrix_films="7")
    table = only(found)
    given, predicted = table["given (stars)"].notna(), table["predicted (stars)"].notna()
    assert len(table) == 42 and (given ^ predicted).all()
    assert app.metric[0].value == f"{100 * predicted.mean():.0f} %"
    run = cached.trained_run(app.selectbox(key="_pick_run").value)
    blank = table[predicted].iloc[0]
    user = run.users.index[run.users["user_id"] == blank["user"]][0]
    film = run.items.index[run.items["title"] == blank["film"]][0]
    assert run.items["n_ratings"].iat[film] == blank["ratings of the film"]
    expected = float(run.model.predict(np.array([user]), np.array([film]))[0])
    assert blank["predicted (stars)"] == pytest.approx(expected, abs=0.006)
    app.toggle(key="matrix_filled").set_value(False).run()
    assert "predicted (stars)" not in app.dataframe[0].value


def test_dot_product_adds_up(tables):
    _, found = tables("dot-product", "dot_table")
    table = only(found).set_index(["film", "factor"])
    assert table.loc[("The Last Skywalker", "science fiction"), "product"] == 0.882  # 0.98 · 0.9
    sums = table.xs("dot product", level="factor")["product"]
    assert sums.to_dict() == {"The Last Skywalker": 2.142, "Casablanca": -1.611}


def test_spreadsheet_multiplies_and_its_loss_is_the_last(tables):
    _, found = tables("slow-motion", "slow_table", slow_step="2")
    sheet, losses = found["The spreadsheet after 2 steps"].set_index("row"), found["The loss after every step so far"]
    films = [name for name in sheet if name.endswith("(stars)")]
    factors = [name for name in sheet if name.startswith("factor")]
    predicted = sheet[sheet.index.str.endswith("predicted")]
    of_items = sheet[sheet.index.str.endswith("of the film")][films].to_numpy(float)
    assert predicted[films].to_numpy(float) == pytest.approx(predicted[factors].to_numpy(float) @ of_items, abs=0.02)
    rated = sheet[sheet.index.str.endswith("rated")][films].to_numpy(float)
    errors = predicted[films].to_numpy(float) - rated
    assert len(losses) == 3 and losses["loss (MSE)"].iloc[-1] == pytest.approx(np.nanmean(errors**2), abs=0.002)


def test_product_is_the_row_looked_up(tables):
    _, found = tables("look-up", "one_hot_table", one_hot_user="5")
    table = only(found).set_index("row")
    factors = [f"factor {place}" for place in range(1, 5)]
    assert table.loc["product", factors].tolist() == table.loc["user 5", factors].tolist()
    assert table.loc["looked up", factors].tolist() == table.loc["user 5", factors].tolist()
    assert table["one-hot"].dropna().tolist() == [0, 0, 0, 0, 0, 1, 0, 0]


def test_costs_grow_with_the_table_for_the_product_alone(tables):
    _, found = tables("look-up", "look_up_table")
    table = only(found)
    assert table["users"].tolist() == [100, 300, 1000, 3000, 10_000, 30_000, 100_000]
    assert table["product (kB)"].tolist() == [64 * 4 * n / 1000 for n in table["users"]]  # float32, 64 vectors
    assert set(table["look-up (kB)"]) == {0.512}  # 64 whole numbers of 8 bytes


@pytest.mark.parametrize("kind, changes", [("plain tensor", False), ("nn.Embedding", True)])
def test_changed_rows_are_those_that_differ(tables, kind, changes):
    app, found = tables("parameters", "one_step_table", kept_in=kind)
    table = only(found)
    before, after = (table[[name for name in table if name.endswith(when)]].to_numpy() for when in ("before", "after"))
    assert table["changed"].tolist() == (before != after).any(axis=1).tolist()
    assert table["changed"].tolist() == (table["in the batch"] & changes).tolist()
    assert app.metric[0].value.startswith(f"{table['changed'].sum()} of")


def test_range_is_half_way_at_zero(tables):
    _, found = tables("range", "range_table", range_end="5.0")
    table = only(found).set_index("score")["predicted (stars)"]
    assert table[0.0] == 2.5 and table[2.0] == pytest.approx(5 / (1 + np.exp(-2)), abs=0.0006)
    assert table.index[0] == -8.0 and table.index[-1] == 8.0


def test_parts_add_up_to_the_score(tables):
    _, found = tables("biases", "bias_parts_table")
    heights = only(found).iloc[:, 1].tolist()
    assert sum(heights[:4]) == pytest.approx(heights[4], abs=0.003)


def test_orders_hold_the_ten_first_of_both(tables):
    _, found = tables("biases", "bias_orders_table", biases_view="two orders")
    table = only(found)
    for place, value in (("place by bias", "bias"), ("place by mean", "mean (stars)")):
        ordered = table.sort_values(place)
        assert ordered[place].head(10).tolist() == list(range(1, 11))
        assert ordered[value].is_monotonic_decreasing


def test_canyon_by_hand(tables):
    _, found = tables("weight-decay", "canyon_table", decay_a="4.0")
    table = only(found).set_index("x")
    assert table.loc[0.2, "4·x²"] == 0.16 and table.loc[-2.0, "50·x²"] == 200.0 and table.loc[0.0].eq(0).all()


def test_weights_after_every_step(tables):
    app, found = tables("weight-decay", "paths_table", decay_view=weight_decay.RULE)
    table = only(found)
    assert len(table) == 301 and table.iloc[0, 1:].eq(1.0).all()
    assert f"{table['penalty, Adam (weight)'].iat[-1]:.2f}" == app.metric[0].value
    assert table["penalty, SGD (weight)"].equals(table["decay, SGD (weight)"])


def test_losses_are_those_of_the_curves(tables, monkeypatch):
    monkeypatch.setattr(weight_decay, "DECAYS", (0.01, 0.1))
    app, found = tables("weight-decay", "decay_table", decay_view=weight_decay.OVERFIT)
    table = only(found)
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    thick = [line["y"] for line in drawn if line["mode"] == "lines+markers"]  # of the chosen decay, 0.01
    shown = table[table["weight decay"] == 0.01]
    assert shown["training (MSE)"].tolist() == pytest.approx(thick[0], abs=6e-5)
    assert shown["held out (MSE)"].tolist() == pytest.approx(thick[1], abs=6e-5)


def test_sizes_of_the_chapter(tables):
    _, found = tables("nets", "sizes_table", nets_view="Embedding sizes")
    table = only(found).set_index("rows")
    assert table.loc[944, "numbers for each"] == 74 and table.loc[1665, "numbers for each"] == 102
    assert table.loc[1665, "numbers in the table"] == 1665 * 102
    assert table.loc[10_000, "which"] == "chosen" and table.index.is_monotonic_increasing


def test_pressed_points_lie_flat(tables):
    app, found = tables("pca", "pca_table", pca_press="100")
    axes, points = found["The axes"], found["The points"]
    assert len(points) == 400 and points["axis 3"].eq(0).all() and points["axis 1"].abs().max() > 1
    assert f"{axes['share (%)'].iloc[:2].sum():.0f} %" == app.metric[0].value
    assert axes["share (%)"].sum() == pytest.approx(100, abs=0.2)


def test_arrows_by_hand(tables):
    _, found = tables("distance", "arrows_table")  # 2 and 2.5 long, 40 degrees apart
    value = found["Between them"].set_index("measure")["value"]
    assert value["cosine"] == 0.766 and value["dot product"] == 3.83 and value["distance"] == 1.609


def test_rare_films_are_counted_in_both_lists(tables, add_run):
    add_run("dot-bias")
    app, found = tables("distance", "rare_table", distance_view="Rare films")
    raw, mended = (int((table["ratings"] < 20).sum()) for table in found.values())
    assert app.metric[0].value == f"{raw} → {mended}"
    assert all(table["similarity"].is_monotonic_decreasing for table in found.values())


def test_remedies_against_the_average_user(tables, monkeypatch):
    quick = BayesSettings(n_factors=4, epochs=6, kernel_rank=0)
    monkeypatch.setattr(
        cold_start, "measure", lambda dataset, ratings: remedies.measure(dataset, ratings, n_people=40, settings=quick)
    )
    _, found = tables("cold-start", "cold_table", lambda app: app.button(key="cold_measure").click().run())
    table = only(found)
    average, others = table["MSE"].iat[0], table.iloc[1:]
    assert (others["MSE"] - average).tolist() == pytest.approx(others["less the average user’s"].tolist(), abs=2e-4)
    assert (others["from"] <= others["less the average user’s"]).all()
    assert (others["less the average user’s"] <= others["to"]).all()


def test_rounds_with_and_without_a_remedy(tables, monkeypatch):
    monkeypatch.setattr(feedback, "N_WORLDS", 1)
    monkeypatch.setattr(feedback, "simulate", partial(feedback.simulate, n_rounds=3))
    _, found = tables("feedback", "feedback_table")
    table = only(found)
    assert table["round"].tolist() == [0, 1, 2, 3] * 2
    rounds = feedback.world_rounds(20, feedback.NONE, 0)
    alone = table[table["remedy"] == "no remedy"]
    assert alone["error (stars)"].tolist() == pytest.approx([each.error for each in rounds], abs=6e-4, nan_ok=True)
    assert alone["anime shown so far (%)"].tolist() == pytest.approx(
        [100 * each.loved_share for each in rounds], abs=0.06
    )


def test_belief_after_three_ratings(tables):
    _, found = tables("uncertainty", "belief_table")
    ratings = drawn_ratings(3, 0.8, 1.0)
    after = update(Belief(0.0, 0.6), ratings, 1.0)
    told = found["The beliefs"].set_index("belief")
    assert told.loc["after", "deviation (stars)"] == pytest.approx((1 / 0.36 + 3) ** -0.5, abs=6e-4)
    assert told.loc["after", "mean (stars)"] == pytest.approx(after.mean, abs=6e-4)
    assert found["The ratings"].iloc[:, 0].tolist() == pytest.approx(ratings.tolist(), abs=0.006)
    curve = found["Their curves"]
    assert curve["after (density)"].sum() * 0.1 == pytest.approx(1, abs=0.01)  # places lie 0.1 apart


def test_net_counted_layer_by_layer(tables):
    app, found = tables("nets", "net_table", net_user_size="10", net_film_size="20", net_hidden="8,4")
    assert found["Numbers that pass"]["numbers"].tolist() == [30, 10, 20, 8, 4, 1]
    learned = found["Numbers that are learned"]["parameters"]
    assert learned.tolist()[2:] == [30 * 8 + 8, 8 * 4 + 4, 4 + 1] and f"{learned.sum():,}" == app.metric[0].value


def test_ratings_of_similar_users(tables):
    app, found = tables("similar-users", "similar_users_table", user="5")
    model, train = learn_cached.similar_users(app.selectbox(key="_pick_run").value)
    table = only(found)
    own = table[table["user"] == "5"]
    picks = own["predicted (stars)"].dropna()
    assert len(picks) == 4 and picks.is_monotonic_decreasing and own["likeness"].isna().all()
    (said,) = (each.value for each in app.markdown if "mean and both biases" in each.value)
    assert said.split("= **")[1].startswith(f"{picks.iat[0]:.2f}**")
    other = table[table["user"] != "5"].iloc[0]
    run = cached.trained_run(app.selectbox(key="_pick_run").value)
    user = run.users.index[run.users["user_id"] == other["user"]][0]
    film = run.items.index[run.items["title"] == other["film"]][0]
    given = train.rating[(train.user_index == user) & (train.item_index == film)]
    assert other["given (stars)"] == given.mean()
    expected = given.mean() - model.user_biases[user] - model.item_biases[film]
    assert other["beyond expectation"] == pytest.approx(expected, abs=0.006)
