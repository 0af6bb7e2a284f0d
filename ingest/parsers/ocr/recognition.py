"""Optical character recognition: a picture of text to lines with places and confidences.

RapidOCR runs the PP-OCRv6 models that its wheel holds (Chinese, English and other Latin scripts) on the CPU.
The models are named by their paths, so that nothing is ever fetched. One engine serves the process, one
picture at a time.
"""

import functools
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ingest.normalization import normalize_line

if TYPE_CHECKING:
    from rapidocr import RapidOCR

LONGEST_SIDE = 2400  # pixels of what is recognized
STRIP = 3  # height to width from which a picture (a long screenshot) is read in pieces
_DETECTION_SIDE = 1280  # pixels at most where lines are looked for: as good as 2000, in a quarter of the time
_MOST_THREADS = 2  # several processes read at a time, and waiting threads cost the others dearly
_CONFIDENT = 0.65  # lines below are noise more often than text
_TALL = 1.5  # height to width of a box whose text stands upright
_VOTES = 9  # lines that are asked which way up they are
_SAME = 0.02  # of confidence: turning a page upside down changes little, for each line is turned by itself
_FEWEST_PIXELS = 20  # that stand out, where there is ink: one small letter has more, dust less
_FAR = 40  # grey levels, of 256, from the background
_LOCK = threading.Lock()


class OcrLine(NamedTuple):
    """A line of text, how sure the engine is of it (0 to 1), and its place in pixels, skew taken out."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top


class _Found(NamedTuple):
    boxes: NDArray[np.float32]  # (lines, 4, 2): corners (x, y), clockwise from the text's upper left
    texts: list[str]
    scores: list[float]


def read_picture(image: Image.Image) -> list[OcrLine]:
    """The lines of text in a picture (in no order), turned upright first if it lies on its side or head.

    Lines that the engine isn't sure of, or without a letter or digit, are left out.
    """
    lines: list[OcrLine] = []
    for top, part in _parts(image.convert("RGB")):
        for line in _to_lines(_read_upright(part)):
            lines.append(line._replace(top=line.top + top, bottom=line.bottom + top))
    return lines


def mean_confidence(lines: Sequence[OcrLine]) -> float:
    """The lines' confidence, each character counting alike; 0 without lines."""
    return _mean([line.text for line in lines], [line.confidence for line in lines])


def has_ink(image: Image.Image) -> bool:
    """Whether anything stands out from the picture's background."""
    histogram = np.asarray(image.convert("L").histogram())
    background = int(histogram.argmax())
    far = np.abs(np.arange(256) - background) > _FAR
    return int(histogram[far].sum()) > _FEWEST_PIXELS


def _read_upright(image: Image.Image) -> _Found:
    with _LOCK:
        found = _recognize(image)
        turn = _turn(image, found)
        if not turn:
            return found
        again = _recognize(image.rotate(turn, expand=True))
    better = _mean(again.texts, again.scores) >= _mean(found.texts, found.scores) - _SAME
    return again if better else found


def _recognize(image: Image.Image) -> _Found:
    result: Any = _engine()(_pixels(image), use_det=True, use_cls=True, use_rec=True)
    if getattr(result, "boxes", None) is None or getattr(result, "txts", None) is None:
        return _Found(np.zeros((0, 4, 2), np.float32), [], [])
    return _Found(np.asarray(result.boxes, np.float32), list(result.txts), list(map(float, result.scores)))


def _turn(image: Image.Image, found: _Found) -> int:
    """By how many degrees, counter-clockwise, the picture must be turned to be upright: 0, 90, 180 or 270."""
    if not found.texts:
        return 0
    sides = found.boxes.max(axis=1) - found.boxes.min(axis=1)  # (lines, 2): width and height
    tall = sides[:, 1] > _TALL * sides[:, 0]
    on_its_side = sides[tall].max(axis=1, initial=0).sum() > sides[~tall].max(axis=1, initial=0).sum()
    lengths = sides.max(axis=1) / np.maximum(sides.min(axis=1), 1)
    asked = [int(each) for each in np.argsort(np.abs(lengths - 4.0)) if tall[each] == on_its_side][:_VOTES]
    upside_down = 0.0
    for index in asked:
        (left, top), (right, bottom) = found.boxes[index].min(axis=0), found.boxes[index].max(axis=0)
        crop = image.crop((int(left), int(top), int(right) + 1, int(bottom) + 1))
        crop = crop.rotate(90, expand=True) if on_its_side else crop
        answer: Any = _engine()(_pixels(crop), use_det=False, use_cls=True, use_rec=False)
        label, score = answer.cls_res[0]
        upside_down += float(score) if label == "180" else -float(score)
    return (90 if on_its_side else 0) + (180 if upside_down > 0 else 0)


def _to_lines(found: _Found) -> Iterator[OcrLine]:
    for box, raw, score in zip(_without_skew(found.boxes), found.texts, found.scores, strict=True):
        text = normalize_line(raw)
        if score >= _CONFIDENT and any(character.isalnum() for character in text):
            left, right = float(box[[0, 3], 0].min()), float(box[[1, 2], 0].max())
            top, bottom = float(box[[0, 1], 1].mean()), float(box[[2, 3], 1].mean())
            yield OcrLine(text, score, left, top, max(left, right), max(top, bottom))


def _without_skew(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes turned by the angle that their upper edges have in the middle."""
    if not len(boxes):
        return boxes
    edges = boxes[:, 1] - boxes[:, 0]
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    long = lengths >= np.median(lengths)
    angle = float(np.median(np.arctan2(edges[long, 1], edges[long, 0])))
    if abs(angle) > 0.5:  # radians: text on its side that stayed so
        return boxes
    cosine, sine = np.cos(-angle), np.sin(-angle)
    turned: NDArray[np.float32] = boxes @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
    return turned


def _parts(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture, or the pieces of a long strip, cut where least stands, with the rows they begin at."""
    width, height = image.size
    if height <= STRIP * width:
        yield 0, image
        return
    top = 0
    while height - top > STRIP * width:
        first, last = top + int(1.5 * width), top + 2 * width
        rows = np.asarray(image.crop((0, first, width, max(last, first + 1))).convert("L"), np.float32)
        cut = first + int(rows.std(axis=1).argmin())
        yield top, image.crop((0, top, width, max(cut, top + 1)))
        top = max(cut, top + 1)
    yield top, image.crop((0, top, width, height))


def _mean(texts: Sequence[str], scores: Sequence[float]) -> float:
    weights = [len(text) for text in texts]
    return float(np.average(scores, weights=weights)) if sum(weights) else 0.0


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    """The picture as the engine takes it: rows, columns, blue–green–red."""
    return np.ascontiguousarray(np.asarray(image.convert("RGB"), np.uint8)[:, :, ::-1])


@functools.cache
def _engine() -> "RapidOCR":
    import cv2
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    cv2.setNumThreads(threads)
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.max_side_len": LONGEST_SIDE,
            "Global.text_score": 0.0,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTION_SIDE,
            "Cls.model_path": str(models / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
        }
    )
