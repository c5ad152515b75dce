"""Look after the vault: its store and the server's key.

check-store tries everything that the store relies on, on objects of its own. Trust a bucket with
evidence only after every line says ok; run it again after each change of the bucket or its server.
Run it with all rights on the bucket: a refusal for want of a right looks like one by a lock.

sweep finds objects that no record refers to: of a report whose keeping failed half-way, or of a
case that was erased while a lock kept its bytes. Without --erase it only counts. After an older
dump was restored, objects of what came later look like that too: do not erase then.

rotate-key gives the server a new key and wraps anew what the old one wraps; no object is touched.
BackUp must be stopped meanwhile. It may be killed at any moment: run it again to go on. Afterwards
copy keys/server.key to where its copy is kept: the old copy opens older dumps alone.
"""

import asyncio
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from dataclasses import replace
from datetime import UTC, datetime

from backup.alone import alone
from backup.database import open_database
from backup.rotation import rotate
from core.database import open_engine, open_sessions
from core.settings import Settings
from vault.keys.chosen import key_file
from vault.keys.file import Clear, guard_of
from vault.store import open_store
from vault.store.chosen import lock_of, open_client
from vault.sweep import orphans, sweep

FAILED_EXIT = 1


def add_arguments(parser: ArgumentParser) -> None:
    """The verbs of `backup vault`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("check-store", help="does the store keep what it promises?")
    sweeping = verbs.add_parser("sweep", help="objects that no record refers to")
    sweeping.add_argument("--erase", action="store_true", help="erase them")
    verbs.add_parser("rotate-key", help="renew the server's key")


def run(args: Namespace, settings: Settings) -> int:
    """Do what the verb says."""
    match args.verb:
        case "check-store":
            return _check(settings)
        case "sweep":
            return asyncio.run(_sweep(settings, erase=args.erase))
        case _:
            with alone(settings.backup_data):
                return asyncio.run(_rotate(settings))


def _check(settings: Settings) -> int:
    if settings.s3_bucket is None:
        print(f"S3_BUCKET is not set: objects are in {settings.backup_data / 'objects'}")
        print("note  a directory is not write-once against root; the custody log shows a change")
        return 0
    from vault.store.conformance import check_bucket  # noqa: PLC0415 - boto3 takes a while to load

    lock, failed = lock_of(settings), 0
    for check in check_bucket(open_client(settings), settings.s3_bucket, lock):
        failed += not check.passed
        print(f"{'ok  ' if check.passed else 'FAIL'}  {check.name}", flush=True)
        if not check.passed:
            print(f"      {check.otherwise}", flush=True)
    if lock is None:
        print("note  S3_LOCK is none: whoever has the credentials can delete every version")
    elif lock.mode == "GOVERNANCE":
        print("note  GOVERNANCE: whoever has the right to bypass it can delete every version")
    print(f"{failed} checks failed: do not trust this bucket" if failed else "all checks passed")
    return FAILED_EXIT if failed else 0


async def _sweep(settings: Settings, *, erase: bool) -> int:
    store = open_store(settings)
    async with open_database(settings) as database:
        # As the owner: a table that it couldn't see might refer to an object.
        engine = open_engine(database.owner_url, owner=True)
        async with open_sessions(engine)() as session:
            found = await orphans(session, store, now=datetime.now(UTC))
        await engine.dispose()
    size = sum(one.size for one in found) / 1e6
    print(f"{len(found)} objects that no record refers to, {size:.1f} MB")
    if erase:
        swept = await sweep(store, found)
        print(f"{swept.erased} erased, {swept.locked} kept by a lock for now")
    elif found:
        print("nothing was erased; add --erase")
    return 0


async def _rotate(settings: Settings) -> int:
    wanted = key_file(settings)
    # A file in clear may move under KMS; one under KMS opens with KMS alone.
    clear = guard_of(wanted.path) == Clear.name
    now = replace(wanted, guard=Clear()) if clear else wanted
    now.read_or_make()
    async with open_database(settings) as database:
        engine = open_engine(database.owner_url, size=1, owner=True)
        await rotate(engine, now, wanted, say=lambda line: print(line, flush=True))
        await engine.dispose()
    print(f"renewed; copy {wanted.path} to where its copy is kept")
    return 0
