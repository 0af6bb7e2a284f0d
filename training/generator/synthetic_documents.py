"""Synthetic documents: price tables, house rules, lists, notices of offices and shops.

The sets' documents are prose. Offices and shops write tables, lists, several branches' versions of one page
and notices that change a figure; `synthetic_worlds.toml` has the words, chance the figures.
"""

import os
import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
_FIRST_DAY = 1_690_000_000  # in July 2023
_RULES = 5  # of a branch; the others are asked in vain
_ITEMS = 4  # of a branch's table; likewise


@dataclass(frozen=True, slots=True)
class Branch:
    names: Sequence[str]  # in both languages
    source: str
    items: Sequence[Sequence[str]]
    figures: Mapping[tuple[str, str], int]  # by the item's and the column's first name
    rules: Mapping[int, Mapping[str, Sequence[str]]]  # by place: what is said and answered, in both languages
    papers: Sequence[Sequence[str]]


class Company:
    """A company with two branches, which write in one language: their pages, and a notice."""

    def __init__(
        self,
        words: Mapping[str, Any],
        theme: Mapping[str, Any],
        lang: str,
        folder: Path,
        chance: random.Random,
    ) -> None:
        self.words, self.theme, self.chance = words, theme, chance
        self.own = LANGUAGES.index(lang)
        self.columns = chance.sample(theme["columns"], 4)
        self.missing = next(each for each in theme["columns"] if each not in self.columns)
        self.branches = [self._branch(names) for names in chance.sample(words["branches"], 2)]
        self.notice = f"{theme['company'][self.own]}/{('调整通知', 'Notice of change')[self.own]}.md"
        self.changed = self._changed()
        for branch in self.branches:
            self._write(folder / branch.source, self._page(branch))
        self._write(folder / self.notice, self._notice())

    def _changed(self) -> tuple[Branch, Sequence[str], Mapping[str, Any]]:
        branch = self.chance.choice(self.branches)
        return branch, self.chance.choice(branch.items), self.chance.choice(self.columns)

    def new_figure(self) -> tuple[int, str]:
        branch, item, column = self.changed
        figure = branch.figures[item[0], column["name"][0]] + 2 * column["step"]
        month = 1 + figure % len(_MONTHS)
        return figure, (f" 2026 年 {month} 月 1 日", f"1 {_MONTHS[month - 1]} 2026")[self.own].strip()

    def _branch(self, names: Sequence[str]) -> Branch:
        items = self.chance.sample(self.theme["items"], _ITEMS)
        figures = {
            (item[0], column["name"][0]): self.chance.randrange(
                column["from"], column["to"] + 1, column["step"]
            )
            for item in items
            for column in self.columns
        }
        rules = {}
        for rule in self.chance.sample(range(len(self.words["rule"])), _RULES):
            template = self.words["rule"][rule]
            number = self.chance.randint(template.get("from", 0), template.get("to", 0))
            person = self.chance.choice(self.words["people"])[self.own]
            rules[rule] = {
                part: [
                    str(each).replace("{n}", str(number)).replace("{person}", person)
                    for each in template[part]
                ]
                for part in ("says", "asks", "answer")
            }
        source = f"{self.theme['company'][self.own]}/{names[self.own]}.md"
        papers = self.chance.sample(self.theme["papers"], 3)
        return Branch(names, source, items, figures, rules, papers)

    def _page(self, branch: Branch) -> str:
        own = self.own
        lines = [
            f"# {self.theme['company'][own]} {branch.names[own]}",
            "",
            f"## {self.theme['title'][own]}",
            "",
        ]
        lines.append(_row([self.theme["item"][own], *(each["name"][own] for each in self.columns)]))
        lines.append(_row(["---"] * (1 + len(self.columns))))
        for item in branch.items:
            figures = (
                each["unit"][own].format(branch.figures[item[0], each["name"][0]]) for each in self.columns
            )
            lines.append(_row([item[own], *figures]))
        said = [each["says"][own] for each in branch.rules.values()]
        listed = self.chance.random() < 0.5
        lines += ["", f"## {self.theme['rules'][own]}", ""]
        lines += [f"- {each}" for each in said] if listed else [("", " ")[own].join(said)]
        lines += [
            "",
            ("办理时请带：", "Please bring:")[own],
            "",
            *(f"- {each[own]}" for each in branch.papers),
        ]
        return "\n".join(lines) + "\n"

    def _notice(self) -> str:
        branch, item, column = self.changed
        new, day = self.new_figure()
        name, unit = column["name"][self.own], column["unit"][self.own]
        old, now = unit.format(branch.figures[item[0], column["name"][0]]), unit.format(new)
        where, company = branch.names[self.own], self.theme["company"][self.own]
        return (
            f"# {company}调整通知\n\n自{day}起，{where}{item[0]}的{name}由 {old} 调整为 {now}。\n",
            f"# {company}: notice of change\n\n"
            f"From {day} on, the {name} of the {item[1]} at the {where} is {now} instead of {old}.\n",
        )[self.own]

    def _write(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written = (
            _FIRST_DAY + self.chance.randrange(1000) * 86400
        )  # else the day of the run is read as its date
        os.utime(file, (written, written))


def synthetic_companies(folder: Path, seed: int) -> list[Company]:
    """Write the documents of one round into a folder; half of the companies write Chinese, half English."""
    words = tomllib.loads(Path(__file__).with_name("synthetic_worlds.toml").read_text(encoding="utf-8"))
    return [
        Company(words, theme, LANGUAGES[(place + seed) % 2], folder, random.Random(f"{seed} {place}"))
        for place, theme in enumerate(words["theme"])
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
