"""What Rasa runs for each message: the one action of the form, and in it the flow's turn.

An ordinary action of the Rasa SDK: `rasa run actions --actions dialogue.actions` serves it over
HTTP just as the server of this package runs it in-process. All that it needs comes with the
message: how it arrived in the metadata (`heard`, `channel`, `owner`), the state in the slots. A
plain REST channel has no metadata; then the message is text that came through an app.
"""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from dialogue import slots
from dialogue.flow import Channel, Heard, State, take_turn
from dialogue.questionnaire import load

_QUESTIONNAIRE = load()


class ValidateReport(Action):
    """Takes one turn; its outcome leaves as one custom message, its state as slots."""

    def name(self) -> str:
        """The name by which Rasa's form calls it."""
        return slots.ACTION

    def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """Answer the latest message."""
        message = tracker.latest_message
        how = message.get("metadata") or {}
        ranking = [(one["name"], one["confidence"]) for one in message.get("intent_ranking", [])]
        turn = take_turn(
            _QUESTIONNAIRE,
            State.from_dict(slots.join(tracker.slots)),
            Heard.from_message(
                how.get("heard") or {"kind": "text", "text": message.get("text")},
                ranking=ranking,
                exact=message.get("exact", ()),
                language=how.get("language", ""),
            ),
            Channel.from_message(
                how.get("channel", {"sms": False}),
                owner=how.get("owner", "bot"),
                now=how.get("now"),
            ),
        ).to_dict()
        after = slots.split(turn.pop("state"), slots.names(_QUESTIONNAIRE))
        dispatcher.utter_message(json_message=turn)
        return [SlotSet(*change) for change in slots.changes(tracker.slots, after).items()]
