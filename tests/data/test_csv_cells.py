"""What goes out to spreadsheets is no formula, and comes back in as it was."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collab.data.csv_cells import neutralised, restored, table_csv

FORMULAS = (
    "=1+1",
    "+1",
    "-0.31",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "−1",
    "＠x",
    '=HYPERLINK("https://a.org")',
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe(text):
    assert neutralised(text) == f"'{text}" and restored(f"'{text}") == text
    assert neutralised(f"'{text}") == f"''{text}"  # a title may begin so, and is told apart


@pytest.mark.parametrize(
    "text", ["", "Alien (1979)", "'Round Midnight (1986)", "'71 (2014)", "''", "a=b", " =1", "1-2", "…"]
)
def test_other_texts_stay_as_they_are(text):
    assert neutralised(text) == restored(text) == text


texts = st.text(st.sampled_from("'=+-@＝－−\t\r\n\" ,;a1\0é") | st.characters(exclude_categories=["Cs"]))


@given(st.lists(texts, min_size=1))
@example(["'='", "''-", "a\rb", '"', "'", "\r\n"])
def test_every_text_comes_back(cells):
    assert [restored(neutralised(cell)) for cell in cells] == cells
    assert not [cell for cell in map(neutralised, cells) if cell[:1] in set("=+-@＝＋－−＠\t\r\n") - {""}]
    text = io.StringIO()
    csv.writer(text).writerow([*map(neutralised, cells), "end"])
    (record,) = csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True)
    assert [*map(restored, record)] == [*cells, "end"]


def test_a_table_goes_out_with_its_numbers_as_they_are_and_no_formula():
    table = pd.DataFrame({"title": ["=1+1", "Alien"], "x": [-0.5, None], "on": pd.Categorical(["-a", "b"])})
    assert table_csv(table, ["Title", "+x", "x"]) == (
        b"\xef\xbb\xbfTitle,'+x,x\r\n'=1+1,-0.5,'-a\r\nAlien,,b\r\n"  # two heads may be the same
    )
    assert table_csv(table.iloc[:0], "abc") == b"\xef\xbb\xbfa,b,c\r\n"
