"""The bundle's contents in CASE/UCO 1.4, the ontology by which forensic tools exchange evidence."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid5

from vault.bundle.bag import Item
from vault.bundle.material import Held, Material

CONTEXT = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "kb": "urn:backup:case:",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

Node = dict[str, Any]


def linked(material: Material) -> bytes:
    """JSON-LD: the investigation, the program as a tool, and each record with its provenance."""
    graph = [_tool(material), _investigation(material)]
    for record in material.given:
        graph += _record(material, record)
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1).encode()


def _tool(material: Material) -> Node:
    return {
        **_node(material, "tool", "uco-tool:Tool"),
        "uco-core:name": "BackUp",
        "uco-tool:version": material.version,
    }


def _investigation(material: Material) -> Node:
    return {
        **_node(material, "investigation", "case-investigation:Investigation"),
        "uco-core:name": material.reference,
        "uco-core:object": [
            _ref(material, f"{kind}-{record.id}")
            for record in material.given
            for kind in ("provenance", "preserve")
        ],
    }


def _record(material: Material, record: Held) -> list[Node]:
    assert record.original is not None  # noqa: S101 - `given` says so
    assert record.sealed is not None  # noqa: S101
    files = {"original": record.original, "sealed": record.sealed}
    observed = [_ref(material, f"{name}-{record.id}") for name in files]
    return [
        *(_file(material, f"{name}-{record.id}", item) for name, item in files.items()),
        {
            **_node(material, f"preserve-{record.id}", "case-investigation:InvestigativeAction"),
            "uco-core:name": "preserve",
            "uco-core:description": f"custody entry {record.sequence}, {record.kind} "
            f"by {record.author}",
            "uco-action:startTime": _time(record.at),
            "uco-action:instrument": _ref(material, "tool"),
            "uco-action:result": [*observed, _ref(material, f"provenance-{record.id}")],
        },
        {
            **_node(material, f"provenance-{record.id}", "case-investigation:ProvenanceRecord"),
            "uco-core:description": record.kind,
            "case-investigation:exhibitNumber": f"{material.reference}/{record.id}",
            "uco-core:object": observed,
        },
    ]


def _file(material: Material, name: str, item: Item) -> Node:
    return {
        **_node(material, name, "uco-observable:File"),
        "uco-core:hasFacet": [
            {
                **_node(material, f"file-facet-{name}", "uco-observable:FileFacet"),
                "uco-observable:fileName": item.path.rpartition("/")[2],
                "uco-observable:filePath": item.path,
                "uco-observable:sizeInBytes": item.size,
            },
            {
                **_node(material, f"content-facet-{name}", "uco-observable:ContentDataFacet"),
                "uco-observable:sizeInBytes": item.size,
                "uco-observable:hash": [
                    _hash(material, f"{kind}-{name}", method, value)
                    for kind, method, value in (
                        ("sha256", "SHA256", item.sha256),
                        ("sha512", "SHA512", item.sha512),
                    )
                ],
            },
        ],
    }


def _hash(material: Material, name: str, method: str, value: str) -> Node:
    return {
        **_node(material, name, "uco-types:Hash"),
        "uco-types:hashMethod": method,
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": value},
    }


def _node(material: Material, name: str, kind: str) -> Node:
    return {**_ref(material, name), "@type": kind}


def _ref(material: Material, name: str) -> Node:
    return {"@id": f"kb:{name}-{uuid5(material.case_id, name)}"}


def _time(at: datetime) -> Mapping[str, str]:
    return {"@type": "xsd:dateTime", "@value": at.isoformat()}
