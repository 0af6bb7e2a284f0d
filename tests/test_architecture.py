"""How the house is built: what may import what, no circles, and rooms of a size that can be read at once.

``EXCEPTIONS`` lists what doesn't hold yet. An exception that nothing needs any more fails as well, so
the lists only shrink.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
# Which packages, or modules of them, a package may import beside itself.
ALLOWED: Mapping[str, set[str]] = {
    "rag": set(),
    "ingest": {"rag"},
    "eval": {"rag", "ingest"},
    "training": {"rag", "ingest", "eval"},
    "ui": {"rag", "eval.benchmark_file"},
    "benchmarks": {"rag", "ingest", "eval", "training"},
}
PACKAGES = tuple(ALLOWED)
# The parts of each package from the ground up. A part may import the parts before its own line.
LAYERS: Mapping[str, tuple[set[str], ...]] = {
    "rag": (
        {"errors", "passage", "files"},
        {"filter", "settings", "command_line"},
        {"answer", "text"},
        {"presenting"},
        {"models"},
        {"knowledge_base"},
        {"questions"},
        {"curated"},
        {"retrievers"},
        {"answering"},
        {"build"},
        {"service"},
        {"commands"},
        {"__main__"},
    ),
    "ingest": (
        {"dates", "normalization", "embedding", "progress"},
        {"parsers"},
        {"document_text", "sources"},
        {"changes", "faq_entries", "passage_units"},
        {"splitter"},
        {"reading"},
        {"document_report"},
        {"report"},
        {"plan"},
        {"checking", "pipeline", "preview"},
        {"__main__"},
    ),
    "eval": (
        {"benchmark_file", "datasets", "generation_cache", "measures", "spans", "statistics"},
        {"corpora", "robustness", "systems", "trust"},
        {"selection"},
        {"runs"},
        {"baseline", "comparing", "generate", "judging", "report"},
        {"commands"},
        {"__main__"},
    ),
    "training": (
        {"frozen_linear", "low_rank", "tables"},
        {"fit"},
        {"generator"},
        {"reader"},
        {"__main__"},
    ),
    "ui": (
        {"evidence", "filter_text", "opened", "sentences", "wording", "writing"},
        {"card_wording", "explanation_wording", "frame_wording", "rendering", "saving_wording", "session"},
        {"verdict"},
        {"copying", "view"},
        {"explanation", "filtering", "frame", "sidebar", "suggestion", "trouble", "welcome"},
        {"saving"},
        {"card"},
        {"exchanges"},
        {"app"},
    ),
}
FEWEST_LINES, MOST_LINES, MOST_LINES_OF_RAG = 30, 300, 17_200

EXCEPTIONS: Mapping[str, set[str]] = {
    "layers": set(),
    "circles": set(),
    "short modules": set(),
    "long modules": set(),
    "lines of rag": set(),
}


def hold(rule: str, broken: set[str]) -> None:
    """Fail where the rule is broken, or where it no longer is but an exception says so."""
    excepted = EXCEPTIONS[rule]
    assert broken - excepted == set()
    assert excepted - broken == set(), "these hold by now: take them out of EXCEPTIONS"


@cache
def modules() -> Mapping[str, Path]:
    """All modules by their names; a package's name is that of its ``__init__``."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imported(module: str) -> frozenset[str]:
    """What a module imports anywhere in it; of our own, the modules themselves."""
    names: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module} has a relative import"
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            ours = within & modules().keys()
            names |= ours
            if ours != within:
                names.add(node.module)
    return frozenset(names)


def of_package(package: str) -> Iterator[str]:
    return (each for each in modules() if each.split(".")[0] == package)


def part(module: str) -> str:
    """The part of its package that a module belongs to; "" for the package's own face."""
    return module.split(".")[1] if "." in module else ""


def circles(graph: Mapping[str, frozenset[str]]) -> set[str]:
    """Groups of modules that import each other, directly or not (Tarjan's strongly connected components)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found = set()

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        path.append(module)
        for other in sorted(graph[module]):
            if other not in order:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in path:
                lowest[module] = min(lowest[module], order[other])
        if lowest[module] == order[module]:
            start = path.index(module)
            if len(path) - start > 1:
                found.add(" ↔ ".join(sorted(path[start:])))
            del path[start:]

    for module in graph:
        if module not in order:
            visit(module)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_what_the_layout_allows(package: str) -> None:
    assert list(of_package(package))
    wrong = [
        f"{module} imports {other}"
        for module in of_package(package)
        for other in imported(module)
        if other.split(".")[0] in PACKAGES
        and other.split(".")[0] != package
        and not ALLOWED[package] & {other, other.split(".")[0]}
    ]
    assert wrong == []


def test_parts_import_only_lower_layers() -> None:
    broken = set()
    for package, layers in LAYERS.items():
        level = {name: number for number, layer in enumerate(layers) for name in layer}
        there = {part(module) for module in of_package(package)} - {""}
        assert there == level.keys(), f"LAYERS says of every part of {package} where it stands"
        for module in of_package(package):
            for other in imported(module):
                if other.split(".")[0] != package or part(module) in ("", part(other)):
                    continue
                if not part(other) or level[part(other)] >= level[part(module)]:
                    broken.add(f"{module} imports {other}")
    hold("layers", broken)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {each: (imported(each) & modules().keys()) - {each} for each in modules()}
    hold("circles", circles(graph))


def test_a_circle_is_seen() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    assert circles({each: frozenset(others) for each, others in graph.items()}) == {"b ↔ c"}


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_unpickled_or_evaluated(package: str) -> None:
    banned = {"pickle", "dill", "joblib", "shelve"}
    wrong = [
        f"{module} imports {other}"
        for module in of_package(package)
        for other in imported(module)
        if other.split(".")[0] in banned
    ]
    assert wrong == []


def lines(module: str) -> int:
    return len(modules()[module].read_text(encoding="utf-8").splitlines())


def says_something(module: str) -> bool:
    """Whether a module has code: not the face of a package, nor data alone."""
    file = modules()[module]
    code = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return file.name not in ("__init__.py", "__main__.py") and any(
        isinstance(node, code) for node in tree(module).body
    )


def test_no_module_is_too_short_to_be_a_room() -> None:
    hold("short modules", {m for m in modules() if says_something(m) and lines(m) < FEWEST_LINES})


def test_modules_are_small_enough_to_hold_in_the_head() -> None:
    hold("long modules", {module for module in modules() if lines(module) > MOST_LINES})


def test_rag_is_small_enough_to_be_read() -> None:
    found = sum(lines(module) for module in of_package("rag"))
    hold("lines of rag", {f"more than {MOST_LINES_OF_RAG}"} if found > MOST_LINES_OF_RAG else set())


def test_all_data_that_installed_code_reads_is_in_the_wheel() -> None:
    """What lies beside modules; question sets and the baseline in ``eval`` stay with the repository."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = [
        f"{package.replace('.', '/')}/{each}"
        for package, names in tool["package-data"].items()
        for each in names
    ]
    installed = [package for package in PACKAGES if f"{package}*" in tool["packages"]["find"]["include"]]
    files = [
        file.relative_to(ROOT).as_posix()
        for package in installed
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc")
    ]
    outside = ("eval/README.md", "eval/data/", "eval/baseline/")
    missing = {
        file
        for file in files
        if not file.startswith(outside) and not any(PurePosixPath(file).match(each) for each in patterns)
    }
    assert len(files) > 20 and missing == set()
    folders = {file.parent for name, file in modules().items() if name.partition(".")[0] in installed}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]
