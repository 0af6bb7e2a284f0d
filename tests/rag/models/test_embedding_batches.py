import torch
from hypothesis import given
from hypothesis import strategies as st

from rag.models.embedding_batches import share_out


def _features(lengths: list[int], left: bool = False) -> dict[str, object]:
    width = max(lengths)
    mask = torch.zeros((len(lengths), width), dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, width - length if left else 0 : None if left else length] = 1
    return {"attention_mask": mask, "input_ids": mask * 7, "modality": "text"}


@given(st.lists(st.integers(1, 512), min_size=1, max_size=80), st.integers(1, 8), st.booleans())
def test_every_text_is_in_one_batch_whole_and_little_padded(
    lengths: list[int], sharers: int, left: bool
) -> None:
    batches = share_out(_features(lengths, left), len(lengths), 32, sharers)
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch.rows) <= 32
        longest = max(lengths[row] for row in batch.rows)
        assert batch.features["input_ids"].shape == (len(batch.rows), longest)
        assert batch.features["attention_mask"].sum(1).tolist() == [lengths[row] for row in batch.rows]
        assert sharers == 1 or len(batch.rows) == 1 or batch.features["input_ids"].numel() <= 2048


def test_texts_are_shared_among_all_threads() -> None:
    assert len(share_out(_features([50] * 8), 8, 32, sharers=2)) == 2
    assert len(share_out(_features([50] * 8), 8, 32, sharers=1)) == 1


def test_inputs_of_another_kind_stay_together() -> None:
    features = {"input_ids": torch.ones(12), "offsets": torch.tensor([0, 4, 8])}
    (batch,) = share_out(features, 3, 2, sharers=2)
    assert batch.rows == [0, 1, 2]
    assert batch.features == features
