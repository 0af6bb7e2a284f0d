"""Error messages in Streamlit's Markdown."""

from ui.error_text import as_markdown


def test_error_message_keeps_its_commands_as_code_and_the_rest_as_plain_text() -> None:
    message = "can't read *the* file a_b_c.toml <b>; name another with --config, or run `python -m rag ask`"
    assert as_markdown(message) == (
        r"can\'t read \*the\* file a\_b\_c\.toml \<b\>\; name another with `--config,` or run "
        "`python -m rag ask`"
    )
