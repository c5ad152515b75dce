"""Runs alone in the sandbox: prints as JSON what the image at /input says of itself.

Nothing here is believed: whoever made the file could write anything. Imports nothing of ours.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import exifread

INPUT = Path("/input")
LONGEST = 200
TAGS = {
    "EXIF DateTimeOriginal": "taken_at",
    "EXIF OffsetTimeOriginal": "taken_offset",
    "Image DateTime": "changed_at",
    "Image Make": "make",
    "Image Model": "model",
    "Image Software": "software",
    "Image Artist": "artist",
    "Image ImageDescription": "description",
    "EXIF ExifImageWidth": "width",
    "EXIF ExifImageLength": "height",
    "GPS GPSDate": "gps_date",
}


def main() -> None:
    """Read both and print."""
    mime = sys.argv[1]
    print(json.dumps({"exif": exif(), "c2pa": c2pa(mime)}))  # noqa: T201 - that is its way out


def exif() -> dict[str, Any]:
    """Time, place, device and words, where there are any."""
    try:
        with INPUT.open("rb") as file:
            tags = exifread.process_file(file, details=False)
    except Exception:  # noqa: BLE001 - whatever a parser makes of a hostile file
        return {}
    told = {name: str(tags[tag])[:LONGEST] for tag, name in TAGS.items() if tag in tags}
    with contextlib.suppress(Exception):
        latitude, longitude = exifread.utils.get_gps_coords(tags) or (None, None)
        if latitude is not None:
            told["latitude"], told["longitude"] = f"{latitude:.6f}", f"{longitude:.6f}"
    return told


def c2pa(mime: str) -> dict[str, Any] | None:
    """Signed provenance, if the file carries any: by whom, when, and whether it fits the bytes.

    Nobody is asked, so a signer whom no list vouches for stays "untrusted" among the problems.
    """
    if b"c2pa" not in INPUT.read_bytes():
        return None
    try:
        return _c2pa(mime)
    except ImportError:
        return {"state": "not read"}
    except Exception:  # noqa: BLE001 - it carries the mark and can't be read
        return {"state": "unreadable"}


def _c2pa(mime: str) -> dict[str, Any]:
    from c2pa import Context, Reader, Settings  # noqa: PLC0415 - large, and seldom needed

    offline = Settings.from_dict(
        {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}}
    )
    with INPUT.open("rb") as file, Reader(mime, file, context=Context(offline)) as reader:
        store = json.loads(reader.json())
        manifest = reader.get_active_manifest() or {}
        state = str(reader.get_validation_state())
    signature = manifest.get("signature_info") or {}
    return {
        "state": state,
        "issuer": _short(signature.get("issuer")),
        "signed_at": _short(signature.get("time")),
        "made_with": _short(_maker(manifest)),
        "problems": [
            _short(problem.get("code")) for problem in store.get("validation_status", ())[:20]
        ],
    }


def _maker(manifest: dict[str, Any]) -> object:
    makers = manifest.get("claim_generator_info") or [{}]
    return makers[0].get("name") or manifest.get("claim_generator")


def _short(value: object) -> str | None:
    return None if value is None else str(value)[:LONGEST]


if __name__ == "__main__":
    main()
