#!/usr/bin/env python3
"""Check a BackUp bundle without BackUp, without a network, and without trusting who made it.

    age -d -i my.key bundle-….tar.age | tar -x
    python3 verify.py bundle-… --log-key KEY --tsa-ca ca.pem --witness KEY

Needs Python 3.8 or newer and the program `openssl` (3.0 or newer); with --identity also `age`.
Nothing is written but a temporary directory. Keys inside the bundle are used where none is given,
and then the answer says that they prove nothing by themselves.

Ends with 0 when nothing is wrong, 1 when something is, 2 when it could not be checked.

What is checked, in this order:
  1. the bag (RFC 8493): every file is there and is what the manifests say, and nothing else is
  2. the inventory: it lists every original, and a professional signed its hash in the custody log
  3. the custody log: each entry's hash, signature and place in the tree (RFC 6962)
  4. the records: ciphertexts and originals against custody entries and file manifests
  5. the checkpoint: signed by the log; earlier ones are beginnings of it
  6. others' words: witnesses, time-stamps (RFC 3161), blockchain anchors
  7. with --identity: each ciphertext opens, and holds the original
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

BLOCK = 1 << 20
PROFESSIONAL = "professional:"
ENTRY_SIGNED = b"backup custody entry v2\n"
ANCHOR_DOMAIN = b"backup anchor v1\n"
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
DASH = "\N{EM DASH} "
FREE = ("custody/", "checkpoints/", "cosignatures/", "timestamps/", "anchors/")
"""Folders whose files vouch for themselves; all others must be in the inventory."""
STUMBLES = (
    *(KeyError, IndexError, TypeError, ValueError, AttributeError),
    *(OSError, OverflowError, RecursionError),
)
"""What is raised where something is missing, or of another form."""


class Wrong(Exception):
    """Something is not as it should be; the message says what and where."""


class Unable(Exception):
    """It could not be checked."""


class Report:
    """What was found: wrong, proven, and left open."""

    def __init__(self):
        self.wrong, self.proven, self.open = [], [], []

    def check(self, where, step, *arguments):
        """Take one step; what it raises or stumbles over is wrong, and the next step goes on."""
        try:
            return step(*arguments)
        except Wrong as error:
            self.wrong.append("%s: %s" % (where, error))
        except STUMBLES as error:
            self.wrong.append("%s: missing or malformed (%s)" % (where, type(error).__name__))
        return None


def require(holds, otherwise):
    """Raise unless it holds."""
    if not holds:
        raise Wrong(otherwise)


# --- 1. The bag


def digest(path, name="sha512"):
    """The hash of a file, in hexadecimal digits."""
    hashed = hashlib.new(name)
    with path.open("rb") as file:
        for block in iter(lambda: file.read(BLOCK), b""):
            hashed.update(block)
    return hashed.hexdigest()


def check_bag(bag, report):
    """Every file, and no other, is what the manifests say."""
    require((bag / "bagit.txt").is_file(), "there is no bagit.txt: this is no bag")
    require(not (bag / "fetch.txt").exists(), "fetch.txt: parts of the bag would be elsewhere")
    files = {}
    for path in sorted(bag.rglob("*")):
        name = path.relative_to(bag).as_posix()
        if path.is_symlink():
            report.wrong.append("%s: a link, not a file" % name)
        elif path.is_file():
            files[name] = path
    payload = {name for name in files if name.startswith("data/")}
    tags = set(files) - payload - {"tagmanifest-sha512.txt"}
    for manifest, expected in (("manifest-sha512.txt", payload), ("tagmanifest-sha512.txt", tags)):
        listed = report.check(manifest, read_manifest, bag / manifest) or {}
        for name in sorted(expected - set(listed)):
            report.wrong.append("%s: not in %s" % (name, manifest))
        for name in sorted(set(listed) - expected):
            report.wrong.append("%s: in %s, but missing" % (name, manifest))
        for name in sorted(set(listed) & expected):
            if digest(files[name]) != listed[name]:
                report.wrong.append("%s: changed (SHA-512 is not that of %s)" % (name, manifest))
    size = sum(files[name].stat().st_size for name in payload)
    oxum = "Payload-Oxum: %d.%d" % (size, len(payload))
    if oxum not in (bag / "bag-info.txt").read_text("utf-8").splitlines():
        report.wrong.append("bag-info.txt: it tells of other files (not %s)" % oxum)


def read_manifest(path):
    """Hashes by file name."""
    lines = path.read_text("utf-8").splitlines()
    return {name: value for value, _, name in (line.partition("  ") for line in lines)}


# --- 2. The inventory


def check_inventory(bag, inventory, report):
    """Files that are in the inventory are there and the same, and there are no others."""
    listed = inventory["files"]
    for name in sorted(listed):
        report.check(name, check_listed, bag / name, listed[name])
    for path in sorted((bag / "data").rglob("*")):
        name = path.relative_to(bag).as_posix()
        known = name in listed or name == "data/inventory.json"
        if path.is_file() and not known and not name[5:].startswith(FREE):
            report.wrong.append("%s: not in the inventory" % name)
    for record in inventory["records"]:
        original = record.get("original")
        if original is not None:
            for part in (original["path"], record["sealed"]["path"]):
                if part not in listed:
                    report.wrong.append("%s: its record is listed, its hash is not" % part)


def check_listed(path, facts):
    """One file is as it was listed."""
    require(".." not in path.parts, "the inventory leads out of the bag")
    require(path.is_file(), "in the inventory, but missing")
    require(path.stat().st_size == facts["size"], "changed (another size than in the inventory)")
    require(digest(path) == facts["sha512"], "changed (SHA-512 is not that of the inventory)")


def check_export(inventory, seal, entries, report):
    """The inventory is the one that a professional signed for, and it lists these very entries."""
    *listed, last = entries
    fields = last.fields
    require(fields["action"] == "export", "the last entry is not that of the export")
    require(fields["actor"] == inventory["by"], "another than %s exported" % inventory["by"])
    require(
        fields["sha256"] == seal, "the inventory is not the one for which entry %d was made" % last
    )
    mine = [{"sequence": int(entry), "leaf": entry.leaf.hex()} for entry in listed]
    theirs = inventory["entries"]
    gone = [one["sequence"] for one in theirs if one not in mine]
    new = [one["sequence"] for one in mine if one not in theirs]
    require(not gone, "entries that the inventory lists are missing or changed: %s" % gone)
    require(not new, "entries that the inventory does not list: %s" % new)
    require(mine == theirs, "the entries are not in the order of the inventory")
    report.proven.append(
        "%d files (originals, consents, index) are the ones for which %s signed entry %d at %s"
        % (len(inventory["files"]), fields["actor"], last, fields["at"])
    )


# --- 3. The custody log


class Entry(int):
    """A custody entry: a number with what it says."""

    @classmethod
    def read(cls, line):
        """Read a line of entries.jsonl; the leaf covers the text as it stands there."""
        data = json.loads(line)
        entry = cls(data["sequence"])
        entry.text, entry.salt = data["text"].encode("utf-8"), bytes.fromhex(data["salt"])
        entry.fields = json.loads(data["text"])
        entry.leaf = hashlib.sha256(b"\x00" + entry.salt + entry.text).digest()
        return entry


def canonical(fields):
    """The one text of some fields (RFC 8785; they are ASCII names with strings and integers)."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8")


