from eval.measures.faq import FaqOutcome, score_faq


def test_precision_and_coverage_of_direct_answers_are_told_apart() -> None:
    scores = score_faq(
        [
            FaqOutcome("right", {"e1", "e2"}, "e2", "e2"),
            FaqOutcome("wrong", {"e1"}, "e3", "e3"),
            FaqOutcome("found", {"e1"}, "e1"),
            FaqOutcome("nothing", {"e1"}),
            FaqOutcome("outside", set(), "e1"),
            FaqOutcome("outside, answered", set(), "e1", "e1"),
        ]
    )
    assert list(scores["Success@1"].values()) == [1, 0, 1, 0, None, None]
    assert list(scores["direct_precision"].values()) == [1, 0, None, None, None, 0]
    assert list(scores["direct_coverage"].values()) == [1, 1, 0, 0, None, None]
    assert list(scores["direct_false"].values()) == [None, None, None, None, 0, 1]
