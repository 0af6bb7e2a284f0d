"""How often an answer is about another product, code, place or year than the one asked, and says so.

    python -m eval answers --sets eval/data/siblings.jsonl --folder kb --systems hybrid --out runs/siblings
    python -m benchmarks.unnamed runs/siblings

The 32 questions of ``siblings.jsonl`` ask for one of things that are alike: pumps, error codes, years, sites.
Half of them ask for one that the documents don't have. ``told``: the answer says that its source doesn't
name what was asked (``Answer.unnamed``). Any other run of ``eval answers`` may be given as well.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.measuring import Row, markdown_table
from eval.measures.answers import is_right


def count(records: Iterable[dict[str, Any]]) -> Row:
    """How many questions were declined, and answered rightly and wrongly, with and without a word of care."""
    counts = {"questions": 0, "declined": 0, "right": 0, "right, told": 0, "wrong": 0, "wrong, told": 0}
    for record in records:
        counts["questions"] += 1
        if record["abstained"]:
            counts["declined"] += 1
            continue
        right = record["answerable"] and is_right(record["answer"], record["answers"], record["lang"])
        kind = "right" if right else "wrong"
        counts[kind] += 1
        counts[f"{kind}, told"] += bool(record["unnamed"])
    return {name: str(number) for name, number in counts.items()}


def main() -> None:
    """Print a row for each run, set and system."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.unnamed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", type=Path, nargs="+")
    rows: list[Row] = []
    for run in parser.parse_args().runs:
        for file in sorted(run.glob("*/answers/*.jsonl")):
            lines = file.read_text(encoding="utf-8").splitlines()
            name = f"{run.name}: {file.parent.parent.name}, {file.stem}"
            rows.append({"run": name, **count(json.loads(line) for line in lines)})
    print(markdown_table(rows))


if __name__ == "__main__":
    main()
