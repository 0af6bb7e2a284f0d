import pytest

from eval.measures.cost import Percentiles, costs, peak_memory, percentiles, summarize_costs
from rag.answer import Trace


def test_percentiles_are_interpolated() -> None:
    found = percentiles([4, 1, 3, 2])
    assert (found.p50, found.n) == (2.5, 4)
    assert found.p95 == pytest.approx(3.85)
    assert percentiles([7, None]) == Percentiles(7, 7, 1)
    assert percentiles([None]) == percentiles([]) == Percentiles(None, None, 0)


def test_what_did_not_happen_costs_nothing_rather_than_zero() -> None:
    generated = costs(Trace(10, 200.0, 2000, 2210, 500, 50))
    assert generated == {
        "retrieve_ms": 10,
        "first_token_ms": 200,
        "generate_ms": 2000,
        "total_ms": 2210,
        "tokens_per_second": 25,
    }
    stored = costs(Trace(retrieve_ms=10, total_ms=11))
    assert stored["tokens_per_second"] is stored["generate_ms"] is stored["first_token_ms"] is None


def test_groups_are_kept_apart() -> None:
    found = summarize_costs([("direct", {"total": 1.0}), ("translated", {"total": 9.0, "translate": 8.0})])
    assert found["direct"]["total"] == Percentiles(1, 1, 1)
    assert found["direct"]["translate"] == Percentiles(None, None, 0)
    assert found["translated"]["translate"] == Percentiles(8, 8, 1)


def test_peak_memory_is_in_bytes() -> None:
    assert 10 * 2**20 < peak_memory() < 2**40
