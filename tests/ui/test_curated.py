"""A curated answer, or one that may be meant, on the page: documents' text stays text."""

from langchain_core.documents import Document

from rag.answer import Answer, Curated
from ui.curated import curated_html
from ui.wording import WORDINGS


def test_suggestion_unfolds_to_its_answer_and_a_direct_answer_names_its_question() -> None:
    passage = Document(id="1", page_content="Who <b>?\nHR.", metadata={"source": "faq.md"})
    entry = Curated("Who\n<b>?", "<i>HR</i>.", passage, 8, 11, 0.8)
    wording = WORDINGS["en"]

    suggested = curated_html(Answer("who", "text", (), curated=entry), wording)
    direct = curated_html(Answer("who", "HR.", (passage,), origin="faq", curated=entry), wording)

    assert "Perhaps you ask: Who &lt;b&gt;?" in suggested
    assert "&lt;i&gt;HR&lt;/i&gt;." in suggested
    assert "faq.md" in suggested
    assert direct == '<p class="wj-note">The curated answer, word for word, to: Who &lt;b&gt;?</p>'
    assert curated_html(Answer("who", "text", ()), wording) == ""
