"""``python -m rag faq``: the curated questions and answers, and those that say the same or contradict."""

import json
from dataclasses import asdict

from rag.command_line import Config, Json, Kb
from rag.filter import EVERYTHING
from rag.service import Service


def faq(as_json: Json = False, kb: Kb = None, config: Config = None) -> int:
    """List curated questions, and those asked twice or answered in two ways."""
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        entries, pairs = service.curated()
    if as_json:
        record = {
            "entries": [asdict(each) for each in entries],
            "same_questions": [
                {
                    "first": each.first.passage_id,
                    "second": each.second.passage_id,
                    "similarity": each.similarity,
                    "contradiction": each.contradiction,
                }
                for each in pairs
            ],
        }
        print(json.dumps(record, ensure_ascii=False))
        return 0
    for entry in entries:
        more = f"  (+{len(entry.questions) - 1} phrasings)" if len(entry.questions) > 1 else ""
        print(f"{entry.source}: {entry.questions[0]}{more}")
    print(f"{len(entries)} entries")
    for title, wanted in (("asked twice", False), ("answered in two ways", True)):
        chosen = [each for each in pairs if (each.contradiction is not None) == wanted]
        if chosen:
            print(f"{title}:")
        for each in chosen:
            differ = f": answers differ in {each.contradiction}" if each.contradiction else ""
            print(f"  {each.first.source}: {each.first.questions[0]}")
            print(f"  {each.second.source}: {each.second.questions[0]}  ({each.similarity:.2f}{differ})")
    return 0
