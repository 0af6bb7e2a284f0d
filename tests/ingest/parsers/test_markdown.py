"""Markdown in reading order."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents.base import Blob

from ingest.parsers.markdown import MarkdownParser

Parse = Callable[..., Any]

PAGE = """---
title: 产品手册
date: 2024-03-01
---
import Tabs from '@theme/Tabs';

# 产品手册 {#top}

编号：一
日期：二〇二四年。这一行写得很长很长，长到作者把它折成了两
行，**注意：**请先看 [说明](https://example.com)。

:::note
提示内容
:::

## 规格

| 型号 | 价格 |
| --- | --- |
| WJ-1 | `12` 元 |
| WJ-2 | 13 元 |

1. 打开
2. 关闭
   - 先停泵
   - 再断电

```python
import os
# not a heading
```

<!-- hidden -->
<table><tr><th>项</th><th>值</th></tr><tr><td>高</td><td>3</td></tr></table>

> 引用的话
"""


def test_page_is_read_in_order_without_markup(parse: Parse) -> None:
    parsed = parse(MarkdownParser(), PAGE)

    assert parsed.facts.page_content == "产品手册"
    assert parsed.facts.metadata["modified"] == "2024-03-01"
    assert parsed.facts.metadata["report"] == {"encoding": "utf-8"}
    assert parsed.texts == [
        "产品手册",
        "编号：一\n日期：二〇二四年。这一行写得很长很长，长到作者把它折成了两行，注意：请先看 说明。",
        "提示内容",
        "规格",
        "型号 | 价格",
        "WJ-1 | 12 元",
        "WJ-2 | 13 元",
        "1. 打开\n2. 关闭\n  - 先停泵\n  - 再断电",
        "import os\n# not a heading",
        "项 | 值",
        "高 | 3",
        "引用的话",
    ]
    assert parsed.kinds == ["heading", "prose", "prose", "heading"] + ["table"] * 3 + ["list", "code"] + [
        "table",
        "table",
        "prose",
    ]
    assert parsed.paths[1] == ("产品手册",)
    assert parsed.paths[5] == ("产品手册", "规格")
    assert parsed.blocks[5].metadata["header"] == "型号 | 价格"


def test_questions_become_pairs(parse: Parse) -> None:
    parsed = parse(MarkdownParser(), "# FAQ\n\n## 怎么退货？\n\n七天内。\n\n- 带发票\n\n## Next\n\nText\n")

    assert parsed.kinds == ["heading", "faq", "heading", "prose"]
    assert parsed.texts[1] == "怎么退货？\n\n七天内。\n\n- 带发票"


def test_first_heading_is_the_title_where_none_is_given(parse: Parse) -> None:
    assert parse(MarkdownParser(), "# 手册\n\n正文").facts.page_content == "手册"
    assert parse(MarkdownParser(), "正文\n\n## 小节\n\n正文").facts.page_content == ""


def test_any_encoding_is_read(parse: Parse) -> None:
    parsed = parse(MarkdownParser(), "# 员工手册\n\n年假十二天，可以顺延。".encode("gbk"))

    assert parsed.texts == ["员工手册", "年假十二天，可以顺延。"]
    assert parsed.facts.metadata["report"] == {"encoding": "gb18030"}


_MARKUP = st.sampled_from([*"#-*>`|[]()!</:\\?？甲a \n", "1. ", "\n\n", "---", "```"])


@given(st.lists(_MARKUP, max_size=40).map("".join))
def test_any_markup_is_read_without_failing(text: str) -> None:
    blocks = list(MarkdownParser().lazy_parse(Blob.from_data(("甲 " + text).encode(), path="a.md")))

    assert all(each.page_content == each.page_content.strip() != "" for each in blocks[1:])