def check_entries(bag, case, tools, report):
    """Entries are in order, of this case, and signed where a person acted."""
    lines = (bag / "data/custody/entries.jsonl").read_text("utf-8").splitlines()
    entries, keys, signed = [Entry.read(line) for line in lines], {}, 0
    require(entries, "there are none")
    for before, entry in zip(entries, entries[1:]):
        if not before < entry:
            report.wrong.append("custody entry %d: out of order" % entry)
        if before.fields["at"] > entry.fields["at"]:
            report.wrong.append("custody entry %d: earlier than the one before it" % entry)
    for entry in entries:
        where = "custody entry %d" % entry
        report.check(where, check_entry, entry, case)
        signed += bool(report.check(where, check_signature, entry, keys, tools))
    for actor in sorted({e.fields["actor"] for e in entries if "signer" in e.fields} - set(keys)):
        report.open.append("that the key of %s is theirs: the log has no enrolment" % actor)
    report.proven.append("%d entries are signed by the professionals who acted" % signed)
    return entries


def check_entry(entry, case):
    """An entry says what an entry can say, and of this case."""
    fields = entry.fields
    require(canonical(fields) == entry.text, "not in its canonical form")
    require(fields.get("sequence", int(entry)) == entry, "it was written as another number")
    own = fields["case"] == case or (fields["case"] is None and fields["action"] == "enrol")
    require(own, "of another case (%s)" % fields["case"])


