"""How well real files are read: ``python -m benchmarks.documents FOLDER``.

Beside the folder lies ``FOLDER.expected.jsonl``, one file a line: ``file``, ``kind`` and ``expect`` (a
string that its text must hold after NFKC, without soft hyphens and white space). Files of the kinds "broken",
"empty" and "legacy" must fail, and those of kind "encrypted" may, each with a reason and within ten seconds.
Prints the share of files that behave so, by kind.
"""

import argparse
import json
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from benchmarks.measuring import Row, markdown_table
from ingest.reading.document import ReadDocument
from ingest.reading.pool import ReadingPool
from ingest.reading.process import ReadingOptions
from ingest.sources import SourceFile
from rag.errors import IngestError

_TO_FAIL = frozenset({"broken", "empty", "legacy"})
_SLOWEST_REFUSAL = 10.0  # seconds


class Result(NamedTuple):
    """What became of one file."""

    kind: str
    source: str
    right: bool
    seconds: float
    told: str  # the problem, or the text's beginning


def read_folder(folder: Path) -> Iterator[Result]:
    """Read every file that is expected to be in the folder, in reading processes.

    Raises:
        IngestError: there are no expectations beside the folder.
    """
    expectations = folder.parent / f"{folder.name}.expected.jsonl"
    if not expectations.is_file():
        raise IngestError(f"there are no expectations {expectations}; see this command's description")
    cases = [json.loads(line) for line in expectations.read_text(encoding="utf-8").splitlines() if line]
    files = []
    for case in cases:
        info = (folder / case["file"]).stat()
        files.append(SourceFile(case["file"], folder / case["file"], info.st_size, info.st_mtime_ns))
    with ReadingPool(ReadingOptions(), workers=1) as pool:
        for case, read in zip(cases, pool.read(files), strict=True):
            seconds = float(read.document.report["seconds"])
            told = read.document.problem or read.document.text[:80]
            yield Result(case["kind"], case["file"], _is_right(case, read, seconds), seconds, told)


def _is_right(case: dict[str, Any], read: ReadDocument, seconds: float) -> bool:
    failed = read.document.status == "failed"
    refused = failed and bool(read.document.problem) and seconds < _SLOWEST_REFUSAL
    if case["kind"] in _TO_FAIL or (case["kind"] == "encrypted" and failed):
        return refused
    return not failed and _compared(case["expect"]) in _compared(read.document.text)


def _compared(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).replace("\u00ad", "").split())


def summary(results: Sequence[Result]) -> list[Row]:
    """One row a kind, and one for all."""
    by_kind: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_kind[result.kind].append(result)
    rows = [*sorted(by_kind.items()), ("all", list(results))]
    return [
        {
            "kind": kind,
            "files": len(of_kind),
            "as expected": sum(each.right for each in of_kind),
            "share": f"{sum(each.right for each in of_kind) / len(of_kind):.0%}",
            "slowest s": max(each.seconds for each in of_kind),
        }
        for kind, of_kind in rows
    ]


def main() -> int:
    """Read, print the table and what isn't as expected; exit status 1 where something isn't."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every file's result there")
    arguments = parser.parse_args()
    try:
        results = list(tqdm(read_folder(arguments.folder), unit="file", file=sys.stderr))
    except IngestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(markdown_table(summary(results)))
    wrong = [each for each in results if not each.right]
    for each in wrong:
        print(f"not as expected: {each.source} ({each.kind}): {each.told!r}")
    if arguments.json:
        lines = [json.dumps(each._asdict(), ensure_ascii=False) for each in results]
        arguments.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
