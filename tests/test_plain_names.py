"""`import collab`: the six lines of its docstring, and its names, which load nothing before they are used."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import collab
from collab.services.run import Run

LOSS, SPREAD = 0.7707, 0.0046  # `bayes` fast on ten other splits: README, What it reaches
HEAVY = ("torch", "pandas", "numpy", "scipy", "streamlit", "sqlalchemy")


def example():
    """The indented lines of the docstring that begin with `import collab`."""
    return (
        re.search(r"^    import collab\n(?:    .+\n)+", collab.__doc__, re.MULTILINE)[0].replace("\n    ", "\n").strip()
    )


def rows_of(printed):
    """(title, number) of the lines of a printed frame."""
    return [
        (title, float(number)) for title, number in re.findall(r"^\d+ +(.+ \(\d{4}\)) +(\S+)$", printed, re.MULTILINE)
    ]


def test_the_six_lines_of_the_docstring(tmp_path, monkeypatch, movielens_folders, capsys):
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path))
    assert len(example().splitlines()) == 6
    names = {}
    exec(example(), names)
    loss, similar, picks = re.split(r"^ +title.*\n", capsys.readouterr().out, flags=re.MULTILINE)
    said = re.fullmatch(r"MSE (\S+), RMSE (\S+), MAE (\S+) on 20,000 ratings\n", loss)
    mse, rmse, mae = map(float, said.groups())
    assert mse == pytest.approx(LOSS, abs=3 * SPREAD)
    assert rmse == pytest.approx(mse**0.5, abs=1e-4) and 0 < mae < rmse
    similar, picks = rows_of(similar), rows_of(picks)
    assert len(similar) == 3 and "Aliens (1986)" in dict(similar) and all(0.5 < each <= 1 for _, each in similar)
    assert len(picks) == 5 and not {"Alien (1979)", "Titanic (1997)"} & dict(picks).keys()
    assert all(3 < stars <= 5 for _, stars in picks)
    assert isinstance(names["run"], Run) and not list((tmp_path / "runs").glob("*/run.json"))


def test_importing_it_loads_nothing(tmp_path):
    asks = f"""
import sys, collab
assert not [name for name in {HEAVY} if name in sys.modules], "import collab"
assert dir(collab) == sorted(collab.__all__) and issubclass(collab.CollabError, Exception)
assert not [name for name in {HEAVY} if name in sys.modules], "its errors"
assert callable(collab.fit) and "torch" in sys.modules and "streamlit" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", asks], check=True, cwd=Path(collab.__file__).parents[1])


def test_every_name_is_there_for_people_and_for_type_checkers():
    tree = ast.parse(Path(collab.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    assert sorted(each.name for line in checked.body for each in line.names) == collab.__all__ == dir(collab)
    for line in checked.body:
        for each in line.names:
            found = getattr(collab, each.name)
            assert found.__module__ == line.module and found.__doc__ and each.name in vars(collab)
    with pytest.raises(AttributeError, match="module 'collab' has no attribute 'train'"):
        _ = collab.train
