"""The bundle's own files: the inventory, the log's entries with their proofs, and others' words."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from vault import proofs
from vault.bundle.bag import Item, held
from vault.bundle.evidence import Vouched
from vault.bundle.material import Held, Json, Material
from vault.entries import Entry


def redacted(record: Held) -> Json:
    """A withheld record as the redaction log has it."""
    return {**record.to_json(), "remains": "the sealed original stays where it is kept"}


def inventory(
    material: Material, by: str, entries: Sequence[Entry], payload: Sequence[Item]
) -> Item:
    """What the export's entry stands for: every record, entry and file that was there before it."""
    listed = as_json(
        {
            "version": 1,
            "case": str(material.case_id),
            "reference": material.reference,
            "made_at": material.made_at.isoformat(),
            "by": by,
            "software": f"BackUp {material.version}",
            "language": material.language,
            "asked_first": material.asked_first,
            "records": [record.to_json() for record in material.records],
            "erased": list(material.erased),
            "entries": [
                {"sequence": entry.sequence, "leaf": entry.leaf.hex()} for entry in entries
            ],
            "files": {item.path: {"size": item.size, "sha512": item.sha512} for item in payload},
        }
    )
    return held("data/inventory.json", listed)


async def proven(
    session: AsyncSession, entries: Sequence[Entry], said: Sequence[Vouched], *, size: int
) -> list[Item]:
    """The entries, a proof for each, and that the log only grew since others vouched for it."""
    shown = [await proofs.prove(session, entry.sequence, size) for entry in entries]
    grown = {
        old: proofs.encoded(await proofs.consistency(session, old, size)).split()
        for old in sorted({word.size for word in said})
    }
    lines = "".join(
        json.dumps(
            {"sequence": one.sequence, "salt": one.salt.hex(), "text": one.text.decode()},
            ensure_ascii=False,
        )
        + "\n"
        for one in entries
    )
    return [
        held("data/custody/entries.jsonl", lines.encode()),
        *(
            held(f"data/custody/proofs/{entry.sequence:08}.tlog-proof", str(proof).encode())
            for entry, proof in zip(entries, shown, strict=True)
        ),
        held("data/custody/checkpoint.txt", shown[-1].checkpoint.encode()),
        held("data/custody/consistency.json", as_json(grown)),
    ]


def others_words(said: Sequence[Vouched]) -> list[Item]:
    """Checkpoints as others vouched for them, and their words."""
    notes = {word.size: word.note for word in said}
    items = [held(f"data/checkpoints/{size:08}.txt", notes[size].encode()) for size in notes]
    for number, word in enumerate(said):
        stem = f"{word.size:08}-{number:04}"
        match word.proof:
            case str():
                items.append(held(f"data/cosignatures/{stem}.txt", f"{word.proof}\n".encode()))
            case bytes():
                items.append(held(f"data/timestamps/{stem}.tst", word.proof))
            case _:
                items.append(held(f"data/anchors/{stem}.json", as_json(word.proof)))
    return items


def size_of(checkpoint: str) -> int:
    """The entries that a checkpoint covers."""
    return int(checkpoint.split("\n")[1])


def info(material: Material) -> list[tuple[str, str]]:
    """What bag-info.txt tells."""
    return [
        ("Bagging-Date", f"{material.made_at:%Y-%m-%d}"),
        ("Bag-Software-Agent", f"BackUp {material.version}"),
        ("External-Identifier", f"urn:uuid:{material.case_id}"),
        ("Internal-Sender-Identifier", material.reference),
    ]


def as_json(value: object) -> bytes:
    """JSON to be read by people too."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
