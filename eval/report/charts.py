"""Plots as inline SVG: Vega-Lite specifications, drawn by vl-convert without a browser.

Colours are the page's CSS variables, so that a plot follows its theme; text stays text in the page's font.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import count
from typing import Any

import vl_convert
from markupsafe import Markup

WIDTH = 340
COLOURS = 8
# Vega takes paths in a square of ±1; the page's key draws the same ones.
SHAPES = (
    "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
    "M-0.9,-0.9H0.9V0.9H-0.9Z",
    "M0,-1.1L1.1,0.8H-1.1Z",
    "M0,-1.25L1.25,0L0,1.25L-1.25,0Z",
    "M0,1.1L1.1,-0.8H-1.1Z",
)
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
_CONFIG = {
    "aria": False,
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelPadding": 5,
    },
}

Values = Sequence[Mapping[str, Any]]
Spec = dict[str, Any]


def styles(systems: Sequence[str]) -> dict[str, tuple[str, str, Sequence[int]]]:
    """Each system's colour, shape and dash, the same in every plot; no two are alike in all three."""
    return {
        system: (
            f"var(--s{place % COLOURS + 1})",
            SHAPES[place % len(SHAPES)],
            DASHES[place // COLOURS % len(DASHES)],
        )
        for place, system in enumerate(systems)
    }


class Charts:
    """Draws plots for one page: ids differ from plot to plot.

    ``systems`` decide the colours; values name theirs under ``system``.
    """

    def __init__(self, systems: Sequence[str]) -> None:
        self._systems = list(systems)
        self._styles = styles(systems)
        self._numbers = count(1)

    def by_k(self, values: Values, title: str, measure: str) -> Markup:
        """Lines of ``value`` by ``k`` on a logarithmic axis."""
        x = _axis("k", "k (documents)", type="log", values=[1, 2, 5, 10, 20, 50, 100])
        return self._draw([self._lines(x, _rate("value", measure), values)], title)

    def risk(self, values: Values, title: str) -> Markup:
        """Lines of ``risk`` by ``coverage``."""
        x, y = _rate("coverage", "share of questions answered"), _rate("risk", "share of answers wrong")
        return self._draw([self._lines(x, y, values, point=False)], title)

    def reliability(self, values: Values, title: str) -> Markup:
        """Lines of ``accuracy`` by ``confidence``, beside the diagonal of a perfect one."""
        x, y = _rate("confidence", "confidence"), _rate("accuracy", "share right")
        diagonal = {
            "data": {"values": [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]},
            "mark": {"type": "line", "color": "var(--muted)", "strokeDash": [3, 3], "strokeWidth": 1},
            "encoding": {"x": x, "y": y},
        }
        return self._draw([diagonal, self._lines(x, y, values)], title)

    def latency(self, values: Values, title: str) -> Markup:
        """From ``p50`` (the mark) to ``p95`` (the end of the line), by ``stage`` and system, milliseconds."""
        stages = list(dict.fromkeys(each["stage"] for each in values))
        present = [each for each in self._systems if any(value["system"] == each for value in values)]
        y: Spec = {
            "field": "stage",
            "type": "nominal",
            "sort": stages,
            "axis": {"title": None, "grid": False},
        }
        y["scale"] = {"paddingInner": 0.3, "paddingOuter": 0.1}
        x = _axis("p50", "milliseconds, p50 to p95", type="log")
        x["scale"]["nice"] = True
        x["axis"] |= {"format": "~s", "values": [10.0**power for power in range(-2, 8)]}
        offset = {"field": "system", "type": "nominal", "sort": present}
        common = {"x": x, "y": y, "yOffset": offset, "color": self._colour()}
        rule = {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {**common, "x2": {"field": "p95"}}}
        point = {
            "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
            "encoding": {**common, "shape": self._shape()},
        }
        height = len(stages) * max(26, 14 * len(present) + 8)
        return self._draw([{"data": {"values": list(values)}, "layer": [rule, point]}], title, height)

    def waterfall(self, values: Values, title: str) -> Markup:
        """Bars from ``start`` to ``end`` by ``stage`` in the given order; ``kind`` is whole, loss or rest."""
        order = [each["stage"] for each in values]
        axis = {"title": None, "grid": False, "labelLimit": 200, "ticks": False, "domain": False}
        axis["minExtent"] = 140  # the page's font may be wider than the one that is measured
        y = {"field": "stage", "type": "nominal", "sort": order, "axis": axis}
        most = max((each["end"] for each in values), default=1)
        x = {"field": "start", "type": "quantitative", "axis": None, "scale": {"domain": [0, most * 1.15]}}
        colours = {"whole": "var(--muted)", "loss": "var(--bad)", "rest": "var(--good)"}
        scale = {"domain": list(colours), "range": list(colours.values())}
        colour = {"field": "kind", "legend": None, "scale": scale}
        bar = {
            "mark": {"type": "bar", "height": {"band": 0.72}},
            "encoding": {"x": x, "x2": {"field": "end"}, "y": y, "color": colour},
        }
        label = {
            "mark": {"type": "text", "align": "left", "dx": 5, "color": "var(--ink)", "fontSize": 12},
            "encoding": {"x": {**x, "field": "end"}, "y": y, "text": {"field": "count"}},
        }
        layered = {"data": {"values": list(values)}, "layer": [bar, label]}
        return self._draw([layered], title, 22 * len(order))

    def history(self, values: Values, runs: Sequence[str], title: str, measure: str) -> Markup:
        """Lines of ``value`` with intervals (``low``, ``high``) by ``run``, in the order of ``runs``.

        A line joins values whose ``data`` are the same.
        """
        x: Spec = {
            "field": "place",
            "type": "ordinal",
            "axis": {"title": "run", "grid": False, "labelAngle": 0},
        }
        x["scale"] = {"domain": list(range(1, len(runs) + 1))}
        placed = [{**each, "place": runs.index(each["run"]) + 1} for each in values]
        lines = self._lines(x, _rate("value", measure), placed)
        lines["encoding"]["detail"] = {"field": "data", "type": "nominal"}
        y = _rate("low", measure)
        interval = {
            "data": {"values": [each for each in placed if each["low"] is not None]},
            "mark": {"type": "rule", "opacity": 0.45, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "y2": {"field": "high"}, "color": self._colour()},
        }
        return self._draw([interval, lines], title)

    def _lines(self, x: Spec, y: Spec, values: Values, point: bool = True) -> Spec:
        encoding: Spec = {"x": x, "y": y, "color": self._colour(), "strokeDash": self._dash()}
        mark: Spec = {"type": "line", "strokeWidth": 1.75, "clip": False}
        if point:
            mark["point"] = {"filled": True, "size": 36, "opacity": 1}
            encoding["shape"] = self._shape()
        return {"data": {"values": list(values)}, "mark": mark, "encoding": encoding}

    def _colour(self) -> Spec:
        return self._scale([colour for colour, _, _ in self._styles.values()])

    def _shape(self) -> Spec:
        return self._scale([shape for _, shape, _ in self._styles.values()])

    def _dash(self) -> Spec:
        return self._scale([list(dash) for _, _, dash in self._styles.values()])

    def _scale(self, values: Sequence[Any]) -> Spec:
        scale = {"domain": self._systems, "range": list(values)}
        return {"field": "system", "type": "nominal", "scale": scale, "legend": None}

    def _draw(self, layers: Sequence[Spec], title: str, height: int = 220) -> Markup:
        spec = {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "width": WIDTH,
            "height": height,
            "autosize": {"type": "fit-x", "contains": "padding"},
            "padding": 4,
            "layer": list(layers),
            "config": _CONFIG,
        }
        return embed(vl_convert.vegalite_to_svg(spec, vl_version="6.4"), title, f"plot{next(self._numbers)}")


def embed(svg: str, title: str, prefix: str) -> Markup:
    """An SVG for a page: named for screen readers, as wide as there is room, ids of its own."""
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'href="#', f'href="#{prefix}-', svg)
    size = re.search(r'viewBox="([^"]+)"', svg)
    box = size.group(1) if size else f"0 0 {WIDTH} 240"
    name = escape(title)
    head = f'<svg role="img" aria-label="{name}" viewBox="{box}" width="{box.split()[2]}">'
    head += f"<title>{name}</title>"
    return Markup(re.sub(r"^<svg[^>]*>", lambda _: head, svg, count=1))


def _axis(field: str, title: str, type: str = "linear", values: Sequence[float] | None = None) -> Spec:
    axis: Spec = {"title": title}
    if values is not None:
        axis |= {"values": list(values), "labelOverlap": False}
    return {"field": field, "type": "quantitative", "scale": {"type": type, "nice": False}, "axis": axis}


def _rate(field: str, title: str) -> Spec:
    axis = _axis(field, title)
    axis["scale"] |= {"domain": [0, 1]}
    axis["axis"] |= {"tickCount": 5}
    return axis
