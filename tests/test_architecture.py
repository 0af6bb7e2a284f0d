"""The import rule: ``rag`` stands alone, and the other packages stand on it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("rag", "ingest", "eval", "training", "ui", "wenju")
ALLOWED = {
    "rag": {"rag"},
    "ingest": {"ingest", "rag"},
    "eval": {"eval", "rag", "ingest"},
    "training": {"training", "eval", "rag", "ingest"},
    "ui": {"ui", "rag", "eval.benchmark_file"},
    "wenju": {"wenju", "rag", "ingest", "eval", "training"},
}
# Inside rag, from the ground up: a part may import the parts before it.
LAYERS = (
    {"errors", "passage", "files"},
    {"filter", "trace", "settings", "command_line"},
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
)


def imported_modules(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return names


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_what_the_layout_allows(package: str) -> None:
    assert sources(package)
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(package)
        for module in imported_modules(file)
        if module.split(".")[0] in PACKAGES and not ALLOWED[package] & {module, module.split(".")[0]}
    ]
    assert wrong == []


def test_parts_of_rag_import_only_lower_layers() -> None:
    level = {name: index for index, layer in enumerate(LAYERS) for name in layer}
    wrong = []
    for file in sources("rag"):
        part = file.relative_to(ROOT / "rag").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for module in imported_modules(file):
            if module.startswith("rag."):
                other = module.split(".")[1]
                if other != part and level[other] >= level[part]:
                    wrong.append(f"{file.relative_to(ROOT)} imports {module}")
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_unpickled_or_evaluated(package: str) -> None:
    banned = {"pickle", "dill", "joblib", "shelve"}
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sources(package)
        for module in imported_modules(file)
        if module.split(".")[0] in banned
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_small_enough_to_hold_in_the_head(package: str) -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in sources(package)
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}
