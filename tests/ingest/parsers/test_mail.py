"""E-mails made for the purpose, some as real programs get them wrong."""

import base64
import io
import logging
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import docx
import pytest

from ingest.parsers.base import UnreadableFile
from ingest.parsers.mail import MailParser

Parse = Callable[..., Any]


def letter(subject: str = "关于差旅", text: str = "住宿每晚560元。\n\n谢谢。") -> EmailMessage:
    """A message with a plain text."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "王敏 <wang@example.com>"
    message["To"] = "all@example.com"
    message["Date"] = "Mon, 08 Dec 2025 09:30:00 +0800"
    message.set_content(text)
    return message


def test_subject_people_date_and_text_are_read(parse: Parse) -> None:
    parsed = parse(MailParser(), letter().as_bytes())

    assert parsed.facts.page_content == "关于差旅"
    assert parsed.facts.metadata["modified"] == "2025-12-08T09:30:00+08:00"
    assert parsed.texts == [
        "关于差旅",
        "From: 王敏 <wang@example.com>\nTo: all@example.com\nDate: Mon, 08 Dec 2025 09:30:00 +0800",
        "住宿每晚560元。",
        "谢谢。",
    ]
    assert set(parsed.paths) == {("关于差旅",)}


def test_plain_text_is_preferred_and_html_read_where_it_is_all_there_is(parse: Parse) -> None:
    both = letter()
    both.add_alternative("<p>other</p><img src='http://example.com/track.png'>", subtype="html")
    html = EmailMessage()
    html["Subject"] = "HTML"
    html.set_content("<h2>Rates</h2><p>560 a night</p><script>alert(1)</script>", subtype="html")

    assert "other" not in parse(MailParser(), both.as_bytes()).texts
    assert parse(MailParser(), html.as_bytes()).texts == ["HTML", "Rates", "560 a night"]


@pytest.mark.parametrize(
    ("transfer", "declared", "encoding"),
    [
        ("base64", "gb2312", "gbk"),
        ("quoted-printable", "utf-8", "utf-8"),
        ("8bit", "gb2312", "gbk"),
        ("8bit", "unknown-8bit", "gbk"),
        ("8bit", "", "utf-8"),
    ],
)
def test_encodings_are_read_as_they_are(parse: Parse, transfer: str, declared: str, encoding: str) -> None:
    text = "朱镕基视察了喆喆公司，讨论了员工的差旅费用报销问题。"  # 镕 and 喆 are in GBK, but not in GB2312
    data = text.encode(encoding)
    if transfer == "base64":
        data = base64.encodebytes(data)
    elif transfer == "quoted-printable":
        data = "".join(f"={byte:02X}" for byte in data).encode()
    charset = f"; charset={declared}" if declared else ""
    head = f"Subject: x\r\nContent-Type: text/plain{charset}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"

    assert parse(MailParser(), head.encode() + data).texts[-1] == text


def test_subjects_in_any_form_are_read(parse: Parse) -> None:
    words = base64.b64encode("喆喆公司".encode("gbk")).decode()
    declared = f"Subject: =?gb2312?B?{words}?= (2025)\r\n\r\nText."
    raw = "Subject: 员工差旅费用报销的通知\r\n\r\nText.".encode("gbk")

    assert parse(MailParser(), declared).facts.page_content == "喆喆公司 (2025)"
    assert parse(MailParser(), raw).facts.page_content == "员工差旅费用报销的通知"


def test_attachments_are_read_below_their_names(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    document = docx.Document()
    document.add_heading("标准", 1)
    document.add_paragraph("每晚560元。")
    buffer = io.BytesIO()
    document.save(buffer)
    message = letter("S", "See attached.")
    message.add_attachment(
        buffer.getvalue(), maintype="application", subtype="octet-stream", filename="差旅.docx"
    )
    message.add_attachment("a,b\n1,2\n", subtype="csv", filename="../../rates.csv")
    message.add_attachment(b"\x00", maintype="application", subtype="zip", filename="all.zip")
    message.add_attachment(b"broken", maintype="application", subtype="pdf", filename="bad.docx")

    with caplog.at_level(logging.WARNING):
        parsed = parse(MailParser(), message.as_bytes())

    assert parsed.texts[2:] == [
        "See attached.",
        "差旅.docx",
        "标准",
        "每晚560元。",
        "rates.csv",
        "a | b",
        "1 | 2",
    ]
    assert parsed.paths[5] == ("S", "差旅.docx", "标准")
    assert parsed.paths[7] == ("S", "rates.csv")
    assert "the attachment all.zip can't be read: its type (application/zip) isn't read" in caplog.text
    assert "the attachment bad.docx can't be read: the Word file" in caplog.text


def test_messages_within_messages_are_read_to_a_depth(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    message = letter("level 0", "text 0")
    for depth in range(1, 8):
        outer = letter(f"level {depth}", f"text {depth}")
        outer.add_attachment(message)
        message = outer

    with caplog.at_level(logging.WARNING):
        parsed = parse(MailParser(), message.as_bytes())

    assert "text 3" in parsed.texts
    assert "text 2" not in parsed.texts
    assert "attached within each other too deeply" in caplog.text


def test_pictures_within_the_text_are_no_attachments(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    message = letter()
    message.add_alternative("<p>x</p><img src='cid:logo'>", subtype="html")
    body: Any = message.get_payload()
    body[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")

    with caplog.at_level(logging.WARNING):
        parse(MailParser(), message.as_bytes())

    assert caplog.text == ""


@pytest.mark.parametrize("data", [b"", b"no header at all", b"\n\njust text"])
def test_what_is_no_message_is_refused(parse: Parse, data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="isn't an e-mail"):
        parse(MailParser(), data)


def test_web_page_saved_as_one_file_is_read(parse: Parse) -> None:
    page = (
        b'MIME-Version: 1.0\r\nSubject: Rates\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Location: http://example.com/\r\n\r\n<h1>Rates</h1><p>560=E5=85=83</p>\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-Location: http://example.com/a.png\r\n\r\nx\r\n--b--\r\n"
    )

    assert parse(MailParser(), page).texts == ["Rates", "Rates", "560元"]


def test_malformed_messages_are_read_as_far_as_they_go(parse: Parse) -> None:
    cut = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nThe text.\r\n'

    assert parse(MailParser(), cut).texts == ["x", "The text."]
    assert parse(MailParser(), b"Subject: =?x?B?!!?=\r\nDate: soon\r\n\r\nText.").texts[-1] == "Text."
