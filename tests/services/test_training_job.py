"""What the end of a training writes down about how sure the model is, and data sets that are kept until their files change."""

import zipfile
from types import SimpleNamespace

import pytest

from collab.datasets.movielens import Archive
from collab.errors import DataError
from collab.services import training_job
from collab.services.environment import Environment
from collab.services.training_job import load_encoded, measure_certainty


@pytest.fixture
def ratings(make_ratings):
    return make_ratings([(user, film, 1 + (user * film) % 5) for user in range(1, 9) for film in range(1, 9)])


def test_certainty_is_measured_on_all_held_out_rows_however_many_go_at_once(ratings, monkeypatch):
    sizes = []

    def predict_with_variance(user_index, item_index):
        sizes.append(len(user_index))
        return 2 + user_index / 8 + item_index / 9, 0.5 + item_index / 20

    model = SimpleNamespace(predict_with_variance=predict_with_variance)
    at_once = measure_certainty(model, ratings, ratings)
    assert sizes == [64]
    monkeypatch.setattr(training_job, "PREDICTED_AT_ONCE", 10)
    assert measure_certainty(model, ratings, ratings) == at_once
    assert sum(sizes) == 128 and max(sizes[1:]) <= 10
    assert set(at_once) == {"within_50", "within_80", "within_95", "log_loss", "histogram_log_loss"}


def test_a_model_without_variances_has_no_certainty(ratings):
    assert measure_certainty(SimpleNamespace(), ratings, ratings) == {}


FILES = {
    "movies.csv": b"movieId,title,genres\n1,Alien (1979),Horror\n2,Heat (1995),Crime\n",
    "ratings.csv": b"userId,movieId,rating,timestamp\n1,1,4.5,0\n1,2,3.0,0\n2,1,5.0,0\n",
}


@pytest.mark.parametrize("packed", [False, True])
def test_a_data_set_is_kept_until_one_of_its_files_changes(tmp_path, published, monkeypatch, packed):
    name, read = "ml-latest-small", []
    published(name, FILES)
    place = tmp_path / name

    def put(files):
        if packed:
            with zipfile.ZipFile(place.with_suffix(".zip"), "w") as archive:
                for file, content in files.items():
                    archive.writestr(file, content)
        else:
            place.mkdir(exist_ok=True)
            for file, content in files.items():
                if not (place / file).exists() or (place / file).read_bytes() != content:
                    (place / file).write_bytes(content)  # in place: the folder itself stays as it is

    content = Archive._content
    monkeypatch.setattr(Archive, "_content", lambda self, file: read.append(file) or content(self, file))
    environment = Environment((tmp_path,), tmp_path / "home", "sqlite://")
    put(FILES)
    first = load_encoded(name, environment)
    assert load_encoded(name, environment) is first and sorted(read) == sorted(FILES)
    put(FILES | {"movies.csv": FILES["movies.csv"].replace(b"Heat", b"Haet")})
    with pytest.raises(DataError, match=r"movies\.csv is not the published file"):
        load_encoded(name, environment)
    put(FILES)
    again = load_encoded(name, environment)
    assert again is not first and again[0].fingerprint == first[0].fingerprint
