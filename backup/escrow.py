"""The escrow key: opens every case if all professionals lose theirs, and is kept off this machine.

A deployment sets ESCROW_RECIPIENT. Otherwise one is made at the first start; its secret half is
shown once and stored nowhere.
"""

from core.settings import Settings
from vault.age import Identity


def escrow_recipient(settings: Settings) -> str:
    """The public half to which every case's identity is also wrapped."""
    if settings.escrow_recipient is not None:
        return settings.escrow_recipient
    kept = settings.backup_data / "keys" / "escrow.recipient"
    if kept.exists():
        return kept.read_text().strip()
    identity = Identity.generate()
    recipient = str(identity.recipient)
    print(
        "\nEscrow key, shown this once. Keep it off this machine; with it alone every case can be"
        f" opened:\n\n  {identity.export()}\n",
        flush=True,
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(recipient + "\n")
    return recipient
