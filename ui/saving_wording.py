"""What the page says when a question is saved for evaluation, in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass

from ui.wording import Language


@dataclass(frozen=True, slots=True)
class SavingWording:
    """The strings in one language. Braces are filled with ``str.format``."""

    save: str
    change: str
    answerable: str
    answers: str
    answers_hint: str
    sources: str
    sources_hint: str
    sources_choose: str
    follow_up: str
    follow_up_hint: str
    filtered: str
    file: str  # {file}
    write: str
    overwrite: str
    there: str  # {line}, {held}
    no_answer: str
    not_saved: str  # then why
    held_nothing: str
    added: str  # {file}, {line}
    replaced: str  # {file}, {line}
    unchanged: str  # {file}, {line}
    ask_with: str


_ZH = SavingWording(
    save="存作测试题",
    change="修改测试题",
    answerable="文档能回答这个问题",
    answers="正确答案，每行一个",
    answers_hint="写最短的说法即可，例如“六个月”。回答里含有其中任何一个，就算答对。",
    sources="出处",
    sources_hint="有答案的文档，任何一份都行。可以输入列表里没有的文件名。",
    sources_choose="选择或输入文件",
    follow_up="要和前面的对话一起看",
    follow_up_hint="单独看不明白的追问要选中，前面的对话会一起存下来。",
    filtered="提问时设了筛选条件；评测时没有筛选，会在全部文档里找。",
    file="存到 {file}",
    write="存入",
    overwrite="替换",
    not_saved="没有存成。",
    no_answer="还没有写正确答案。请写一个，或者取消“文档能回答这个问题”。",
    there="文件第 {line} 行已有这道题：{held}。要换成上面的内容吗？",
    held_nothing="文档不能回答",
    added="已存入 {file}，第 {line} 行。",
    replaced="已替换 {file} 第 {line} 行。",
    unchanged="{file} 第 {line} 行已有同样的题，没有重复存。",
    ask_with="评测：",
)

_EN = SavingWording(
    save="Keep as test question",
    change="Change the test question",
    answerable="The documents can answer this question",
    answers="Right answers, one a line",
    answers_hint="Write the shortest form, such as “six months”. What contains any of them is right.",
    sources="Sources",
    sources_hint="Documents that hold the answer; any one is enough. Names that aren't listed can be typed.",
    sources_choose="Choose or type a file",
    follow_up="It leans on the conversation before it",
    follow_up_hint="For a question that can't be understood alone; the conversation is saved with it.",
    filtered="It was asked with a filter; an evaluation has none and searches all documents.",
    file="Goes into {file}",
    write="Save",
    overwrite="Replace",
    not_saved="It wasn't saved.",
    no_answer="There is no right answer yet. Write one, or untick that the documents answer it.",
    there="Line {line} of the file has this question already: {held}. Replace it by what stands above?",
    held_nothing="the documents can't answer it",
    added="Saved in {file}, line {line}.",
    replaced="Replaced in {file}, line {line}.",
    unchanged="The same question is in {file} already, line {line}; it wasn't saved again.",
    ask_with="To evaluate: ",
)

SAVING_WORDINGS: Mapping[Language, SavingWording] = {"zh": _ZH, "en": _EN}
