"""``python -m eval report``: one page that says what to fix next, and a summary for a pull request."""

from eval.report.page import write_report

__all__ = ["write_report"]
