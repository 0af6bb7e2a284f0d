"""Questions about synthetic documents; what is to be answered is known, no model writes it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.generator.synthetic_documents import LANGUAGES, Branch, Company, synthetic_companies


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of an answer. For each of ``needles`` one line of ``source`` has all its texts.

    ``alone``: what to say where nothing else is asked, "" for the sentence.
    """

    said: str
    source: str
    needles: tuple[tuple[str, ...], ...]
    alone: str = ""


@dataclass(frozen=True, slots=True)
class SyntheticQuestion:
    """A question and its answer, none where the documents don't hold it. ``hidden`` aren't to be found."""

    text: str
    lang: str
    facts: tuple[Fact, ...]
    hidden: frozenset[str] = frozenset()


def synthetic_questions(folder: Path, seed: int) -> list[SyntheticQuestion]:
    """Write the documents of one round into a folder; what is asked about them."""
    return [
        question for each in synthetic_companies(folder, seed) for question in _Interview(each).questions()
    ]


class _Interview:
    """What a company is asked."""

    def __init__(self, company: Company) -> None:
        self.company, self.own, self.chance = company, company.own, company.chance

    def questions(self) -> Iterator[SyntheticQuestion]:
        one, other = self.company.branches
        for branch in self.company.branches:
            cells = [(item, column) for item in branch.items for column in self.company.columns]
            cells = [each for each in cells if (branch, *each) != self.company.changed]
            mine = self.chance.sample(cells, 4)
            for place, (item, column) in enumerate(mine):
                lang = self.own if place < 3 else 1 - self.own
                yield self._ask(
                    branch, self._asked(item, column, lang), lang, self._cell(branch, item, column, lang)
                )
            rules = self.chance.sample(sorted(branch.rules), 2)
            for rule in rules:
                yield self._ask(
                    branch, branch.rules[rule]["asks"][self.own], self.own, self._rule(branch, rule)
                )
            item, column = self.chance.choice(cells)
            both = self._asked(item, column, self.own), branch.rules[rules[0]]["asks"][self.own]
            facts = self._cell(branch, item, column, self.own), self._rule(branch, rules[0])
            yield self._ask(branch, ("另外，" if self.own == 0 else " ").join(both), self.own, *facts)
            yield from self._in_vain(branch, other if branch is one else one, mine[0])
            extreme = self._extreme(branch)
            if extreme is not None:
                yield extreme
        papers = self.chance.choice(self.company.branches)
        yield self._ask(
            papers, ("去办理要带什么？", "what do I have to bring?")[self.own], self.own, self._papers(papers)
        )
        yield from self._of_both()
        branch, item, column = self.company.changed
        asked = (
            f"现在{item[0]}的{column['name'][0]}是多少？",
            f"what is the {column['name'][1]} of the {item[1]} now?",
        )
        yield self._ask(branch, asked[self.own], self.own, self._change())

    def _in_vain(self, branch: Branch, other: Branch, cell: tuple[Any, Any]) -> Iterator[SyntheticQuestion]:
        """Questions that the documents nearly answer: of the other branch, of another thing, or not found."""
        lang = self.own
        yield self._ask(
            branch, self._asked(self.chance.choice(branch.items), self.company.missing, lang), lang
        )
        absent = [each for each in other.items if each not in branch.items]
        if absent:
            yield self._ask(branch, self._asked(absent[0], self.company.columns[0], lang), lang)
        rule = self.chance.choice(
            [each for each in range(len(self.company.words["rule"])) if each not in branch.rules]
        )
        yield self._ask(branch, self.company.words["rule"][rule]["asks"][lang], lang)
        hidden = frozenset((branch.source, self.company.notice))
        yield self._ask(branch, self._asked(*cell, lang), lang, hidden=hidden)

    def _of_both(self) -> Iterator[SyntheticQuestion]:
        one, other = self.company.branches
        shared = [each for each in one.items if each in other.items]
        cells = [
            (item, column)
            for item in shared
            for column in self.company.columns
            if column is not self.company.changed[2]
        ]
        if cells:
            item, column = self.chance.choice(cells)
            lang = self.own
            text = (
                f"{one.names[0]}和{other.names[0]}的{item[0]}，{column['name'][0]}各是多少？",
                f"What is the {column['name'][1]} of the {item[1]} at the {one.names[1]} "
                f"and at the {other.names[1]}?",
            )[lang]
            facts = tuple(self._cell(each, item, column, lang, named=True) for each in self.company.branches)
            yield SyntheticQuestion(text, LANGUAGES[lang], facts)

    def _extreme(self, branch: Branch) -> SyntheticQuestion | None:
        column = self.chance.choice(
            [each for each in self.company.columns if each is not self.company.changed[2]]
        )
        figures = {branch.figures[item[0], column["name"][0]]: item for item in branch.items}
        if len(figures) < len(branch.items):
            return None
        most = self.chance.random() < 0.5
        figure = (max if most else min)(figures)
        item, shown = figures[figure], column["unit"][self.own].format(figure)
        name, kind = column["name"][self.own], self.company.theme["item"][self.own]
        asked = (
            f"哪一种{kind}的{name}最{'高' if most else '低'}？",
            f"which {kind.lower()} has the {'highest' if most else 'lowest'} {name}?",
        )[self.own]
        said = (
            f"{item[0]}的{name}最{'高' if most else '低'}，为{shown}。",
            f"The {item[1]} has the {'highest' if most else 'lowest'} {name}, {shown}.",
        )[self.own]
        rows = tuple(
            (each[self.own], column["unit"][self.own].format(number)) for number, each in figures.items()
        )
        alone = (f"{item[0]}，{shown}。", f"{item[1]}, {shown}.")[self.own]
        return self._ask(branch, asked, self.own, Fact(said, branch.source, rows, alone))

    def _ask(
        self, branch: Branch, text: str, lang: int, *facts: Fact, hidden: frozenset[str] = frozenset()
    ) -> SyntheticQuestion:
        needed = not any(
            each["name"][0] in text or item[lang] in text
            for each in self.company.columns
            for item in branch.items
        )
        named = lang == self.own and (needed or self.chance.random() < 0.4)
        company = self.company.theme["company"][lang] if named else ""
        if lang == 0:
            text = f"{company}{branch.names[0]}{text}"
        else:
            text = (
                f"At the {branch.names[1]}{f' of {company}' if company else ''}, {text[0].lower()}{text[1:]}"
            )
        return SyntheticQuestion(text, LANGUAGES[lang], facts, hidden)

    def _asked(self, item: Sequence[str], column: Mapping[str, Any], lang: int) -> str:
        if self.chance.random() < 0.6:
            return str(column["ask"][lang]).format(item=item[lang])
        name = column["name"][lang]
        return (f"{item[0]}的{name}是多少？", f"what is the {name} of the {item[1]}?")[lang]

    def _cell(
        self,
        branch: Branch,
        item: Sequence[str],
        column: Mapping[str, Any],
        lang: int,
        *,
        named: bool = False,
    ) -> Fact:
        figure, name = branch.figures[item[0], column["name"][0]], column["name"][lang]
        shown = column["unit"][lang].format(figure)
        where = ("", "")
        if named:
            where = (branch.names[0], f" at the {branch.names[1]}")
        said = (
            f"{where[0]}{item[0]}的{name}是 {shown}。",
            f"The {name} of the {item[1]}{where[1]} is {shown}.",
        )
        row = (item[self.own], column["unit"][self.own].format(figure))
        alone = (f"{shown}。", f"{shown}.")[lang]
        return Fact(said[lang].replace("是 每", "是每"), branch.source, (row,), "" if named else alone)

    def _rule(self, branch: Branch, rule: int) -> Fact:
        written = branch.rules[rule]
        return Fact(written["answer"][self.own], branch.source, ((written["says"][self.own],),))

    def _papers(self, branch: Branch) -> Fact:
        names = [each[self.own] for each in branch.papers]
        said = (
            f"{'、'.join(names[:-1])}和{names[-1]}。",
            f"{', '.join(names[:-1])} and {names[-1]}.",
        )
        return Fact(said[self.own], branch.source, tuple((each,) for each in names))

    def _change(self) -> Fact:
        _, item, column = self.company.changed
        new, day = self.company.new_figure()
        name, shown = column["name"][self.own], column["unit"][self.own].format(new)
        said = (
            f"自{day}起，{item[0]}的{name}为 {shown}。",
            f"From {day} on, the {name} of the {item[1]} is {shown}.",
        )
        alone = (f"{shown}（自{day}起）。", f"{shown}, from {day} on.")[self.own]
        return Fact(said[self.own].replace("为 每", "为每"), self.company.notice, ((shown, day),), alone)
