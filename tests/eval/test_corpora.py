"""What tells two knowledge bases of the same files apart."""

from typing import Any

from eval.corpora import contents_digest


def test_contents_are_told_by_passages_not_by_files(make_knowledge_base: Any) -> None:
    knowledge_base = make_knowledge_base({"a": "The pump is cleaned twice a year.", "b": "The tube is red."})
    before = contents_digest(knowledge_base)
    assert before == contents_digest(knowledge_base)
    with knowledge_base.writer() as writer:
        root = writer.root("eval:corpus")
        writer.remove(root, "b")
        writer.publish()
    assert contents_digest(knowledge_base) != before
