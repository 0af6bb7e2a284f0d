from rag.text.analysis import Glossary


def test_line_is_a_group_of_words_that_mean_the_same() -> None:
    glossary = Glossary.parse("年假, 带薪年休假，annual  leave\n云枢网关\n")
    assert glossary.groups == (("年假", "带薪年休假", "annual leave"), ("云枢网关",))


def test_comments_blank_lines_and_repetitions_are_dropped() -> None:
    glossary = Glossary.parse("\ufeff# 公司用语\n\nU盾、 密钥 # token\nU盾，密钥\n,,\n")
    assert glossary.groups == (("U盾", "密钥"),)


def test_merge_keeps_order_and_drops_groups_that_both_have() -> None:
    one, other = Glossary.parse("a, b\nc"), Glossary.parse("d\na, b")
    assert Glossary.merge([one, other]).groups == (("a", "b"), ("c",), ("d",))


def test_digest_tells_glossaries_apart() -> None:
    assert Glossary.parse("a, b").digest == Glossary.parse("a,b # same").digest
    assert Glossary.parse("a, b").digest != Glossary.parse("a\nb").digest
