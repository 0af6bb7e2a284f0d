"""How an answer came about, as HTML: what was found and dropped, what was read and written, the times."""

from collections.abc import Iterator
from html import escape

from langchain_core.documents import Document

from rag.answer import Answer
from rag.presenting.explanation import StageTable, beginning, is_weak, stage_tables
from rag.text.language import language_of
from ui.explanation_wording import EXPLANATION_WORDINGS, ExplanationWording
from ui.view import place
from ui.wording import Wording

_SHOWN = 10  # passages of a stage


def explanation_html(answer: Answer, wording: Wording) -> str:
    """The way from the question to the answer; sections without content are left out."""
    words = EXPLANATION_WORDINGS[wording.language]
    return f'<div class="wj-explanation">{"".join(_sections(answer, wording, words))}</div>'


def _sections(answer: Answer, wording: Wording, words: ExplanationWording) -> Iterator[str]:
    trace = answer.trace
    if trace.query and trace.query != answer.question:
        yield _section(words.searched, f"<p{_lang(trace.query)}>{escape(trace.query)}</p>")
    if answer.curated is not None:
        said = words.curated if answer.origin == "faq" else words.maybe_curated
        said = said.format(probability=f"{answer.curated.probability:.2f}")
        yield f'<p class="wj-note">{escape(said)}</p>'
    for table in stage_tables(trace, _SHOWN):
        yield _stage(table, wording, words)
    if trace.evidence:
        title = words.read_tokens if trace.prompt_tokens else words.read
        pairs = list(zip(answer.passages, trace.evidence, strict=False))
        rows = "".join(_read(number, *pair, wording, words) for number, pair in enumerate(pairs, start=1))
        yield _section(title.format(count=len(pairs), tokens=trace.prompt_tokens), rows)
    if trace.draft.strip():
        title = words.draft_by if trace.generated_tokens else words.draft
        title = title.format(generator=trace.generator, tokens=trace.generated_tokens)
        draft = trace.draft.strip()
        dropped = "".join(
            f'<p class="wj-note">{escape(words.dropped_citation.format(number=number))}</p>'
            for number in trace.dropped_citations
        )
        removed = "".join(
            f'<p class="wj-note">{escape(words.removed.format(sentence=sentence))}</p>'
            for sentence in trace.removed
        )
        yield _section(title, f"<blockquote{_lang(draft)}>{escape(draft)}</blockquote>{dropped}{removed}")
    if trace.first_draft:
        first = trace.first_draft.strip()
        yield _section(words.first_draft, f"<blockquote{_lang(first)}>{escape(first)}</blockquote>")
    if trace.found:
        yield _section(words.found, f"<blockquote{_lang(trace.found)}>{escape(trace.found)}</blockquote>")
    if answer.sentences:
        yield _section(words.checked, f"<ul>{''.join(_checked(answer, words))}</ul>")
    yield _section(words.times, f"<p>{escape(' · '.join(_times(answer, words)))}</p>")


def _section(title: str, content: str) -> str:
    return f"<section><h4>{escape(title)}</h4>{content}</section>"


def _stage(table: StageTable, wording: Wording, words: ExplanationWording) -> str:
    """A table that scrolls by itself, by keyboard too, where it is wider than the page."""
    title = words.stage.format(name=words.name(table.name), count=table.count)
    title += f": {' '.join(table.query.split())}" if table.query else ""
    heads = "".join(f'<th scope="col">{escape(words.name(column))}</th>' for column in table.columns)
    rows = []
    for row in table.rows:
        scores = "".join(f"<td>{'' if score is None else f'{score:.3f}'}</td>" for score in row.scores)
        gone = f'<span class="wj-gone">{escape(words.dropped)}</span>' if row.dropped else ""
        state = "wj-dropped" if row.dropped else "wj-kept"
        rows.append(
            f'<tr class="{state}"><td>{row.rank}</td>'
            f'<th scope="row">{escape(place(row.passage, wording))}{gone}'
            f"<span{_lang(row.passage.page_content)}>{escape(beginning(row.passage))}</span></th>{scores}</tr>"
        )
    more = (
        f'<p class="wj-note">{escape(words.shown.format(shown=len(table.rows)))}</p>'
        if table.count > len(table.rows)
        else ""
    )
    return _section(
        title,
        f'<div class="wj-scroll" tabindex="0" role="region" aria-label="{escape(title)}"><table><thead><tr>'
        f'<th scope="col">{escape(words.rank)}</th><th scope="col">{escape(words.place)}</th>{heads}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>{more}",
    )


def _read(number: int, passage: Document, text: str, wording: Wording, words: ExplanationWording) -> str:
    whole = len(passage.page_content)
    # Rows of a table are read with their header, so more may be read than the passage has.
    share = words.share.format(read=f"{min(len(text), whole):,}", all=f"{whole:,}")
    return (
        f'<details class="wj-passage"><summary><span class="wj-number">{number}</span>'
        f"<strong>{escape(place(passage, wording))}</strong>"
        f'<span class="wj-heading">{escape(share)}</span></summary>'
        f"<blockquote{_lang(text)}>{escape(text)}</blockquote></details>"
    )


def _checked(answer: Answer, words: ExplanationWording) -> Iterator[str]:
    for sentence in answer.sentences:
        support = words.unmeasured if sentence.support is None else f"{sentence.support:.2f}"
        cited = f"{words.support} {support}" if sentence.citations else words.no_citation
        weak = ' class="wj-warn"' if is_weak(sentence, answer) or not sentence.citations else ""
        yield (
            f"<li><span{_lang(sentence.text)}>{escape(sentence.text)}</span>"
            f" <small{weak}>{escape(cited)}</small></li>"
        )


def _times(answer: Answer, words: ExplanationWording) -> Iterator[str]:
    trace = answer.trace
    times = (
        (words.search, trace.retrieve_ms),
        (words.first_word, trace.first_token_ms),
        (words.writing, trace.generate_ms or None),
        (words.total, trace.total_ms),
    )
    for name, milliseconds in times:
        if milliseconds is not None:
            yield f"{name} {words.seconds.format(seconds=f'{milliseconds / 1000:.2f}')}"


def _lang(text: str) -> str:
    language = language_of(text)
    code = "zh-Hans" if language == "zh" else language
    return f' lang="{code}"'
