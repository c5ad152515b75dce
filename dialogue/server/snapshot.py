"""A tracker store that keeps nothing: the tracker comes with the request and leaves with it.

Rasa replays a tracker's events whenever it copies it, several times a turn, so the snapshot holds
no history: the slots, the active form, and that Rasa is listening. That is why the hundredth turn
costs what the first one costs. The slot in which Rasa notes the first message is left out: it has
what the person wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, SESSION_START_METADATA_SLOT
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event
from rasa.shared.core.trackers import DialogueStateTracker

Snapshot = dict[str, Any]

snapshot: ContextVar[Snapshot | None] = ContextVar("snapshot")
"""Of this request: what came in, and after the turn what goes out."""


class SlotsRestored(Event):
    """All slots at once: one event to replay instead of one for each slot."""

    type_name = "slots_restored"

    def __init__(self, slots: dict[str, Any]) -> None:
        super().__init__()
        self._slots = slots

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotsRestored) and other._slots == self._slots

    __hash__ = None

    def apply_to(self, tracker: DialogueStateTracker) -> None:
        """Set the slots that the domain still has."""
        for name, value in self._slots.items():
            if name in tracker.slots:
                tracker.slots[name].value = value

    def as_story_string(self) -> None:
        """It belongs to no story."""


class SnapshotStore(TrackerStore):
    """Rebuilds the tracker from the request's snapshot, and puts the new one in its place."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """The tracker of this request; an empty one if the conversation has not begun."""
        tracker = self.init_tracker(sender_id)
        given = snapshot.get()
        if given is not None:
            tracker.update(SlotsRestored(given["slots"]), self.domain)
            if given["form"]:
                tracker.update(ActiveLoop(given["form"]), self.domain)
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self.domain)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Leave the new snapshot in the request's context."""
        filled = {
            name: slot.value
            for name, slot in tracker.slots.items()
            if slot.value is not None and name != SESSION_START_METADATA_SLOT
        }
        snapshot.set({"form": tracker.active_loop_name, "slots": filled})

    async def keys(self) -> Iterable[str]:
        """Nothing is kept."""
        return ()
