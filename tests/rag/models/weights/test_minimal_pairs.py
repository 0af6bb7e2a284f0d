"""With the real embedder, no question that needs another answer is answered with an entry's."""

import json
from pathlib import Path

import numpy as np
import pytest

from ingest.document_text import assemble
from ingest.embedding import embed_new
from ingest.parsers.faq import faq_block
from ingest.reading.document import split_text
from ingest.splitter import PassageSplitter
from rag.build import build_embeddings
from rag.curated import FaqMatcher
from rag.curated.matcher import LOOKED_AT
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, NewDocument
from rag.settings import Settings

pytestmark = pytest.mark.weights
PAIRS = Path(__file__).parents[2] / "curated" / "minimal_pairs.jsonl"


def test_no_minimal_pair_is_ever_sure(tmp_path: Path) -> None:
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    embeddings = build_embeddings(Settings())
    questions = list(dict.fromkeys(each["entry"] for each in pairs))
    text = assemble([faq_block(each, f"{n}.", phrasings=[]) for n, each in enumerate(questions)])
    passages = split_text(PassageSplitter(), text, "")
    vectors = np.array(embeddings.embed_queries([each["asked"] for each in pairs]), np.float32)
    with KnowledgeBase.create(tmp_path, embeddings.fingerprint) as knowledge_base:
        with knowledge_base.writer() as writer:
            document = NewDocument("faq.csv", "0", 1, 1, "csv", text=text.text)
            writer.put(writer.root("/d"), document, passages, embed_new(writer, passages, embeddings))
            writer.publish()
        view = knowledge_base.view(EVERYTHING)
        matcher = FaqMatcher(view, embeddings, likely=0.0001)
        for pair, vector in zip(pairs, vectors, strict=True):
            with view.contents() as contents:
                hits = contents.search_questions(vector, LOOKED_AT)
                match = matcher.judge(contents, pair["asked"], vector, hits)
            given = match.entry.question if match is not None and match.verdict == "sure" else None
            assert given in (None, pair["asked"]) and given != pair["entry"]
