"""The development chain of one machine: its files, and its return after a crash."""

import sys
from pathlib import Path

import yaml
from pydantic import SecretStr

from backup.chain import anvil, prepare
from backup.up import development_chain
from core.settings import Settings
from vault.anchor.chains import load_chains


def test_its_file_is_one_that_a_worker_reads(data: Path) -> None:
    settings = Settings(backup_data=data, chain_port=1234)

    chain = prepare(settings, Path("/tools/anvil"))
    (read,) = load_chains(Settings(anchor_chains=chain.chains))

    assert (read.name, read.id, read.development) == ("development", anvil.CHAIN_ID, True)
    assert read.rpc[0].get_secret_value() == "http://127.0.0.1:1234"
    assert read.key_file == data / "chain" / "sender.key"
    assert yaml.safe_load(chain.chains.read_text())["chains"][0]["every_minutes"] == 1
    assert chain.program.command[:4] == (sys.executable, "-m", "backup.chain", "/tools/anvil")
    assert chain.program.bare


def test_a_state_that_was_cut_off_is_set_aside(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    anvil.mend(state)
    state.write_text('{"block": 1}')
    anvil.mend(state)
    assert state.exists()

    state.write_text('{"block": 1')
    anvil.mend(state)

    assert not state.exists()
    assert (tmp_path / "state.broken").read_text() == '{"block": 1'


def test_there_is_none_where_the_deployment_has_chains_or_a_database_of_its_own(
    data: Path,
) -> None:
    own_chains = Settings(backup_data=data, anchor_chains=data / "chains.yml")
    own_database = Settings(backup_data=data, database_url=SecretStr("postgresql://host/name"))

    assert development_chain(own_chains) is None
    assert development_chain(own_database) is None
    assert not data.exists()
