import pytest

from eval.measures.robustness import RobustnessOutcome as Outcome
from eval.measures.robustness import score_robustness


def test_rgbs_four_abilities() -> None:
    scores = score_robustness(
        [
            Outcome("n1", "noise", False, right=True, noise_ratio=0.2),
            Outcome("n2", "noise", True, right=True, noise_ratio=0.2),  # a refusal is no right answer
            Outcome("n3", "noise", False, right=True, noise_ratio=0.8),
            Outcome("r1", "rejection", True),
            Outcome("r2", "rejection", False, right=True),  # known by heart: answered all the same
            Outcome("i1", "integration", False, right=False),
            Outcome("c1", "counterfactual", False, right=True, detected=True),
            Outcome("c2", "counterfactual", False, right=False, detected=True, followed=True),
            Outcome("c3", "counterfactual", False, right=True, detected=False),
            Outcome("c4", "counterfactual", False, right=True),  # nobody looked
            Outcome("c5", "counterfactual", True),
            Outcome("c6", "counterfactual", True, followed=True),  # only named in the refusal
        ]
    )
    assert scores == {
        "noise@0.2": {"n1": 1, "n2": 0},
        "noise@0.8": {"n3": 1},
        "rejection": {"r1": 1, "r2": 0},
        "integration": {"i1": 0},
        "error_detection": {"c1": 1, "c2": 1, "c3": 0, "c4": None, "c5": 0, "c6": 0},
        "error_correction": {"c1": 1, "c2": 0, "c3": None, "c4": None, "c5": None, "c6": None},
        "followed_documents": {"c1": None, "c2": 1, "c3": None, "c4": None, "c5": None, "c6": 0},
    }


def test_noise_without_a_ratio_is_refused() -> None:
    with pytest.raises(ValueError, match="n is a noise question without a noise ratio"):
        score_robustness([Outcome("n", "noise", False)])
    assert score_robustness([]) == {}
