"""What trainings print."""

from training.tables import cell, estimate, markdown_table, own_and_crossing


def test_a_table_has_a_line_for_each_row() -> None:
    assert markdown_table(["set", "n"], [["a", "1"], ["b", "2"]]) == (
        "| set | n |\n|---|---|\n| a | 1 |\n| b | 2 |"
    )


def test_what_was_not_measured_has_no_figure() -> None:
    assert (cell(0.5), cell(None), estimate([])) == ("0.500", "—", "")
    assert estimate([1.0, 1.0]) == "1.000 (1.000–1.000)"


def test_crossing_sets_have_a_mean_of_their_own() -> None:
    assert own_and_crossing({"a": 1.0, "b": 0.5, "a@from_zh": 0.25}) == (0.75, 0.25)
