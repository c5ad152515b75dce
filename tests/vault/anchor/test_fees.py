"""What is offered for a place in a block, and the numbers of transactions."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.anchor.fees import GWEI, Fee
from vault.anchor.worker import numbered

wei = st.integers(min_value=0, max_value=10**13)


def test_a_fee_is_twice_the_base_and_the_tip() -> None:
    fee = Fee.fitting(base=10 * GWEI, tip=2 * GWEI, cap=50 * GWEI)

    assert fee == Fee(most=22 * GWEI, tip=2 * GWEI)


def test_a_fee_stays_below_the_cap_and_waits_when_it_can_not() -> None:
    assert Fee.fitting(base=10, tip=2, cap=15) == Fee(most=15, tip=2)
    assert Fee.fitting(base=10, tip=2, cap=12) == Fee(most=12, tip=2)
    assert Fee.fitting(base=10, tip=2, cap=11) is None


@given(wei, wei, wei, wei)
def test_a_replacement_raises_both_parts_by_an_eighth(
    most: int, tip: int, fresh_most: int, fresh_tip: int
) -> None:
    assume(tip <= most)
    assume(fresh_tip <= fresh_most)

    raised = Fee(most=most, tip=tip).raised(Fee(most=fresh_most, tip=fresh_tip), cap=10**15)

    assert raised is not None
    assert raised.most * 8 >= most * 9
    assert raised.tip * 8 >= tip * 9
    assert raised.most > most
    assert raised.tip > tip
    assert raised.most >= max(fresh_most, raised.tip)


def test_a_replacement_above_the_cap_waits() -> None:
    assert Fee(most=100, tip=1).raised(Fee(most=10, tip=1), cap=112) is None


@pytest.mark.parametrize(
    ("count", "nonces", "expected"),
    [
        (5, [], []),
        (5, [None], [5]),
        (5, [5], [5]),
        (5, [5, 6], [5, 6]),
        (5, [6, 5], [6, 5]),
        (5, [5, None], [5, 6]),
        (5, [4], [5]),  # its number was used by something else
        (5, [4, 5], [6, 5]),
        (0, [7], [0]),  # the chain began anew
        (5, [7, None, 3], [5, 6, 7]),
    ],
)
def test_numbers_stay_where_they_are_in_line(
    count: int, nonces: list[int | None], expected: list[int]
) -> None:
    assert numbered(count, nonces) == expected
