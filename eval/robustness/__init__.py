"""Questions over documents that were chosen to help, to distract or to mislead.

Source: Chen et al., "Benchmarking large language models in retrieval-augmented generation", AAAI 2024 (RGB).
The cases are made from any pooled sets instead of RGB's news; documents are passages of the pool's knowledge
base.
"""

from eval.robustness.cases import RobustnessCase, robustness_cases
from eval.robustness.scoring import says_documents_err, score_case

__all__ = ["RobustnessCase", "robustness_cases", "says_documents_err", "score_case"]
