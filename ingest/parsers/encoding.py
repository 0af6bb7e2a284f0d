"""Which encoding a text file is in, decided in order of certainty.

1. a byte order mark;
2. the encoding the file declares (an HTML page's ``charset``), if the bytes are valid in it;
3. UTF-32 and UTF-16 without a mark, by where their zero bytes stand;
4. strict UTF-8: other encodings' text is practically never valid UTF-8;
5. of the legacy encodings that can decode the bytes, the one whose result reads most like a language.

Step 5 is where detectors fail on short Chinese files, for nearly any bytes are valid GB18030 or Big5. What
tells right from wrong is frequency: about two thirds of the characters of real Chinese text are among its
five hundred commonest, against one in thirty of those that come from the wrong table.
"""

import re
import unicodedata
from typing import NamedTuple

from charset_normalizer import from_bytes

from ingest.parsers.base import UnreadableFile


class Decoded(NamedTuple):
    """Text and the name of the encoding it was in."""

    text: str
    encoding: str


_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_LEGACY = ("gb18030", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1252")
_WIDE = ("utf-16-le", "utf-16-be")  # Chinese without a single ASCII character has no zero bytes
_NAMES = {"cp950": "big5", "big5hkscs": "big5", "cp932": "shift_jis", "cp949": "euc_kr"}
_SAMPLE = 200_000  # bytes that are judged
_PLAUSIBLE = 0.45
_STRAY = 0.1  # as many NULs, by share of the bytes, are slips in a text
_BAD = -1.5
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_COMMON_HAN = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而"
    "方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好"
    "应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向"
    "道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特"
    "件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队"
    "南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风"
    "切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许"
    "步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列"
    "习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派"
    "层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严首底液官德随病苏失尔死讲配女黄推显谈罪神艺呢"
    # and the traditional forms of those
    "這爲個國時來們於對會發動過說產種後學經進電裏現實兩體機當點從業應開還義間樣與關線內數麼質氣變條沒結問無軍"
    "並題黨員總設長頭資邊級圖統較將組見計別論運農幾區強決幹戰則據處隊給門規熱領東導壓爭濟階術極聯認權證採轉單"
    "風帶場車務萬達積議聲報鬥類離華確張馬節話況溫傳許羣廣記觀織裝衆書覆兒須際驗連斷難礦備辦習響約勞團歷構稱準"
    "號維劃選標寫親養層卻專狀廠識適屬圓調滿縣參紅細聽該鐵價嚴隨蘇爾講黃顯談藝"
)
_COMMON_ACCENTED = frozenset("äöüÄÖÜßéèêëàâáãåæçîïíìñóôòõøœúùûÿýÉÈÀÂÁÅÆÇÍÓÔØÚÑŒšžŠŽ")
_COMMON_SIGNS = frozenset("“”‘’„‚«»–—…·•€£§©®°±×÷¿¡ªº²³½¼¾´¨™µ")
_COMMON_HANGUL = frozenset(
    "이다는을에의가고하지한로기사를은도있으시서대자인정어수나해과니보전라리그일제아부들장게구상만여연원공국관성동회"
    "안세요화업방법신조비소마선유계면무스경문주된습했될할것등위모때였통합간내생용발행학물교명오반"
)
_CHINESE_SIGNS = frozenset("，。、；：？！“”‘’（）《》〈〉「」『』【】〔〕—…·～　％￥")


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The bytes as text.

    Raises:
        UnreadableFile: no encoding makes text of them.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(encoding, "replace"), encoding)
    if declared and (found := _as_declared(data, declared)):
        return found
    if found := _with_stray_zeros(data):
        return found
    if wide := _without_mark(data):
        return wide
    if b"\x1b$" in data or b"\x1b(" in data:
        text = _strict(data, "iso2022_jp")
        if text is not None:
            return Decoded(text, "iso-2022-jp")
    text = _strict(data, "utf-8")
    if text is not None:
        _refuse_binary(text)
        return Decoded(text, "utf-8")
    return _most_plausible(data)


def plausibility(text: str) -> float:
    """How much the characters beyond ASCII read like a language, about -2 to 1; 1 if there are none."""
    beyond = [(index, character) for index, character in enumerate(text) if character > "\x7f"]
    if not beyond:
        return 1.0
    return sum(_worth(text, index, character) for index, character in beyond) / len(beyond)


