from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.charts import CHARTS, save_charts
from benchmarks.quick import GUARDS, Guard, run
from benchmarks.suite import BENCHES, PAGE, chosen, run_all
from benchmarks.tables import TABLES, markdown, replace_between, with_tables
from sorter.errors import InvalidInputError
from tests.unit.benchmarks.documents import DOCUMENTS

MARKED = "<!-- {0}: made by make bench -->\nold\n<!-- {0}: end -->\n"


class Heard:
    def __init__(self):
        self.lines = []

    def print(self, line, markup=True):
        self.lines.append(line)


def test_a_table_replaces_what_stood_between_its_marks_and_nothing_else():
    page = f"before\n{MARKED.format('a')}between\n{MARKED.format('b')}after\n"
    once = replace_between(page, "a", "new")
    assert once == page.replace("old", "new", 1)
    assert replace_between(once, "a", "new") == once


@pytest.mark.parametrize("page", ["", "<!-- a: made by make bench -->", "<!-- a: end -->"])
def test_a_page_without_the_marks_is_refused(page):
    with pytest.raises(InvalidInputError, match="'a'"):
        replace_between(page, "a", "new")


def test_numbers_keep_two_or_three_figures():
    table = markdown(["", "n"], [["x", 0.123], ["y", 12.34], ["z", 1234.5], ["w", 7]])
    assert table.splitlines()[2:] == ["| x | 0.12 |", "| y | 12.3 |", "| z | 1234 |", "| w | 7 |"]


def test_the_page_in_docs_has_a_place_for_every_table():
    page = PAGE.read_text(encoding="utf-8")
    made = with_tables(page, DOCUMENTS)
    for name in TABLES:
        assert page.count(f"<!-- {name}: ") == 2
    assert "| SorterBot |" in made
    assert with_tables(made, DOCUMENTS) == made


def test_every_row_has_as_many_cells_as_its_head():
    page = with_tables("".join(MARKED.format(name) for name in TABLES), DOCUMENTS)
    for block in page.split("\n\n"):
        rows = [line.count("|") for line in block.splitlines() if line.startswith("|")]
        assert len(set(rows)) <= 1


def test_a_benchmark_that_was_not_run_leaves_its_table_alone():
    page = "".join(MARKED.format(name) for name in TABLES)
    assert with_tables(page, {}) == page


def test_the_same_figures_give_the_same_pictures_byte_for_byte(tmp_path: Path):
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        saved = save_charts(DOCUMENTS, tmp_path / name)
        assert [file.name for file in saved] == list(CHARTS)
    for name in CHARTS:
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_every_document_comes_from_a_benchmark():
    assert {source for _, source in (*TABLES.values(), *CHARTS.values())} == set(BENCHES)


def test_benchmarks_are_chosen_by_name():
    assert chosen("") == list(BENCHES)
    assert chosen("sort, scale") == ["sort", "scale"]
    with pytest.raises(InvalidInputError, match="sortt"):
        chosen("sortt")


def test_a_benchmark_that_fails_keeps_no_other_from_being_measured(tmp_path: Path):
    earlier = tmp_path / "broken.json"
    earlier.write_text("of an earlier run")
    heard = Heard()
    benches = {
        "first": lambda _: {"n": 1},
        "broken": lambda _: {"n": 1 / 0},
        "last": lambda _: {"n": 3},
    }
    assert run_all(list(benches), tmp_path, heard, benches) == ["broken"]
    assert json.loads((tmp_path / "first.json").read_text()) == {"n": 1}
    assert json.loads((tmp_path / "last.json").read_text()) == {"n": 3}
    assert earlier.read_text() == "of an earlier run"
    assert any("ZeroDivisionError" in line for line in heard.lines)


def test_a_guard_tells_what_lies_beyond_its_limit():
    heard = Heard()
    guards = (
        Guard("small", lambda: 1.0, 2.0),
        Guard("large", lambda: 3.0, 2.0),
        Guard("enough", lambda: 3.0, 2.0, is_floor=True),
        Guard("too little", lambda: 1.0, 2.0, is_floor=True),
    )
    assert run(heard, guards) == ["large", "too little"]
    assert [line.endswith("TOO SLOW") for line in heard.lines] == [False, True, False, True]
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
