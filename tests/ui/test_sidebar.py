"""What the sidebar says of the knowledge base's place."""

from pathlib import Path

from ui.sidebar import shown_path


def test_home_folder_is_a_tilde() -> None:
    assert shown_path(Path.home() / "documents.wenju") == "~/documents.wenju"
    assert shown_path(Path("/srv/documents.wenju")) == "/srv/documents.wenju"
