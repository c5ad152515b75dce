"""Whatever is changed in a bundle after it was made, verify.py says what and where.

The forger here knows BagIt and makes all manifests anew; some also make the inventory anew, or have
a key of their own. What none of them has is the professional's key and the log's.
"""

import hashlib
import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.vault.bundle.conftest import Pristine
from tests.vault.bundle.court import edited, flipped, rebagged, verify
from vault.note import Signer

ENTRIES = "data/custody/entries.jsonl"
Attack = Callable[[Path, Path], None]


def lines(bag: Path) -> list[str]:
    return (bag / ENTRIES).read_text().splitlines(keepends=True)


def write(bag: Path, entries: list[str]) -> None:
    (bag / ENTRIES).write_text("".join(entries))


def json_in(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def flip(name: str) -> Attack:
    return lambda bag, _: edited(bag / name, flipped)


def drop_an_entry(bag: Path, _: Path) -> None:
    kept = lines(bag)
    write(bag, [*kept[:3], *kept[4:]])


def reorder_entries(bag: Path, _: Path) -> None:
    kept = lines(bag)
    write(bag, [*kept[:3], kept[4], kept[3], *kept[5:]])


def truncate(bag: Path, _: Path) -> None:
    write(bag, lines(bag)[:-2])


def back_date(bag: Path, _: Path) -> None:
    kept = lines(bag)
    data = json.loads(kept[4])
    fields = json.loads(data["text"])
    fields["at"] = "2001" + fields["at"][4:]
    data["text"] = json.dumps(fields, separators=(",", ":"), sort_keys=True)
    write(bag, [*kept[:4], json.dumps(data) + "\n", *kept[5:]])


def forge_a_view(bag: Path, _: Path) -> None:
    """An entry in another professional's name, in the place of one that is of another case."""
    kept = lines(bag)
    fields = json.loads(json.loads(kept[-1])["text"])
    number = fields["sequence"] - 1
    fields = {**fields, "action": "view", "sequence": number}
    text = json.dumps(fields, separators=(",", ":"), sort_keys=True)
    forged = {"sequence": number, "salt": "00" * 32, "text": text}
    write(bag, [*kept[:-1], json.dumps(forged) + "\n", kept[-1]])
    proofs = bag / "data/custody/proofs"
    proof = (proofs / f"{number + 1:08}.tlog-proof").read_text()
    forged_proof = proof.replace(f"index {number}\n", f"index {number - 1}\n")
    (proofs / f"{number:08}.tlog-proof").write_text(forged_proof)


def swap_cases(bag: Path, other: Path) -> None:
    """The first report is the other case's, ciphertext and original."""
    for name in ("data/records", "data/sealed"):
        (mine,) = (bag / name).glob("00000001*")
        (theirs,) = (other / name).glob("00000004*")
        shutil.copy(theirs, mine)


def swap_cases_with_inventory(bag: Path, other: Path) -> None:
    swap_cases(bag, other)
    remake_inventory(bag)


def another_checkpoint(bag: Path, _: Path) -> None:
    """A tree of the forger's own choice, signed by a key of the same name."""
    path = bag / "data/custody/checkpoint.txt"
    text = path.read_text().partition("\n\n")[0].split("\n")
    text[2] = b64encode(bytes(32)).decode()
    path.write_text(Signer(text[0], bytes(32)).sign("\n".join(text) + "\n"))


def edit_a_consent(bag: Path, _: Path) -> None:
    json_in(bag / "data/consents.json", lambda all_: all_[1].update(given=False))


def edit_a_consent_everywhere(bag: Path, _: Path) -> None:
    json_in(bag / "data/consents.json", lambda all_: all_[1].update(given=False))
    (report,) = (bag / "data/records").glob("*-report.json")
    json_in(report, lambda said: said["consents"][1].update(given=False))
    remake_inventory(bag)


def edit_consent_words(bag: Path, _: Path) -> None:
    json_in(bag / "data/consents.json", lambda all_: all_[1].update(words="May we?"))
    remake_inventory(bag)


def remove_a_file(bag: Path, _: Path) -> None:
    (bag / "data/records/00000003-message.txt").unlink()


def remove_a_record_everywhere(bag: Path, _: Path) -> None:
    """A message is gone from the records, the ciphertexts and the inventory."""
    for path in bag.rglob("00000003*"):
        if path.parent.name in {"records", "sealed"}:
            path.unlink()

    def without(inventory: dict[str, Any]) -> None:
        inventory["records"] = [one for one in inventory["records"] if one["record"] != 3]
        files = inventory["files"].items()
        inventory["files"] = {name: facts for name, facts in files if "/00000003" not in name}

    json_in(bag / "data/inventory.json", without)


def add_a_file(bag: Path, _: Path) -> None:
    (bag / "data/records/00000099-message.txt").write_text("I made it up")


def another_message(bag: Path, _: Path) -> None:
    edited(
        bag / "data/records/00000003-message.txt", lambda text: text.replace(b"second", b"third")
    )
    remake_inventory(bag)


def another_proof(bag: Path, _: Path) -> None:
    proofs = sorted((bag / "data/custody/proofs").iterdir())
    shutil.copy(proofs[1], proofs[2])


def another_anchor(bag: Path, _: Path) -> None:
    (path,) = (bag / "data/anchors").iterdir()
    json_in(path, lambda anchor: anchor["block"].update(timestamp=1))


def another_salt(bag: Path, _: Path) -> None:
    (path,) = (bag / "data/anchors").iterdir()
    json_in(path, lambda anchor: anchor.update(salt="00" * 32))


def an_earlier_cosignature(bag: Path, _: Path) -> None:
    (path,) = (bag / "data/cosignatures").iterdir()
    name, __, signature = path.read_text().removeprefix("\N{EM DASH} ").partition(" ")
    raw = bytearray(b64decode(signature))
    raw[10] ^= 1  # after the key's number come eight bytes of time
    path.write_text(f"\N{EM DASH} {name} {b64encode(raw).decode()}\n")


def another_log_before(bag: Path, _: Path) -> None:
    """The proof that the log only grew since others vouched for it."""
    path = bag / "data/custody/consistency.json"

    def change(proofs: dict[str, list[str]]) -> None:
        for hashes in proofs.values():
            hashes[0] = b64encode(bytes(32)).decode()

    json_in(path, change)


def remake_inventory(bag: Path) -> None:
    """Hashes and sizes in the inventory are those of the changed files."""

    def facts(path: Path) -> dict[str, Any]:
        content = path.read_bytes()
        return {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "sha512": hashlib.sha512(content).hexdigest(),
        }

    def change(inventory: dict[str, Any]) -> None:
        for name, listed in inventory["files"].items():
            found = facts(bag / name)
            listed.update(size=found["size"], sha512=found["sha512"])
        for record in inventory["records"]:
            record["original"].update(facts(bag / record["original"]["path"]))
            sealed = facts(bag / record["sealed"]["path"])
            record["ciphertext"].update(sha256=sealed["sha256"], size=sealed["size"])

    json_in(bag / "data/inventory.json", change)


ATTACKS: dict[str, tuple[Attack, str]] = {
    "a bit of an original": (
        flip("data/records/00000002-message.txt"),
        "data/records/00000002-message.txt: changed",
    ),
    "a bit of a file": (
        flip("data/records/00000007-file.jpg"),
        "data/records/00000007-file.jpg: changed",
    ),
    "a bit of a ciphertext": (
        flip("data/sealed/00000001.age"),
        "data/sealed/00000001.age is not the ciphertext of custody entry 4",
    ),
    "an entry dropped": (drop_an_entry, "the inventory lists are missing or changed: [4]"),
    "entries reordered": (reorder_entries, "custody entry 4: out of order"),
    "the end cut off": (truncate, "the last entry is not that of the export"),
    "an entry back-dated": (back_date, "custody entry 5: not in the log"),
    "a forged view": (forge_a_view, "the signature is not that of its signer"),
    "a forged view, listed": (forge_a_view, "entries that the inventory does not list"),
    "files of another case": (swap_cases, "data/sealed/00000001.age: changed"),
    "files of another case, inventory remade": (
        swap_cases_with_inventory,
        "record 1: entry 4 is of another ciphertext",
    ),
    "another checkpoint": (another_checkpoint, "checkpoint: not signed by the log's key"),
    "a consent": (edit_a_consent, "data/consents.json: changed"),
    "a consent, not in its record": (edit_a_consent, "not those that are in the records"),
    "a consent, everywhere": (
        edit_a_consent_everywhere,
        "the inventory is not the one for which entry",
    ),
    "a consent's words": (edit_consent_words, "the words shown for c4 are not those"),
    "the index": (flip("data/index.pdf"), "data/index.pdf: changed"),
    "a file removed": (remove_a_file, "data/records/00000003-message.txt: in the inventory"),
    "a record removed": (remove_a_record_everywhere, "custody entry 6: its record is nowhere"),
    "a file added": (add_a_file, "data/records/00000099-message.txt: not in the inventory"),
    "another message": (another_message, "the inventory is not the one for which entry"),
    "another proof": (another_proof, "its proof is for another entry"),
    "another block": (another_anchor, "the block has another number or time"),
    "another salt": (another_salt, "another commitment"),
    "a time-stamp": (flip("data/timestamps/00000013-0001.tst"), "00000013-0001.tst"),
    "a cosignature's time": (an_earlier_cosignature, "witness.example did not sign it"),
    "a fork": (another_log_before, "the log does not begin as it was signed at entry"),
}


def test_a_bundle_as_it_was_made_is_in_order(pristine: Pristine) -> None:
    verdict = verify(pristine.bag, *pristine.options)
    assert (verdict.code, verdict.found) == (0, "")
    assert "says witness witness.example" in verdict.proven
    assert "says a time authority" in verdict.proven
    assert "development anchor" in verdict.open


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_found(pristine: Pristine, bags: Path, name: str) -> None:
    attack, expected = ATTACKS[name]
    bag = pristine.copy(bags)
    attack(bag, pristine.other)
    rebagged(bag)
    verdict = verify(bag, *pristine.options)
    assert verdict.code == 1
    assert expected in verdict.found
    assert "manifest-sha512" not in verdict.found, "the forger's manifests are in order"


def test_who_does_not_know_bagit_is_told_by_the_manifests(pristine: Pristine, bags: Path) -> None:
    bag = pristine.copy(bags)
    edited(bag / "data/sealed/00000001.age", flipped)
    (bag / "data/index.pdf").unlink()
    (bag / "data/more.txt").write_text("more")
    edited(bag / "bag-info.txt", lambda text: text.replace(b"BackUp", b"Other"))
    found = verify(bag, *pristine.options).found
    assert "data/sealed/00000001.age: changed (SHA-512 is not that of manifest-sha512" in found
    assert "data/index.pdf: in manifest-sha512.txt, but missing" in found
    assert "data/more.txt: not in manifest-sha512.txt" in found
    assert "bag-info.txt: changed" in found


def test_a_link_is_no_file(pristine: Pristine, bags: Path) -> None:
    bag = pristine.copy(bags)
    (bag / "data/index.pdf").unlink()
    (bag / "data/index.pdf").symlink_to("/etc/hostname")
    assert "data/index.pdf: a link, not a file" in verify(bag).found


def test_a_log_of_the_forgers_own_needs_the_published_key_to_be_found(
    pristine: Pristine, bags: Path
) -> None:
    bag = pristine.copy(bags)
    path = bag / "data/custody/checkpoint.txt"
    text = path.read_text().partition("\n\n")[0] + "\n"
    forger = Signer(text.split("\n")[0], bytes(32))
    for note in (path, *(bag / "data/checkpoints").iterdir()):
        note.write_text(forger.sign(note.read_text().partition("\n\n")[0] + "\n"))
    json_in(bag / "data/custody/keys.json", lambda keys: keys.update(log=str(forger.verifier)))
    rebagged(bag)
    shutil.rmtree(bag / "data/anchors")
    shutil.rmtree(bag / "data/timestamps")
    rebagged(bag)
    blind = verify(bag)
    assert blind.code == 0
    assert "that the log is the organisation's: its key comes from this bundle" in blind.open
    assert "not signed by the log's key" in verify(bag, *pristine.options).found


def test_with_the_cases_key_ciphertexts_are_compared_with_originals(pristine: Pristine) -> None:
    if shutil.which("age") is None:
        pytest.skip("age is not installed")
    verdict = verify(pristine.bag, *pristine.options, "--identity", str(pristine.identity))
    if "does not open with this identity" in verdict.found:
        pytest.skip("this age does not know hybrid keys (1.3 or newer does)")
    assert (verdict.code, verdict.found) == (0, "")
    assert "5 ciphertexts hold these very originals" in verdict.proven


def test_what_is_no_bundle_can_not_be_checked(tmp_path: Path) -> None:
    verdict = verify(tmp_path)
    assert verdict.code == 2
    assert "is no bundle" in verdict.errors
