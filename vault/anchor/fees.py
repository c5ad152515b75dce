"""What a transaction offers for its place in a block; all in wei for one unit of gas."""

from dataclasses import dataclass
from typing import Self

GWEI = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """The most that is paid in all, and the part of it for whoever makes the block (EIP-1559)."""

    most: int
    tip: int

    @classmethod
    def fitting(cls, *, base: int, tip: int, cap: int) -> Self | None:
        """Twice the base fee and the tip, which is enough for six full blocks from now.

        None when the next block alone is above the cap.
        """
        if base + tip > cap:
            return None
        return cls(most=min(2 * base + tip, cap), tip=tip)

    def raised(self, fresh: "Fee", *, cap: int) -> "Fee | None":
        """What takes the place of a transaction with this fee: both parts an eighth higher or more.

        None when that is above the cap.
        """
        most, tip = max(fresh.most, _eighth_more(self.most)), max(fresh.tip, _eighth_more(self.tip))
        return Fee(most=most, tip=tip) if most <= cap else None


def _eighth_more(wei: int) -> int:
    """Rounded up, and more than before even for nothing."""
    return max(wei + 1, -(-wei * 9 // 8))
