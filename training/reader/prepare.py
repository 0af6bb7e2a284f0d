"""Prepare what the reader is trained on: groups of training sets, apart from all that is reported on."""

import json
import random
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from eval.datasets.reading import read_sets
from rag.errors import EvalError
from training.reader.fit_halves import fit_sources
from training.reader.groups import Group, GroupMaker, write_groups
from training.reader.sources import read_source

_OTHERS = 500  # questions of a set that isn't named below
# Questions of each set, of 30,000: by how good and how close to what people ask they are.
QUESTIONS = {
    "cmrc2018_train": 8500, "squad1_train_part": 4500, "squadshifts_newwiki_test": 3500, "qed_nq_train": 3500,
    "qed_nq_dev": 600, "covidqa_deepset": 600, "hotpotqa_train_part": 200, "wikitablequestions_train": 900,
    "tatqa_dev": 600, "tatqa_test": 600, "clapnq_dev": 550, "nomiracl_zh_test": 250, "nomiracl_en_test": 250,
    "condaqa_dev": 400, "condaqa_test": 900, "selqa_dev": 350, "selqa_test": 650, "quotesum_dev": 80,
    "medquad": 300, "stard_law_zh": 1000, "docs_bilingual": 1400, "python_faq_bilingual": 320,
    "fetaqa_dev": 150, "fetaqa_test": 150, "mtragun_test": 40, "pubmedqa_train": 100, "sharc_dev": 0,
}  # fmt: skip
_RUN = 60  # characters: a passage that shares such a run with a text to be apart from is left out
_BLOCK = 30  # every run has a block of half its length that begins at a multiple of it


def prepare(
    out: Annotated[Path, typer.Option(metavar="FILE", help="the groups, one a line")],
    sets: Annotated[list[Path] | None, typer.Argument(metavar="SET", help="folders of training sets")] = None,
    apart_from: Annotated[
        list[Path] | None, typer.Option(metavar="SET", help="sets that are reported on; several may follow")
    ] = None,
    fit_halves: Annotated[
        list[Path] | None, typer.Option(metavar="SET", help="sets whose fit halves are learned from, too")
    ] = None,
    written: Annotated[
        Path | None, typer.Option(metavar="FILE", help="questions written on documents of fit halves")
    ] = None,
    share: Annotated[float, typer.Option(help="of the questions")] = 1.0,
    seed: int = 0,
) -> None:
    """Cut training sets into passages, choose questions and passages for each, and write them down."""
    apart = Apart(apart_from or ())
    groups: list[Group] = []
    left_out: Counter[str] = Counter()
    for folder in tqdm(sets or (), desc="sets", unit="set", file=sys.stderr):
        count = round(QUESTIONS.get(folder.name, _OTHERS) * share)
        if not count:
            continue
        for group in GroupMaker(read_source(folder), seed).make(count):
            if apart.shares(group):
                left_out[folder.name] += 1
            else:
                groups.append(group)
    for source in fit_sources(fit_halves or (), written):
        groups += GroupMaker(source, seed).make(len(source.questions))
    random.Random(seed).shuffle(groups)
    write_groups(out, groups)
    card = {
        "seed": seed,
        "groups": Counter(each.set_name for each in groups),
        "kinds": Counter(each.kind or f"none {each.made}".strip() for each in groups),
        "languages": Counter(each.lang for each in groups),
        "left out, shared with what is reported on": left_out,
    }
    out.with_suffix(".card.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
    typer.echo(json.dumps(card, indent=1))


class Apart:
    """Texts and questions that training must not contain, compared by their letters and digits."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._blocks: set[int] = set()
        self._questions: set[str] = set()
        for folder in folders:
            for each in read_sets(folder):
                self._questions |= {_letters(question.text) for question in each.questions}
                for text in map(_letters, (document.text for document in each.documents)):
                    self._blocks |= {hash(text[at : at + _BLOCK]) for at in range(len(text) - _BLOCK + 1)}
        if folders and not self._questions:
            raise EvalError("the sets to be apart from hold no question")

    def shares(self, group: Group) -> bool:
        """Whether a group has anything of them."""
        return _letters(group.question) in self._questions or self._has_block(
            each.text for each in group.pieces
        )

    def _has_block(self, texts: Iterable[str]) -> bool:
        return any(
            hash(text[at : at + _BLOCK]) in self._blocks
            for text in map(_letters, texts)
            for at in range(0, len(text) - _BLOCK + 1, _BLOCK)
            if len(text) >= _RUN
        )


def _letters(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text).lower() if each.isalnum())
