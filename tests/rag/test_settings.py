from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    file = folder / "rag.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_projects_own_file_states_the_defaults() -> None:
    loaded = load_settings(ROOT / "rag.toml").model_dump()
    defaults = Settings().model_dump()
    for section, key in (("knowledge_base", "path"), ("ui", "benchmark_file")):
        assert loaded.pop(section)[key] == ROOT / defaults.pop(section)[key]
    assert loaded == defaults


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings() == Settings()


def test_a_file_in_the_working_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[retrieval]\nk = 3\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().retrieval.k == 3


def test_a_relative_path_is_relative_to_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[knowledge_base]\npath = "base"\n')
    assert load_settings(file).knowledge_base.path == tmp_path / "base"


def test_the_benchmark_file_is_relative_to_the_settings_file_too(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "")).ui.benchmark_file == tmp_path / "benchmark.jsonl"
    file = write(tmp_path, f'[ui]\nbenchmark_file = "{tmp_path / "other.jsonl"}"\n')
    assert load_settings(file).ui.benchmark_file == tmp_path / "other.jsonl"


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    file = write(tmp_path, f'[knowledge_base]\npath = "{tmp_path / "other"}"\n')
    assert load_settings(file).knowledge_base.path == tmp_path / "other"


def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'generator.modle'; did you mean 'model'"):
        load_settings(write(tmp_path, '[generator]\nmodle = "x"\n'))


def test_the_section_of_rerankers_is_refused_with_what_took_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[reranker\] is no longer a section: the reader .*; delete"):
        load_settings(write(tmp_path, '[reranker]\nmodel = ""\n'))


@pytest.mark.parametrize(("section", "key", "value"), [("answering", "check", "repair")])
def test_a_value_of_earlier_versions_is_refused_with_what_to_do(
    tmp_path: Path, section: str, key: str, value: str
) -> None:
    refused = rf"'{section}\.{key}' can't be '{value}' any more: .*; delete the line"
    with pytest.raises(ConfigError, match=refused):
        load_settings(write(tmp_path, f'[{section}]\n{key} = "{value}"\n'))
    with pytest.raises(ConfigError, match=refused):
        Settings().override(section, **{key: value})


def test_a_value_that_never_was_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'answering\.check': .*'remove' or 'none'"):
        load_settings(write(tmp_path, '[answering]\ncheck = "mend"\n'))


@pytest.mark.parametrize("line", ['paraphrases = "none"', "sure = 0.95"])
def test_a_setting_of_earlier_versions_is_refused_with_what_to_do(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match=r"'faq\.\w+' is no longer a setting: .*; delete the line"):
        load_settings(write(tmp_path, f"[faq]\n{line}\n"))


def test_an_unknown_section_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'zzz'; known keys here: knowledge_base, embedder"):
        load_settings(write(tmp_path, "[zzz]\na = 1\n"))


def test_a_value_of_the_wrong_kind_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'retrieval.k'"):
        load_settings(write(tmp_path, '[retrieval]\nk = "many"\n'))


@pytest.mark.parametrize("text", ["[generator", "\x00"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="isn't valid TOML"):
        load_settings(write(tmp_path, text))


def test_a_missing_file_that_was_named_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't read the settings file"):
        load_settings(tmp_path / "none.toml")


def test_an_override_is_checked_like_a_file() -> None:
    assert Settings().override("generator", model="extractive").generator.model == "extractive"
    with pytest.raises(ConfigError, match="temperature"):
        Settings().override("generator", temperature=-1)
