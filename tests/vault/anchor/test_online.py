"""An archived anchor at a node of its chain, asked by somebody without keys."""

from dataclasses import replace
from pathlib import Path

import pytest

from backup.chain import anvil
from tests.peers.npm import free_port
from tests.vault.anchor.site import Site
from vault.anchor.errors import AnchorError, NodeError
from vault.anchor.offline import check
from vault.anchor.online import look_up


async def test_a_node_confirms_block_and_event(site: Site) -> None:
    anchor = check(await site.until_final())

    confirmed = await look_up(anchor, site.rpc)

    assert "with this very hash" in confirmed[0]
    assert "finds the commitment" in confirmed[1]


async def test_a_chain_that_has_another_block_says_so(
    site: Site, binary: Path, tmp_path: Path
) -> None:
    anchor = check(await site.until_final())

    with (
        anvil.alone(binary, tmp_path / "another.json") as elsewhere,
        pytest.raises(AnchorError, match="another block"),
    ):
        await look_up(anchor, elsewhere)


async def test_a_node_of_another_chain_is_told_apart(site: Site) -> None:
    anchor = replace(check(await site.until_final()), chain_id=5)

    with pytest.raises(AnchorError, match="not of chain 5"):
        await look_up(anchor, site.rpc)


async def test_a_node_that_does_not_answer_proves_nothing_wrong(site: Site) -> None:
    anchor = check(await site.until_final())

    with pytest.raises(NodeError):
        await look_up(anchor, f"http://127.0.0.1:{free_port()}")
