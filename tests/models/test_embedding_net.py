"""The neural nets: their sizes, their forward pass by hand, what decays, and a training beside plain PyTorch."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from collab.models import build_model
from collab.models.embedding_net import BatchNorm, Design, build_layers, size_by_rule
from collab.models.nets import DeepSettings, NetSettings
from collab.models.schedule import one_cycle

# three users and three films besides the unknown ones, and a fourth of each that rates nothing; 16 ratings
ROWS = [(user, film, 1 + (user * film + user) % 5) for user in range(1, 5) for film in range(1, 5)]


@pytest.fixture
def ratings(make_ratings):
    return make_ratings([*ROWS, (5, 5, 3)])


def build(name, settings, ratings):
    return build_model(name, settings, ratings.n_users, ratings.n_items, ratings.rating_scale)


def train(model, ratings):
    for steps in model.train_epochs(ratings):
        for _ in steps:
            pass
    model.finalize()
    return model


@pytest.mark.parametrize("n_rows, size", [(944, 74), (1665, 102), (1, 2), (2, 2), (162_542, 600)])
def test_sizes_by_the_rule(n_rows, size):
    assert size_by_rule(n_rows) == size


def test_sizes_by_the_rule_or_as_told():
    by_rule = build_model("net", NetSettings(), 944, 1665)
    assert (by_rule.user_factors.shape, by_rule.item_factors.shape) == ((944, 74), (1665, 102))
    told = build_model("deep", DeepSettings(user_size=3, item_size=5, layers=(7, 4, 2)), 944, 1665)
    assert (told.user_factors.shape, told.item_factors.shape) == ((944, 3), (1665, 5))
    linear = [layer.shape for layer in told.layers() if layer.kind == "linear"]
    assert linear == [(7, 8), (4, 7), (2, 4), (1, 2)]


def test_a_tiny_net_by_hand():
    model = build_model("net", NetSettings(n_hidden=2, user_size=1, item_size=2), 2, 2)
    weights = {
        "user_embeddings": [[0.5], [2.0]],
        "item_embeddings": [[0.0, 0.0], [1.0, -1.0]],
        "linear_1.weight": [[1.0, 0.5, 0.5], [-1.0, 0.0, 2.0]],
        "linear_1.bias": [0.5, 1.0],
        "output.weight": [[0.4, -0.3]],
        "output.bias": [0.1],
    }
    model.load({name: np.array(table, dtype=np.float32) for name, table in weights.items()})
    # user 1, film 1: hidden (2 + 0.5 − 0.5 + 0.5, −2 − 2 + 1) = (2.5, −3), after ReLU (2.5, 0); score 0.4 · 2.5 + 0.1
    assert model.predict(np.array(1), np.array(1)) == pytest.approx(5.5 / (1 + np.exp(-1.1)), abs=1e-5)
    # user 0, film 0: hidden (0.5 + 0.5, −0.5 + 1) = (1, 0.5); score 0.4 − 0.15 + 0.1
    assert model.predict(np.array(0), np.array(0)) == pytest.approx(5.5 / (1 + np.exp(-0.35)), abs=1e-5)


def test_order_of_the_layers():
    design = Design(layers=(4, 3), dropout=0.5, embedding_dropout=0.25, batch_norm=True)
    layers = build_layers(6, 6, design, torch.Generator())
    assert [name.rstrip("_12") for name, _ in layers.named_children()] == [
        "embedding_dropout",
        *["linear", "relu", "batch_norm", "dropout"] * 2,
        "output",
    ]
    assert layers.linear_1.bias is None and layers.output.bias is not None
    assert (
        build_layers(6, 6, dataclasses.replace(design, batch_norm=False), torch.Generator()).linear_1.bias is not None
    )
    assert [tuple(part.weight.shape) for part in build_layers(6, 6, Design(layers=()), torch.Generator())[1:]] == [
        (1, 6)
    ]


def test_batch_norm_by_hand():
    norm = BatchNorm(1)
    with torch.no_grad():
        norm.weight[:], norm.bias[:] = 2.0, 1.0
        out = norm(torch.tensor([[1.0], [3.0]]))  # mean 2, variance 1
    np.testing.assert_allclose(out[:, 0], [-1.0, 3.0], atol=1e-4)
    # a tenth of the way from 0 and 1 to the mean 2 and the unbiased variance 2
    np.testing.assert_allclose([norm.running_mean.item(), norm.running_var.item()], [0.2, 1.1], rtol=1e-6)
    alone = norm(torch.tensor([[0.2]])).item()  # a batch of one: normed by those before it
    assert alone == pytest.approx(1.0, abs=1e-6) and norm.running_mean.item() == pytest.approx(0.2)


@pytest.mark.parametrize("name, settings", [("net", NetSettings()), ("deep", DeepSettings())])
def test_decay_falls_on_embeddings_and_weights_alone(name, settings, ratings):
    """One step with decay beside one without: the gradients are the same, so what differs is the decay."""
    still = dataclasses.replace(settings, epochs=1, batch_size=8, weight_decay=2.0, learning_rate=1.0)
    model = build(name, still, ratings)
    rows = model._begin(ratings)
    before = model.weights()
    list(model._epoch(*rows, [(1e-2, 0.9)]))
    free = build(name, dataclasses.replace(still, weight_decay=0.0), ratings)
    rows = free._begin(ratings)
    list(free._epoch(*rows, [(1e-2, 0.9)]))
    after, undecayed = model.weights(), free.weights()
    for key, table in before.items():
        decays = key.endswith("embeddings") or (("linear" in key or "output" in key) and key.endswith("weight"))
        difference = (after[key] - undecayed[key]).astype(np.float64)
        if decays:
            np.testing.assert_allclose(difference, -1e-2 * 2 * table, atol=1e-7)
        else:
            assert not difference.any(), key


def test_dropout_is_off_in_predictions_and_on_in_training(ratings):
    settings = DeepSettings(dropout=0.5, embedding_dropout=0.5, batch_size=8, epochs=2)
    model = train(build("deep", settings, ratings), ratings)
    everything = [model.predict(np.arange(6)[:, None], np.arange(6)) for _ in range(2)]
    assert np.array_equal(*everything)
    without = train(build("deep", dataclasses.replace(settings, dropout=0.0, embedding_dropout=0.0), ratings), ratings)
    assert not np.array_equal(without.predict(1, 1), everything[0][1, 1])


def test_dropout_leaves_out_its_share_and_makes_up_for_it():
    layers = build_layers(1000, 600, Design(layers=(), embedding_dropout=0.4), torch.Generator().manual_seed(0))
    dropped = layers.train().embedding_dropout(torch.ones(50, 1000))
    assert (dropped[:, 600:] == 1).all()  # columns beside the embeddings stay
    assert dropped[:, :600].unique().tolist() == pytest.approx([0.0, 1 / 0.6])
    assert (dropped[:, :600] == 0).float().mean().item() == pytest.approx(0.4, abs=0.02)


def test_those_without_ratings_are_the_average(ratings):
    model = train(
        build("net", NetSettings(epochs=2, batch_size=8), ratings.take(np.arange(16))), ratings.take(np.arange(16))
    )
    for table in (model.user_factors, model.item_factors):
        np.testing.assert_allclose(table[0], table[1:5].mean(0), rtol=1e-5)
        assert np.array_equal(table[0], table[5])


@pytest.mark.parametrize("batch_norm", [False, True])
def test_training_equals_plain_pytorch(ratings, batch_norm):
    settings = DeepSettings(layers=(6, 3), batch_norm=batch_norm, batch_size=8, epochs=4, user_size=3, item_size=4)
    model = build("deep", settings, ratings)
    users, items = (
        nn.Embedding.from_pretrained(model.users.clone(), False),
        nn.Embedding.from_pretrained(model.items.clone(), False),
    )
    parts = []
    for n_in, n_out in ((7, 6), (6, 3)):
        parts += [nn.Linear(n_in, n_out, bias=not batch_norm), nn.ReLU()] + (
            [nn.BatchNorm1d(n_out)] if batch_norm else []
        )
    plain = nn.Sequential(*parts, nn.Linear(3, 1))
    for mine, theirs in zip(model.net.parameters(), plain.parameters(), strict=True):
        theirs.data.copy_(mine.data)
    weights = [part.weight for part in plain if isinstance(part, nn.Linear)] + [users.weight, items.weight]
    others = [each for each in plain.parameters() if not any(each is weight for weight in weights)]
    groups = [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, eps=1e-5)
    generator = torch.Generator()
    generator.set_state(model.generator.get_state())
    rates, momenta = one_cycle(5e-3, np.arange(8) / 8)
    user_index, item_index, rating = (
        torch.from_numpy(np.array(column)) for column in (ratings.user_index, ratings.item_index, ratings.rating)
    )
    for epoch in range(4):
        order = torch.randperm(17, generator=generator)
        for number in range(2):
            batch = order[8 * number : 8 * number + 8]
            score = plain(torch.cat([users(user_index[batch]), items(item_index[batch])], 1))[:, 0]
            loss = nn.functional.mse_loss(5.5 * torch.sigmoid(score), rating[batch])
            optimizer.zero_grad()
            loss.backward()
            for group in optimizer.param_groups:
                group.update(lr=rates[2 * epoch + number], betas=(momenta[2 * epoch + number], 0.99))
            optimizer.step()
    train(model, ratings)
    np.testing.assert_allclose(model.users[1:], users.weight.detach()[1:], atol=2e-6)
    for mine, theirs in zip(model.net.parameters(), plain.parameters(), strict=True):
        np.testing.assert_allclose(mine.detach(), theirs.detach(), atol=2e-6)


def test_a_newcomer_who_loves_what_a_group_loves_is_taken_for_one_of_them(make_ratings):
    """Even users love even films. Three ratings of even films move the predictions for the other even ones up."""
    rows = [(user, film, 5 if (user + film) % 2 == 0 else 1) for user in range(1, 31) for film in range(1, 21)]
    ratings = make_ratings(rows)
    model = train(build("net", NetSettings(epochs=60, weight_decay=0.1), ratings), ratings)
    before = model.fold_in_user(np.array([], dtype=int), np.array([]), 0.5)
    after = model.fold_in_user(np.array([2, 4, 5]), np.array([5.0, 5.0, 1.0]), 0.5)
    assert before.rating == pytest.approx(model.predict(np.zeros(21, dtype=int), np.arange(21)), abs=1e-4)
    rest = np.arange(6, 21)
    assert (after.rating[rest[::2]] > 4).all() and (after.rating[rest[1::2]] < 2).all()
    assert after.variance.mean() < before.variance.mean()


def test_large_tables_are_trained_too(ratings, monkeypatch):
    dense = train(build("net", NetSettings(epochs=5, batch_size=8), ratings), ratings)
    monkeypatch.setattr("collab.models.adam.LARGE_TABLE", 0)
    monkeypatch.setattr("collab.models.adam.ROWS_PER_RATING", 0)
    by_row = train(build("net", NetSettings(epochs=5, batch_size=8), ratings), ratings)
    np.testing.assert_allclose(by_row.predict(1, np.arange(6)), dense.predict(1, np.arange(6)), atol=0.02)
