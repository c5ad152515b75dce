"""Rasa's agent, fitted to serve turns: every replaced part of Rasa is named here, with the reason.

The figure is what a turn costs with Rasa's own part instead, measured in turns of the same process
on the shipped questionnaire; a turn itself takes about 1.7 ms of processor time.

| Rasa's part              | here                                                  | cost  |
|--------------------------|-------------------------------------------------------|-------|
| check of action results  | none: the actions are ours, not a stranger's server   | x 11  |
| graph runner (dask)      | `PlannedRunner`: planned once, not at every run       | x 1.4 |
| extraction of slots      | none: the form's action fills them all                | x 1.4 |
| form: the next question  | none: the turn's replies have it already              | x 1.3 |
| slot                     | `AnswerSlot`: copied by hand                          | x 1.3 |
| debug copies of events   | none: what nobody may read is not rendered            | x 1.2 |
| reading action results   | `TrustedAction`: slots only                           | x 1.1 |
| lock store               | `NoLocks`: a request brings its own conversation      | x 1.0 |
| action endpoint          | `InProcessActions`: the SDK's executor, without HTTP  |       |
| tracker store            | `SnapshotStore`: nothing is kept between requests     |       |
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel
from rasa.core.lock_store import LockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from dialogue import slots
from dialogue.actions import ValidateReport
from dialogue.server.runner import PlannedRunner
from dialogue.server.snapshot import SnapshotStore


class InProcessActions(EndpointConfig):
    """The action server's endpoint, without the server."""

    def __init__(self) -> None:
        super().__init__(url="in-process", selective_domain=True)
        self._executor = ActionExecutor()
        self._executor.register_action(ValidateReport)

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> dict[str, Any] | None:
        """Run the action that the call names."""
        return await self._executor.run(json)


class NoLocks(LockStore):
    """Nothing is shared between two requests, so nothing has to be locked."""

    @asynccontextmanager
    async def lock(self, *_: Any, **__: Any) -> AsyncGenerator[None, None]:
        """Go on at once."""
        yield None


class TrustedAction(RemoteAction):
    """A call of the action without the doubts about a stranger's server."""

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        """Take the turn: what it says, and the slots that it sets."""
        call = self._action_call_format(tracker, domain)
        result = await self.action_endpoint.request(json=call)
        said = await self._utter_responses(result["responses"], output_channel, nlg, tracker)
        return [*said, *(SlotSet(event["name"], event["value"]) for event in result["events"])]


class TurnForm(FormAction):
    """The form, whose action decides all: which slots are filled and which is asked for."""

    async def validate_slots(
        self,
        slot_candidates: dict[str, Any],  # noqa: ARG002
        tracker: DialogueStateTracker,
        domain: Domain,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
    ) -> list[Event]:
        """Take the turn."""
        action = TrustedAction(slots.ACTION, self.action_endpoint)
        return await action.run(output_channel, nlg, tracker, domain)

    async def request_next_slot(self, *_: Any, **__: Any) -> list[Event]:
        """Ask for nothing: the turn's replies have the question already."""
        return []


class TurnProcessor(MessageProcessor):
    """Rasa's processor with the parts above."""

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with tempfile.TemporaryDirectory() as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), Path(model_path), LocalModelStorage, PlannedRunner
            )
        return Path(model_path).name, metadata, runner

    async def run_action_extract_slots(
        self,
        output_channel: OutputChannel,  # noqa: ARG002
        tracker: DialogueStateTracker,
    ) -> DialogueStateTracker:
        """Leave the slots to the form's action."""
        return tracker

    def predict_next_with_tracker_if_should(
        self,
        tracker: DialogueStateTracker,
    ) -> tuple[Action, PolicyPrediction]:
        """Predict as Rasa does; a form is run as a `TurnForm`."""
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if isinstance(action, FormAction):
            action = TurnForm(action.name(), self.action_endpoint)
        return action, prediction

    def _log_action_on_tracker(
        self,
        tracker: DialogueStateTracker,
        action: Action,
        events: list[Event] | None,
        prediction: PolicyPrediction,
    ) -> None:
        """Note the action and its events."""
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction), self.domain)
        tracker.update_with_events(events or [], self.domain)

    @staticmethod
    def _log_slots(tracker: DialogueStateTracker) -> None:
        """Render no slot for a log that nobody may read."""


class TurnAgent(Agent):
    """Rasa's agent around such a processor."""

    def __init__(self, model: Path) -> None:
        super().__init__(lock_store=NoLocks(), action_endpoint=InProcessActions())
        self.tracker_store = SnapshotStore(None)  # bare: a failure must fail the turn
        self.load_model(model)

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Load the model into the processor."""
        self.processor = TurnProcessor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )
        self.domain = self.tracker_store.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
