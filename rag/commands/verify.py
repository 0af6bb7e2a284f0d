"""``python -m rag verify``: prove that the knowledge base agrees with itself."""

import json
from dataclasses import asdict

from rag.command_line import Config, Json, Kb
from rag.service import Service


def verify(as_json: Json = False, kb: Kb = None, config: Config = None) -> int:
    """Prove that catalogue, vectors, dense and lexical index agree and every span holds."""
    with Service.open(kb, config=config) as service:
        report = service.verify()
    status = 0 if report.ok else 1
    if as_json:
        print(json.dumps({"ok": report.ok, **asdict(report)}, ensure_ascii=False, default=list))
        return status
    for problem in report.problems:
        print(f"PROBLEM  {problem}")
    if report.behind:
        print("behind: written but unpublished work; run `python -m ingest` on its folder again to finish it")
    if report.ok:
        print("ok: catalogue, vectors, dense index and lexical index agree, and every span holds")
    else:
        print("not ok: run `python -m ingest DIR --rebuild`, or search once to rebuild a derived index")
    return status
