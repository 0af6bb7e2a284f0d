"""What the page answers from: which knowledge base it is, and what of an answer it still holds."""

import shutil

import pytest
import streamlit as st

from tests.ui.conftest import Workplace
from ui.opened import forget_base, open_base, place_of


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


def test_a_knowledge_base_is_told_from_one_that_takes_its_place(workplace: Workplace) -> None:
    folder = workplace.settings.knowledge_base.path
    place = place_of(folder)
    workplace.write({"班车.md": ("班车七点四十发车。",)})
    assert place and place_of(folder) == place  # what is added to it makes no other of it
    folder.rename(folder.with_name("old"))
    assert place_of(folder) == ()
    shutil.copytree(folder.with_name("old"), folder)
    assert place_of(folder) not in ((), place)


def test_one_that_is_made_anew_is_another_though_it_has_the_old_ones_place_and_generation(
    workplace: Workplace,
) -> None:
    before = open_base(workplace.settings)
    edition, holdings = before.edition, before.holdings()
    forget_base()  # as where it was seen to be gone
    workplace.make_anew({"班车.md": ("班车七点四十发车。",)}, [("班车几点？", "七点四十。")])
    after = open_base(workplace.settings)
    assert (after.edition.place, after.edition.generation) == (edition.place, edition.generation)
    assert after.edition != edition
    assert (holdings.documents, after.holdings().documents) == (3, 2)


def test_one_that_is_made_anew_is_opened_though_the_old_one_has_not_been_seen_to_be_gone(
    workplace: Workplace,
) -> None:
    before = open_base(workplace.settings)
    before.holdings()
    before.knowledge_base.close()  # a file that is held open keeps its number
    workplace.make_anew({}, [("班车几点？", "七点四十。")])
    after = open_base(workplace.settings)
    assert after is not before
    assert after.holdings().documents == 1
