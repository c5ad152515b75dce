"""The chains that a deployment anchors on: a YAML file that `ANCHOR_CHAINS` names.

    chains:
      - name: sepolia
        id: 11155111
        rpc: ["https://…", "https://…"]     # the next is asked when one does not answer
        key_file: /etc/backup/sepolia.key   # made if it is missing; fund the address that it gives
        contract: "0x…"                     # without it the sender's first transaction creates one
        every_minutes: 360
        cap_gwei: 50
        confirmations: 64                   # only for a chain without the `finalized` tag

A wrong value stops the program at its start with the chain's name and the field.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from core.errors import ConfigurationError
from core.settings import Settings
from vault.anchor.fees import GWEI


class Chain(BaseModel):
    """One chain, and how to anchor on it; a node's address may hold a token and never prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=40, description="a name of up to 40 letters")
    id: int = Field(ge=1, description="the chain's number, which its nodes are asked for")
    rpc: tuple[SecretStr, ...] = Field(min_length=1, description="addresses of its nodes")
    key_file: Path | None = Field(
        None, description="a file with the sender's key; without it ANCHOR_KEY is used"
    )
    contract: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")] | None = Field(
        None, description="0x and 40 hexadecimal digits"
    )
    every_minutes: int = Field(360, ge=1, le=10080, description="minutes, 1 to 10080")
    cap_gwei: float = Field(50, gt=0, le=10_000, description="the most for a unit of gas, in gwei")
    confirmations: int | None = Field(
        None, ge=1, le=10_000, description="blocks, 1 to 10000, on a chain without finality"
    )
    patience_seconds: int = Field(300, ge=1, le=86_400, description="seconds, 1 to 86400")
    development: bool = Field(False, description="true for a chain that proves nothing to others")  # noqa: FBT003

    @property
    def cadence(self) -> timedelta:
        """The time between two anchors, whatever has happened."""
        return timedelta(minutes=self.every_minutes)

    @property
    def patience(self) -> timedelta:
        """How long a transaction may wait before another takes its place."""
        return timedelta(seconds=self.patience_seconds)

    @property
    def cap(self) -> int:
        """The most that is paid for a unit of gas, in wei."""
        return int(self.cap_gwei * GWEI)


class Chains(BaseModel):
    """All chains of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chains: tuple[Chain, ...]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for values in ([c.name for c in self.chains], [c.id for c in self.chains]):
            if len(set(values)) < len(values):
                raise ValueError("names and ids of chains should differ")
        return self


def load_chains(settings: Settings) -> tuple[Chain, ...]:
    """The chains of a deployment; none when it names no file.

    Raises:
        ConfigurationError: naming the file and what should be otherwise, without its values.
    """
    path = settings.anchor_chains
    if path is None:
        return ()
    try:
        chains = Chains.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).chains
    except (OSError, UnicodeError, yaml.YAMLError):
        raise ConfigurationError(f"ANCHOR_CHAINS should be a YAML file; {path} is none") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_explain(error)}") from None
    folder = path.resolve().parent
    return tuple(_rooted(chain, folder) for chain in chains)


def _rooted(chain: Chain, folder: Path) -> Chain:
    """With a key file that is named from the folder of the chains' file."""
    if chain.key_file is None:
        return chain
    return chain.model_copy(update={"key_file": folder / chain.key_file})


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        place = ".".join(map(str, problem["loc"]))
        named = [Chain.model_fields.get(str(part)) for part in problem["loc"]]
        field = next((one for one in reversed(named) if one), None)
        said = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{place} should be {field.description}" if field else f"{place} {said}")
    return "; ".join(lines)