def check_signature(entry, keys, tools):
    """A person's entry is signed by the key that the log knows as theirs; True if it is signed."""
    fields = dict(entry.fields)
    actor = fields["actor"]
    if "signer" not in fields:
        require(not actor.startswith(PROFESSIONAL), "%s did not sign it" % actor)
        return False
    public, signature = bytes.fromhex(fields["signer"]), bytes.fromhex(fields.pop("signature"))
    message = ENTRY_SIGNED + entry.salt + canonical(fields)
    require(tools.signed(public, message, signature), "the signature is not that of its signer")
    if fields["action"] == "enrol":
        keys[actor] = public
    require(keys.get(actor, public) == public, "signed by another key than %s enrolled" % actor)
    return True


def node(left, right):
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(leaf, index, size, path):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    require(0 <= index < size, "the proof is for a place outside of the tree")
    first, last, root = index, size - 1, leaf
    for step in path:
        require(last > 0, "the proof is too long")
        if first & 1 or first == last:
            root = node(step, root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            root = node(root, step)
        first, last = first >> 1, last >> 1
    require(last == 0, "the proof is too short")
    return root


def grown(old, new, path):
    """The two roots that a consistency proof leads to (RFC 9162, 2.1.4.2), of (size, root)s."""
    (first, root), (second, _) = old, new
    require(0 < first < second, "the sizes make no sense")
    path = [root, *path] if first & (first - 1) == 0 else list(path)
    require(path, "the proof is empty")
    left, right = first - 1, second - 1
    while left & 1:
        left, right = left >> 1, right >> 1
    was = becomes = path[0]
    for step in path[1:]:
        require(right > 0, "the proof is too long")
        if left & 1 or left == right:
            was, becomes = node(step, was), node(step, becomes)
            while left and not left & 1:
                left, right = left >> 1, right >> 1
        else:
            becomes = node(becomes, step)
        left, right = left >> 1, right >> 1
    require(right == 0, "the proof is too short")
    return was, becomes


def check_place(bag, entry, checkpoint):
    """An entry is in the tree of the checkpoint, at its number."""
    path = bag / ("data/custody/proofs/%08d.tlog-proof" % entry)
    head, _, note = path.read_text("utf-8").partition("\n\n")
    header, number, *hashes = [line for line in head.split("\n") if line[:6] != "extra "]
    require(header == PROOF_HEADER, "its proof has another form")
    require(number == "index %d" % (entry - 1), "its proof is for another entry (%s)" % number)
    require(note_text(note) == checkpoint.text, "its proof is for another checkpoint")
    path = [base64.b64decode(line, validate=True) for line in hashes]
    root = included(entry.leaf, entry - 1, checkpoint.size, path)
    require(root == checkpoint.root, "not in the log: it was changed, back-dated or made up")


# --- 4. The records


def check_records(bag, inventory, entries, report):
    """Each record is the one whose ciphertext the log has, and each one in the log is told of."""
    by_number = {int(entry): entry for entry in entries}
    told = set()
    for record in inventory["records"]:
        told.add(record["custody"])
        where = "record %s" % record["record"]
        report.check(where, check_record, bag, record, by_number)
    for one in inventory["erased"]:
        told.add(one["custody"])
        shred = by_number.get(one["erased_by"])
        if shred is None or not says_erased(shred, one):
            report.wrong.append("record %s: no entry says that it was erased" % one["record"])
    for entry in entries:
        if entry.fields["action"] in ("preserve", "refuse") and entry not in told:
            report.wrong.append("custody entry %d: its record is nowhere" % entry)
    given = [record for record in inventory["records"] if "original" in record]
    check_manifests(bag, given, report)
    withheld = len(inventory["records"]) - len(given)
    report.proven.append(
        "%d records: ciphertexts are those of the log (%d withheld, %d erased, each listed)"
        % (len(given), withheld, len(inventory["erased"]))
    )


def says_erased(shred, one):
    """Whether an entry says that this record, or its whole case, was destroyed after it came."""
    later = int(shred) > one["custody"]
    whose = shred.fields["record"] in (None, one["record"])
    return shred.fields["action"] == "shred" and later and whose


def check_record(bag, record, entries):
    """Ciphertext, original, entry and inventory agree."""
    entry = entries.get(record["custody"])
    require(entry is not None, "its custody entry %s is missing" % record["custody"])
    fields, sealed = entry.fields, record["ciphertext"]
    require(fields["action"] in ("preserve", "refuse"), "entry %d did not preserve it" % entry)
    require(fields["record"] == record["record"], "entry %d is of another record" % entry)
    require(fields["actor"] == record["author"], "entry %d names another author" % entry)
    same = (fields["sha256"], fields["size"]) == (sealed["sha256"], sealed["size"])
    require(same, "entry %d is of another ciphertext" % entry)
    if "original" not in record:
        require(record.get("withheld"), "neither in the bag nor withheld")
        return
    path, original = record["sealed"]["path"], record["original"]
    require(
        digest(bag / path, "sha256") == fields["sha256"],
        "%s is not the ciphertext of custody entry %d" % (path, entry),
    )
    path = bag / original["path"]
    same = (digest(path, "sha256"), digest(path)) == (original["sha256"], original["sha512"])
    require(same, "%s is not the original that the inventory lists" % original["path"])


def check_manifests(bag, records, report):
    """What was noted, sealed, when a file arrived fits that file."""
    by_number = {record["record"]: record for record in records}
    for record in records:
        if record["kind"] == "manifest":
            where = "record %s" % record["record"]
            report.check(where, check_manifest, bag, record, by_number)


def check_manifest(bag, record, records):
    """Hashes and size in a file's manifest are those of the file."""
    said = json.loads((bag / record["original"]["path"]).read_text("utf-8"))
    file = records.get(said["file"])
    if file is None:
        return  # withheld, which the inventory says
    original = file["original"]
    same = all(said[name] == original[name] for name in ("size", "sha256", "sha512"))
    require(same, "the manifest is of another file than %s" % original["path"])
    require(said["ciphertext_sha256"] == file["ciphertext"]["sha256"], "it was sealed otherwise")


def check_consents(bag, inventory):
    """The consents are those in the records, and the words shown are those that were hashed."""
    found = []
    for record in inventory["records"]:
        if record["kind"] in ("report", "consent") and "original" in record:
            said = json.loads((bag / record["original"]["path"]).read_text("utf-8"))
            told = said.get("consents", []) if record["kind"] == "report" else [said]
            found += [dict(one, record=record["record"]) for one in told]
    listed = json.loads((bag / "data/consents.json").read_text("utf-8"))
    withheld = {r["record"] for r in inventory["records"] if "original" not in r}
    shown = [one for one in listed if one["record"] not in withheld]
    for one in shown:
        words = one["words"]
        same = words is None or hashed(words) == one["words_sha256"]
        require(same, "the words shown for %s are not those that were hashed" % one["consent"])
    bare = [{k: v for k, v in one.items() if k != "words"} for one in shown]
    require(bare == found, "not those that are in the records")


def hashed(words):
    """The SHA-256 of a text."""
    return hashlib.sha256(words.encode("utf-8")).hexdigest()


# --- 5. Checkpoints


class Checkpoint:
    """A tree head and who signed it (C2SP tlog-checkpoint in a signed note)."""

    def __init__(self, note):
        self.text = note_text(note)
        origin, size, root = self.text.split("\n")[:3]
        self.origin, self.size = origin, int(size)
        self.root = base64.b64decode(root, validate=True)
        self.signatures = note.partition("\n\n")[2].splitlines()


def note_text(note):
    """A signed note without its signatures."""
    return note.partition("\n\n")[0] + "\n"


class Key:
    """A public key, written name+hash+key; the first byte of the key is its kind."""

    def __init__(self, text):
        self.name, number, material = text.strip().split("+", 2)
        raw = base64.b64decode(material, validate=True)
        self.kind, self.public = raw[:1], raw[1:]
        found = hashlib.sha256(self.name.encode("utf-8") + b"\n" + raw).digest()[:4]
        require(found.hex() == number, "the key %s has a typing error" % self.name)
        self.id = found

    def signed(self, line, text, tools):
        """When, if this line is this key's signature of the text: seconds (0: it does not say)."""
        name, _, signature = line[len(DASH) :].partition(" ")
        raw = base64.b64decode(signature, validate=True)
        if not line.startswith(DASH) or (name, raw[:4]) != (self.name, self.id):
            return None
        message, at, raw = text.encode("utf-8"), 0, raw[4:]
        if self.kind == b"\x04":  # a witness's, with its time: C2SP cosignature/v1
            at, raw = int.from_bytes(raw[:8], "big"), raw[8:]
            message = b"cosignature/v1\ntime %d\n%b" % (at, message)
        require(tools.signed(self.public, message, raw), "%s did not sign it" % self.name)
        return at


def check_checkpoint(checkpoint, key, tools):
    """The log signed the checkpoint."""
    require(checkpoint.origin == key.name, "of another log (%s)" % checkpoint.origin)
    answers = [key.signed(line, checkpoint.text, tools) for line in checkpoint.signatures]
    require(any(at is not None for at in answers), "not signed by the log's key")


def check_grown(bag, checkpoint, key, tools):
    """Earlier checkpoints, which others vouched for, are beginnings of this log."""
    proofs = json.loads((bag / "data/custody/consistency.json").read_text("utf-8"))
    found = {}
    for path in sorted((bag / "data/checkpoints").glob("*.txt")):
        earlier = Checkpoint(path.read_text("utf-8"))
        require(path.name == "%08d.txt" % earlier.size, "%s has another size" % path.name)
        check_checkpoint(earlier, key, tools)
        old, new = (earlier.size, earlier.root), (checkpoint.size, checkpoint.root)
        if old != new:
            path_up = [base64.b64decode(one, validate=True) for one in proofs[str(earlier.size)]]
            roots = grown(old, new, path_up)
            require(
                roots == (old[1], new[1]),
                "the log does not begin as it was signed at entry %d" % earlier.size,
            )
        found[earlier.size] = earlier
    return found


# --- 6. Others' words


def check_cosignature(path, checkpoints, witnesses, tools, report):
    """A witness saw the log grow up to a checkpoint."""
    checkpoint = checkpoints[int(path.name[:8])]
    line = path.read_text("utf-8").rstrip("\n")
    for key in witnesses:
        at = key.signed(line, checkpoint.text, tools)
        if at is not None:
            vouched(report, "witness %s" % key.name, at, checkpoint.size)
            return
    report.open.append("%s: a cosignature by a witness whose key was not given" % path.name)


def check_timestamp(path, bag, authorities, tools, report):
    """An authority saw a checkpoint (RFC 3161)."""
    note = bag / "data/checkpoints" / (path.name[:8] + ".txt")
    token = ["-in", str(path), "-token_in"]
    arguments = ["ts", "-verify", "-data", str(note), *token, "-CAfile", str(authorities)]
    code, _ = tools.openssl(*arguments)
    require(code == 0, "the time-stamp is not for this checkpoint, or not by this authority")
    _, text = tools.openssl("ts", "-reply", *token, "-text")
    facts = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    name = facts["TSA"].replace("DirName:", "")
    who = "a time authority" if name == "unspecified" else "time authority %s" % name
    moment = re.sub(r"\.\d+", "", facts["Time stamp"])
    at = datetime.strptime(moment, "%b %d %H:%M:%S %Y GMT")
    vouched(report, who, at.replace(tzinfo=timezone.utc).timestamp(), int(path.name[:8]))


def check_anchor(path, bag, report):
    """A checkpoint's commitment is in a block with this header."""
    anchor = json.loads(path.read_text("utf-8"))
    note, block, receipt = anchor["checkpoint"], anchor["block"], anchor["receipt"]
    kept = (bag / "data/checkpoints" / (path.name[:8] + ".txt")).read_text("utf-8")
    require(note == kept, "the anchor is for another checkpoint")
    salt = bytes.fromhex(anchor["salt"])
    commitment = hashlib.sha256(ANCHOR_DOMAIN + salt + note.encode("utf-8")).digest()
    require(len(salt) == 32 and commitment.hex() == anchor["commitment"], "another commitment")
    header = octets(block["header"])
    require(keccak(header) == octets(block["hash"]), "the block's header has another hash")
    fields = rlp(header)
    said = tuple(int.from_bytes(fields[place], "big") for place in (8, 11))
    require(said == (block["number"], block["timestamp"]), "the block has another number or time")
    written = octets(receipt["rlp"])
    proof = [octets(one) for one in receipt["proof"]]
    held = in_trie(fields[5], anchor["transaction"]["index"], proof)
    require(held == written, "the block holds another receipt")
    status, _, _, logs = rlp(written[written[0] < 0xC0 :])
    require(status == b"\x01" and receipt["log_index"] >= 0, "the transaction failed")
    address, topics, _ = logs[receipt["log_index"]]
    sender, contract = octets(anchor["sender"]), octets(anchor["contract"])
    event = keccak(b"Anchored(bytes32,address)")
    logged = [event, commitment, sender.rjust(32, b"\0")]
    require(address == contract and topics == logged, "the block logged something else")
    chain = anchor["chain"]
    if chain["development"]:
        report.open.append(
            "development anchor on %s: whoever runs such a chain can make any block; "
            "it proves nothing to a third party" % chain["name"]
        )
        return
    who = "block %d of chain %s (%s)" % (block["number"], chain["id"], chain["name"])
    vouched(report, who, block["timestamp"], int(path.name[:8]))
    report.open.append(
        "that block %s is in the chain that everybody follows, and that contract %s and sender %s "
        "are the organisation's: compare them with an explorer and with what it published"
        % (block["hash"], anchor["contract"], anchor["sender"])
    )


def vouched(report, who, at, size):
    """Say since when the entries up to `size` are known to somebody else."""
    time = datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    report.proven.append("entries up to %d existed on %s, says %s" % (size, time, who))


def octets(text):
    """The bytes that 0x… writes."""
    return bytes.fromhex(text[2:] if text.startswith("0x") else text)


def rlp(data):
    """Read RLP, the form in which Ethereum writes what it hashes."""
    item, rest = rlp_item(data)
    require(not rest, "something follows an RLP item")
    return item


def rlp_item(data):
    """The first item, and what follows it."""
    first = data[0]
    if first < 0x80:
        return data[:1], data[1:]
    kind = 0xC0 if first >= 0xC0 else 0x80
    start = 1 + max(0, first - kind - 55)
    length = first - kind if start == 1 else int.from_bytes(data[1:start], "big")
    body, rest = data[start : start + length], data[start + length :]
    require(len(body) == length, "an RLP item is cut off")
    if kind == 0x80:
        return body, rest
    items = []
    while body:
        item, body = rlp_item(body)
        items.append(item)
    return items, rest


def in_trie(root, index, proof):
    """The value under a number in a Merkle-Patricia trie, by the nodes on the way to it."""
    number = index.to_bytes((index.bit_length() + 7) // 8, "big")
    key = number if index and index < 0x80 else bytes([0x80 + len(number)]) + number
    path = [half for byte in key for half in (byte >> 4, byte & 15)]
    following, wanted = list(proof), root
    while True:
        if isinstance(wanted, bytes):
            require(following and keccak(following[0]) == wanted, "a trie node has another hash")
            wanted = rlp(following.pop(0))
        if len(wanted) == 17:
            if not path:
                break
            wanted, path = wanted[path[0]], path[1:]
            continue
        halves = [half for byte in wanted[0] for half in (byte >> 4, byte & 15)]
        part, leaf = halves[1 if halves[0] & 1 else 2 :], halves[0] & 2
        require(path[: len(part)] == part, "the trie leads to another place")
        wanted, path = wanted[1], path[len(part) :]
        if leaf:
            require(not path, "the trie ends too early")
            break
    value = wanted[16] if isinstance(wanted, list) else wanted
    require(not following and value, "the trie does not end in a value")
    return value


def keccak(data):
    """Keccak-256, which Ethereum uses (SHA-3 with its first padding)."""
    mask = (1 << 64) - 1
    state = [[0] * 5 for _ in range(5)]
    padding = bytearray(136 - len(data) % 136)
    padding[0] ^= 0x01
    padding[-1] ^= 0x80
    data += bytes(padding)

    def turn(lane, by):
        return (lane << by | lane >> (64 - by)) & mask if by else lane

    for start in range(0, len(data), 136):
        for i in range(17):
            word = data[start + 8 * i : start + 8 * i + 8]
            state[i % 5][i // 5] ^= int.from_bytes(word, "little")
        register = 1
        for _ in range(24):
            columns = [a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] for a in state]
            mixed = [columns[x - 1] ^ turn(columns[(x + 1) % 5], 1) for x in range(5)]
            state = [[lane ^ mixed[x] for lane in state[x]] for x in range(5)]
            x, y, current = 1, 0, state[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x][y] = state[x][y], turn(current, (step + 1) * (step + 2) // 2 % 64)
            for row in range(5):
                lanes = [state[column][row] for column in range(5)]
                for column in range(5):
                    after = ~lanes[(column + 1) % 5] & lanes[(column + 2) % 5]
                    state[column][row] = lanes[column] ^ (after & mask)
            for bit in range(7):
                register = (register << 1) ^ (0x171 if register & 0x80 else 0)
                if register & 2:
                    state[0][0] ^= 1 << ((1 << bit) - 1)
    return b"".join(state[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


# --- 7. With the case's key


def check_opens(bag, record, case, identity, tools):
    """A ciphertext opens, stands in its own place, and holds the original."""
    original = record["original"]
    line, content = tools.opened(bag / record["sealed"]["path"], identity, record["kind"] != "file")
    require(content == original["sha256"], "what the ciphertext holds is not the original")
    if line is not None:
        said = json.loads(line)
        place = (said["case"], said["record"], said["kind"], said["author"])
        mine = (case, record["record"], record["kind"], record["author"])
        require(place == mine, "what the ciphertext holds belongs elsewhere: %s" % (place,))
        moments = [
            datetime.fromisoformat(at.replace("Z", "+00:00")) for at in (said["at"], record["at"])
        ]
        require(moments[0] == moments[1], "what the ciphertext holds has another time")


class Tools:
    """The two programs that are needed, and a place for their files."""

    def __init__(self, directory):
        self.directory = Path(directory)

    def openssl(self, *arguments):
        """Run openssl; its exit code and what it says."""
        done = subprocess.run(
            ["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def signed(self, public, message, signature):
        """Whether an Ed25519 key made the signature."""
        key, text, mark = (self.directory / name for name in ("key", "text", "signature"))
        key.write_bytes(bytes.fromhex("302a300506032b6570032100") + public)
        text.write_bytes(message)
        mark.write_bytes(signature)
        code, _ = self.openssl(
            *("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", str(key)),
            *("-in", str(text), "-sigfile", str(mark)),
        )
        return code == 0

    def opened(self, path, identity, bound):
        """What an age file holds: the line that binds it, if there is one, and the rest's hash."""
        command = ["age", "-d", "-i", str(identity), str(path)]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = run.stdout.readline() if bound else None
        rest = hashlib.sha256()
        for block in iter(lambda: run.stdout.read(BLOCK), b""):
            rest.update(block)
        require(run.wait() == 0, "the ciphertext does not open with this identity")
        return line, rest.hexdigest()


# --- All of it


def examine(bag, options, tools, report):
    """Take all steps."""
    report.check("bag", check_bag, bag, report)
    inventory = json.loads((bag / "data/inventory.json").read_text("utf-8"))
    case, seal = inventory["case"], digest(bag / "data/inventory.json", "sha256")
    report.check("inventory", check_inventory, bag, inventory, report)
    entries = report.check("custody log", check_entries, bag, case, tools, report)
    if entries is None:
        return
    report.check("inventory", check_export, inventory, seal, entries, report)
    report.check("records", check_records, bag, inventory, entries, report)
    report.check("consents.json", check_consents, bag, inventory)
    examine_log(bag, options, entries, tools, report)
    if options.identity is not None:
        given = [record for record in inventory["records"] if "original" in record]
        before = len(report.wrong)
        for record in given:
            where = "record %s" % record["record"]
            report.check(where, check_opens, bag, record, case, options.identity, tools)
        if len(report.wrong) == before:
            report.proven.append("%d ciphertexts hold these very originals" % len(given))


def examine_log(bag, options, entries, tools, report):
    """Check the tree, who signed it, and who vouched for it."""
    keys = json.loads((bag / "data/custody/keys.json").read_text("utf-8"))
    note = (bag / "data/custody/checkpoint.txt").read_text("utf-8")
    checkpoint = report.check("checkpoint", Checkpoint, note)
    key = report.check("log key", Key, options.log_key or keys["log"])
    if checkpoint is None or key is None:
        return
    before = len(report.wrong)
    report.check("checkpoint", check_checkpoint, checkpoint, key, tools)
    for entry in entries:
        report.check("custody entry %d" % entry, check_place, bag, entry, checkpoint)
    if len(report.wrong) == before:
        report.proven.append(
            "%d custody entries are in the log %s of %d entries, which its key %s signed"
            % (len(entries), checkpoint.origin, checkpoint.size, key.id.hex())
        )
    earlier = report.check("earlier checkpoints", check_grown, bag, checkpoint, key, tools) or {}
    witnesses = [Key(text) for text in options.witness or keys["witnesses"]]
    authorities = options.tsa_ca or bag / "data/timestamps/authorities.pem"
    stamps = sorted((bag / "data/timestamps").glob("*.tst"))
    for path in sorted((bag / "data/cosignatures").glob("*.txt")):
        where = path.relative_to(bag).as_posix()
        report.check(where, check_cosignature, path, earlier, witnesses, tools, report)
    for path in stamps if authorities.is_file() else ():
        where = path.relative_to(bag).as_posix()
        report.check(where, check_timestamp, path, bag, authorities, tools, report)
    for path in sorted((bag / "data/anchors").glob("*.json")):
        report.check(path.relative_to(bag).as_posix(), check_anchor, path, bag, report)
    if stamps and not authorities.is_file():
        report.open.append("time-stamps: no certificate of their authority is here (--tsa-ca)")
    say_what_is_open(options, witnesses, stamps, bag, report)


def say_what_is_open(options, witnesses, stamps, bag, report):
    """What no file can prove, and what other keys would."""
    if not options.log_key:
        report.open.append(
            "that the log is the organisation's: its key comes from this bundle; give the "
            "published one with --log-key, or anybody could have made all of this"
        )
    if witnesses and not options.witness:
        report.open.append("whose the witnesses' keys are: they come from this bundle (--witness)")
    if stamps and not options.tsa_ca:
        report.open.append("who the time authority is: its certificate comes from here (--tsa-ca)")
    for folder, what in (
        ("cosignatures", "no witness vouches for these entries"),
        ("timestamps", "no time authority vouches for these entries"),
        ("anchors", "no blockchain vouches for these entries"),
    ):
        if not (bag / "data" / folder).is_dir():
            report.open.append("since when, by others: %s" % what)
    report.open += [
        "that what is said is true, or complete",
        "who the sender was: the log knows pseudonyms",
        "anything before a record was received: when something happened or a picture was taken",
        "the exact times of entries: they are the server's clock, between what others vouch for",
    ]
    if options.identity is None:
        report.open.append(
            "that the ciphertexts hold these originals: that needs the case's key "
            "(--identity); who exported has signed for it"
        )


def main():
    """Check, say what was found, and end with 0, 1 or 2."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bag", type=Path, help="the bundle's directory")
    parser.add_argument("--log-key", help="the log's public key, as it was published")
    parser.add_argument("--witness", action="append", help="a witness's public key")
    parser.add_argument("--tsa-ca", type=Path, help="certificates of the time authority (PEM)")
    parser.add_argument("--identity", type=Path, help="a file with the case's age identity")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    options, report = parser.parse_args(), Report()
    needed = ["openssl"] + (["age"] if options.identity else [])
    missing = [name for name in needed if shutil.which(name) is None]
    try:
        if missing:
            raise Unable("the program %s is not installed" % " and ".join(missing))
        if not (options.bag / "data").is_dir():
            raise Unable("%s is no bundle: it has no data directory" % options.bag)
        with tempfile.TemporaryDirectory() as directory:
            report.check("bundle", examine, options.bag, options, Tools(directory), report)
    except Unable as error:
        print("could not be checked: %s" % error, file=sys.stderr)
        return 2
    wrong = list(dict.fromkeys(report.wrong))
    if options.json:
        print(json.dumps({"wrong": wrong, "proven": report.proven, "not_proven": report.open}))
    else:
        show(options.bag, wrong, report)
    return 1 if wrong else 0


def show(bag, wrong, report):
    """Say it to a person."""
    bag = bag.resolve()
    if wrong:
        print("%s: WRONG. Do not rely on it before this is explained:\n" % bag.name)
        print("".join("  - %s\n" % one for one in wrong))
        print("What else was found is worth little while this stands:\n")
    else:
        print("%s: nothing is wrong.\n\nProven:\n" % bag.name)
    print("".join("  - %s\n" % one for one in report.proven))
    print("Not proven:\n")
    print("".join("  - %s\n" % one for one in report.open))


if __name__ == "__main__":
    sys.exit(main())
