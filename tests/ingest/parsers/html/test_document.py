"""HTML: the main text, without the page's furniture."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents.base import Blob

from ingest.parsers.html import HtmlParser

Parse = Callable[..., Any]

PAGE = """<!DOCTYPE html><html><head><title>退货说明 - 文具公司</title>
<meta property="article:modified_time" content="2024-03-01T08:00:00+08:00">
<script>var leak = "script";</script><style>.x{}</style></head>
<body><header><a href="/">首页导航</a></header><nav>菜单</nav><div class="breadcrumb">首页 &gt; 退货</div>
<main><h1>退货说明</h1><p>七天内<b>可以</b>退货，<br>带上发票<sup class="reference">[1]</sup>。</p>
<h2>价格</h2>
<table><caption>运费表</caption><tr><th>地区</th><th>运费</th></tr>
<tr><td rowspan="2">华北</td><td>10 元</td></tr>
<tr><td>12 元</td></tr></table>
<ul><li>发票</li><li>包装<ol start="3"><li>盒</li></ol></li></ul>
<pre>line one
line two</pre>
<div style="display:none">看不见</div><p aria-hidden="true">也看不见</p><!-- 注释 -->
<dl><dt>泵</dt><dd>抽水</dd></dl></main>
<aside>广告</aside><footer>版权所有</footer></body></html>"""


def test_main_text_is_read_in_order_without_furniture(parse: Parse) -> None:
    parsed = parse(HtmlParser(), PAGE)

    assert parsed.facts.page_content == "退货说明"
    assert parsed.facts.metadata["modified"] == "2024-03-01T08:00:00+08:00"
    assert parsed.texts == [
        "退货说明",
        "七天内可以退货，\n带上发票。",
        "价格",
        "运费表",
        "地区 | 运费",
        "华北 | 10 元",
        "华北 | 12 元",
        "- 发票\n- 包装\n  3. 盒",
        "line one\nline two",
        "泵\n  抽水",
    ]
    assert parsed.paths[5] == ("退货说明", "价格")
    assert parsed.blocks[6].metadata["header"] == "运费表\n地区 | 运费"


def test_page_whose_all_is_called_a_menu_is_kept(parse: Parse) -> None:
    parsed = parse(HtmlParser(), '<body><div class="menu-wrapper"><p>全部正文都在这里。</p></div></body>')

    assert parsed.texts == ["全部正文都在这里。"]


def test_charset_declared_or_not_is_read(parse: Parse) -> None:
    body = "<p>公司员工每年享有十二天带薪年假。</p>"
    declared = f'<meta http-equiv="Content-Type" content="text/html; charset=gb2312">{body}'

    assert parse(HtmlParser(), declared.encode("gbk")).texts == ["公司员工每年享有十二天带薪年假。"]
    assert parse(HtmlParser(), body.encode("gbk")).texts == ["公司员工每年享有十二天带薪年假。"]
    assert parse(HtmlParser(), body.encode("utf-16")).texts == ["公司员工每年享有十二天带薪年假。"]


def test_table_that_lays_out_a_page_is_read_as_its_content(parse: Parse) -> None:
    parsed = parse(
        HtmlParser(), "<table><tr><td><h1>题</h1><p>一</p></td><td><table><tr><td>甲<td>乙</table></table>"
    )

    assert parsed.kinds == ["heading", "prose", "table"]
    assert parsed.texts == ["题", "一", "甲 | 乙"]


def test_thousands_of_nested_elements_lose_their_structure_but_not_their_text(parse: Parse) -> None:
    parsed = parse(HtmlParser(), "<div>" * 3000 + "深处" + "</div>" * 3000)

    assert parsed.texts == ["深处"]


def test_bold_question_is_paired_with_its_answer(parse: Parse) -> None:
    parsed = parse(HtmlParser(), "<p><strong>几天年假？</strong></p><p>十二天。</p>")

    assert parsed.kinds == ["faq"]


# fmt: off
_TAGS = st.sampled_from(
    [
        "<div>", "</div>", "<p>", "<table>", "<tr>", "<td>", "</table>", "<ul>", "<li>", "</ul>",
        "<h1>", "</h1>", "<b>", "</b>", "<br>", "<nav>", "</nav>", "<pre>", "<!--", "-->",
        "<script>", "</script>", "<dl>", "<dt>", "&amp;", "&#0;", "甲", "a", "<td colspan=x>",
    ]
)
# fmt: on


@given(st.lists(_TAGS, max_size=40).map("".join))
def test_any_tag_soup_is_read_without_failing(soup: str) -> None:
    blocks = list(HtmlParser().lazy_parse(Blob.from_data(("<p>甲</p>" + soup).encode(), path="a.html")))

    assert "甲" in blocks[1].page_content
    assert all(each.page_content for each in blocks[1:])
