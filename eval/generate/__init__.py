"""Question sets made from any knowledge base, so that people can measure on their own documents."""

from eval.generate.generation import generate_questions
from eval.generate.run import GenerateSummary, run_generate
from eval.generate.tries import GeneratePlan, Try

__all__ = ["GeneratePlan", "GenerateSummary", "Try", "generate_questions", "run_generate"]
