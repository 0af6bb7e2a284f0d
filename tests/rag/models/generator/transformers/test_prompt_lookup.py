from hypothesis import given
from hypothesis import strategies as st

from rag.models.generator.transformers.prompt_lookup import PromptLookup

tokens = st.lists(st.integers(0, 5), max_size=40)


def test_what_followed_the_longest_match_is_proposed() -> None:
    assert PromptLookup([1, 2, 3, 9, 2, 7, 1, 2]).propose(3) == [3, 9, 2]


def test_the_latest_of_equal_matches_is_proposed() -> None:
    assert PromptLookup([1, 2, 8, 1, 2, 9, 1, 2]).propose(1) == [9]


def test_nothing_is_proposed_for_a_new_token() -> None:
    assert PromptLookup([1, 2, 3]).propose(5) == []
    assert PromptLookup().propose(5) == []


@given(tokens, st.integers(1, 8))
def test_a_proposal_stood_behind_the_last_token_before(seen: list[int], length: int) -> None:
    proposal = PromptLookup(seen).propose(length)
    assert len(proposal) <= length
    if not proposal:
        assert not seen or seen[-1] not in seen[:-1]
        return
    run = [seen[-1], *proposal]
    assert any(seen[at : at + len(run)] == run for at in range(len(seen) - 1))


@given(tokens, tokens, st.integers(0, 8))
def test_adding_tokens_later_makes_no_difference(first: list[int], rest: list[int], length: int) -> None:
    grown = PromptLookup(first)
    grown.extend(rest)
    assert grown.propose(length) == PromptLookup(first + rest).propose(length)
