"""``python -m rag faq`` lists curated questions."""

import json
from typing import Any


def test_listing_names_entries_and_is_json_when_asked(wenju: Any) -> None:
    status, output, _ = wenju.rag("faq")
    assert status == 0
    assert "entries" in output.splitlines()[-1]
    status, output, _ = wenju.rag("faq", "--json")
    assert status == 0
    assert set(json.loads(output)) == {"entries", "same_questions"}