def _worth(text: str, index: int, character: str) -> float:
    code = ord(character)
    if 0x4E00 <= code <= 0x9FFF:
        return 1.0 if character in _COMMON_HAN else 0.2
    if character in _CHINESE_SIGNS or 0x3041 <= code <= 0x30FE:
        return 0.9
    if 0xAC00 <= code <= 0xD7A3:
        return 0.9 if character in _COMMON_HANGUL else 0.3
    if character in _COMMON_ACCENTED or character in _COMMON_SIGNS:
        return 0.9 if not _in_a_run(text, index) else -0.2
    if 0xFF01 <= code <= 0xFF5E or 0x2010 <= code <= 0x266F:
        return 0.5
    category = unicodedata.category(character)
    if category in ("Cc", "Co", "Cn", "Cs") or code == 0xFFFD:
        return _BAD
    if 0xFF61 <= code <= 0xFF9F:
        return -0.3  # half-width katakana: what GBK or Big5 bytes look like in Shift-JIS
    return 0.1 if category[0] == "L" and code < 0x3400 else -0.5


def _in_a_run(text: str, index: int) -> bool:
    """Whether accented letters stand on both sides: no language writes them so, misread bytes do."""
    around = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    return len(around) == 2 and all("\x7f" < character < "\u0180" for character in around)


def _as_declared(data: bytes, declared: str) -> Decoded | None:
    name = declared.strip().strip("\"'").lower()
    if name in ("gb2312", "gbk", "gb_2312-80", "x-gbk", "hz-gb-2312"):
        name = "gb18030"  # as browsers do: pages declare the subset and use the whole
    elif name in ("iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii"):
        return None  # declared by templates whatever the text is in
    elif name in ("big5", "big5-hkscs"):
        name = "cp950"
    try:
        text = data.decode(name)
    except (LookupError, ValueError):
        return None
    zeros = text.count("\x00")
    return Decoded(text, _NAMES.get(name, name)) if zeros <= len(text) // 100 else None


def _with_stray_zeros(data: bytes) -> Decoded | None:
    """UTF-8 in which a few NULs got, which would pass for UTF-16 that reads like nothing."""
    zeros = data.count(0)
    if not 0 < zeros <= len(data) * _STRAY:
        return None
    text = _strict(data, "utf-8")
    wide = [data[:_SAMPLE].decode(encoding, "replace") for encoding in _WIDE]
    if text is None or max(map(plausibility, wide)) >= _PLAUSIBLE:
        return None
    return Decoded(text, "utf-8")


def _without_mark(data: bytes) -> Decoded | None:
    """UTF-32 or UTF-16 without a byte order mark: ASCII and line ends leave zero bytes on one side."""
    sample = data[:_SAMPLE]
    if b"\x00" not in sample:
        return None
    guesses = []
    if len(data) % 4 == 0:
        guesses += ["utf-32-le", "utf-32-be"]
    if len(data) % 2 == 0:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        guesses += ["utf-16-le", "utf-16-be"] if odd >= even else ["utf-16-be", "utf-16-le"]
    for encoding in guesses:
        text = _strict(data, encoding)
        if text is not None and "\x00" not in text and plausibility(text[:_SAMPLE]) > 0:
            return Decoded(text, encoding)
    return None


def _most_plausible(data: bytes) -> Decoded:
    sample = data[:_SAMPLE]
    scores = {}
    for encoding in _LEGACY + (_WIDE if len(data) % 2 == 0 else ()):
        text = _strict_prefix(sample, encoding)
        if text is not None:
            scores[encoding] = plausibility(text) - _share_of_controls(text)
    encoding = max(scores, key=lambda name: scores[name], default="")
    if not encoding or scores[encoding] < _PLAUSIBLE:
        match = from_bytes(sample).best()  # knows the Cyrillic, Greek, Arabic … ones
        if match is not None and plausibility(str(match)) > 0:
            encoding = match.encoding
        elif not encoding or scores[encoding] < 0:
            raise UnreadableFile("no known text encoding fits its bytes")
    text = data.decode(encoding, "replace")
    _refuse_binary(text)
    return Decoded(text, _NAMES.get(encoding, encoding.replace("_", "-")))


def _strict_prefix(data: bytes, encoding: str) -> str | None:
    """As ``_strict``, but a character cut at the sample's end, or one slip in a hundred, is let pass."""
    text = _strict(data, encoding)
    if text is not None or encoding == "cp1252":
        return text
    text = data.decode(encoding, "replace")
    return text if text.count("\ufffd") <= len(text) // 100 else None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _refuse_binary(text: str) -> None:
    if _share_of_controls(text[:_SAMPLE]) > 0.05:
        raise UnreadableFile("it holds binary data, not text")


def _share_of_controls(text: str) -> float:
    return len(_CONTROLS.findall(text)) / max(1, len(text))
