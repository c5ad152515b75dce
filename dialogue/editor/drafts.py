"""Blocks as they are written in a questionnaire file: made from a form, put into an older file."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from dialogue.questionnaire.conditions import ALWAYS, All, Any, Condition, Is, Not, Only


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDraft:
    """An option; `causes` are the fields that it has in the file."""

    name: str
    causes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDraft:
    """A question; `fields` are those that it has in the file beside `when` and `options`."""

    id: str
    fields: Mapping[str, str]
    when: Condition = ALWAYS
    options: tuple[OptionDraft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDraft:
    """A block; `fields` are `repeat` and `detour`."""

    id: str
    fields: Mapping[str, str]
    questions: tuple[QuestionDraft, ...]
    when: Condition = ALWAYS


def put_into(
    base: str, drafts: list[BlockDraft], *, keep: Collection[str] | None, after: str
) -> str:
    """The file with these blocks in it.

    Blocks of the same id are replaced, others stand after the block before them, the first after
    the block `after`. Of the file's own blocks those of `keep` stay, all if it is None.
    """
    head, blocks, tail = _parted(base)
    if keep is not None:
        blocks = {id_: text for id_, text in blocks.items() if id_ in keep}
    order = list(blocks)
    place = order.index(after) + 1 if after in order else len(order)
    for draft in drafts:
        if draft.id in order:
            place = order.index(draft.id) + 1
        else:
            order.insert(place, draft.id)
            place += 1
        blocks[draft.id] = "\n".join(_block(draft)) + "\n\n"
    return head + "".join(blocks[id_] for id_ in order) + tail


def add_says(base: str, says: Mapping[str, str]) -> str:
    """The file with more statements under `says:`."""
    lines = "".join(f"  {say}: {_quoted(note)}\n" for say, note in says.items())
    return re.sub(r"(?m)^says:[^\n]*\n", lambda found: found[0] + lines, base, count=1)


def next_version(base: str) -> str:
    """The file with its version one higher: answers under the old one are told apart."""
    return re.sub(r"(?m)^version: (\d+)", lambda v: f"version: {int(v[1]) + 1}", base, count=1)


def blocks_of(base: str) -> tuple[str, ...]:
    """Ids of the blocks in a file, in order."""
    return tuple(_parted(base)[1])


def _parted(base: str) -> tuple[str, dict[str, str], str]:
    """What stands before the blocks, each block with the comments above it, and what follows."""
    head, mark, rest = base.partition("\nblocks:\n")
    body, tail = rest, ""
    if ends := re.search(r"(?m)^(?=[^\s#])", rest):
        cut = rest.rfind("\n\n", 0, ends.start()) + 1
        body, tail = rest[:cut], rest[cut:]
    starts = [found.start() for found in re.finditer(r"(?m)^(?:  #.*\n)*  - id: \w+", body)]
    texts = [body[a:b] for a, b in zip(starts, [*starts[1:], len(body)], strict=True)]
    blocks = {re.search(r"- id: (\w+)", text)[1]: text for text in texts}  # type: ignore[index]
    return head + mark + body[: starts[0] if starts else 0], blocks, tail


def _block(draft: BlockDraft) -> Iterator[str]:
    yield f"  - id: {draft.id}"
    yield from (f"    {name}: {value}" for name, value in draft.fields.items())
    if draft.when != ALWAYS:
        yield f"    when: {said(draft.when)}"
    yield "    questions:"
    for number, question in enumerate(draft.questions):
        if number:
            yield ""
        yield from _question(question)


def _question(draft: QuestionDraft) -> Iterator[str]:
    yield f"      - id: {draft.id}"
    yield from (f"        {name}: {value}" for name, value in draft.fields.items())
    if draft.when != ALWAYS:
        yield f"        when: {said(draft.when)}"
    if draft.options:
        yield "        options:"
    for option in draft.options:
        causes = ", ".join(f"{name}: {value}" for name, value in option.causes.items())
        yield f"          - {option.name}: {{{causes}}}" if causes else f"          - {option.name}"


def said(condition: Condition) -> str:
    """A condition as the file writes it."""
    if isinstance(condition, Is):
        return f"{{{condition.question}: {_listed(condition.options)}}}"
    if isinstance(condition, Only):
        return f"{{only: {{{condition.question}: {_listed(condition.options)}}}}}"
    if isinstance(condition, Not):
        return f"{{not: {said(condition.part)}}}"
    if not isinstance(condition, All):
        raise TypeError(type(condition).__name__)
    merged = _merged(condition) if isinstance(condition, Any) else None
    if merged:
        return said(merged)
    word = "any" if isinstance(condition, Any) else "all"
    return f"{{{word}: [{', '.join(said(part) for part in condition.parts)}]}}"


def _merged(condition: Any) -> Is | None:
    """One of several options of one question is a single test."""
    parts = [part for part in condition.parts if isinstance(part, Is)]
    if len(parts) == len(condition.parts) and len({part.question for part in parts}) == 1:
        return Is(parts[0].question, frozenset().union(*(part.options for part in parts)))
    return None


def _listed(options: frozenset[str]) -> str:
    return next(iter(options)) if len(options) == 1 else f"[{', '.join(sorted(options))}]"


def _quoted(note: str) -> str:
    return '"' + note.replace("\\", "\\\\").replace('"', '\\"') + '"'
