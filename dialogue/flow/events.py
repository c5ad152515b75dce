"""What happens on our own side and is no message: silence, a return code, words that wait.

Invariant: to whoever may not be there nothing is said but something harmless.
"""

from collections.abc import Callable, Mapping

from dialogue.flow import acts
from dialogue.flow.scene import Scene

FEEDBACK = "feedback"
"""The one block that is asked whoever has the conversation: its answers are not for them."""
FILE_ENDS = ("stored", "large", "empty", "half", "kind", "lost")
"""What can become of a file, for each of which there is a statement `media_…`."""


def welcome_back(scene: Scene) -> None:
    """Go on where it stopped."""
    if not scene.state.ended:
        scene.say("resume")
    scene.ask_again()


def happen(scene: Scene, event: str) -> None:
    """What happens on our own side; unknown events change nothing."""
    act = EVENTS.get(event)
    if act is not None:
        act(scene)


def _resumed(scene: Scene) -> None:
    """The return code was typed on another phone, of which nothing is known."""
    acts.reachable_at(scene, ())
    _unlocked(scene)


def _unlocked(scene: Scene) -> None:
    """The return code was typed: whoever knows it needs no safe word."""
    if scene.state.hidden:
        scene.do("unhide")
    scene.set(hidden=False, closed=False)
    welcome_back(scene)


def _returned(scene: Scene) -> None:
    """A professional gave the chat back."""
    if not (scene.state.hidden or scene.state.closed):
        scene.say("returned")
        scene.ask_again()


def _tell(say: str) -> Callable[[Scene], None]:
    """Say what became of files; not to somebody who hides, or has said good-bye."""

    def act(scene: Scene) -> None:
        if not (scene.state.hidden or scene.state.closed):
            scene.say(say)

    return act


def _idle(scene: Scene) -> None:
    """Nothing was written for a while: end neutrally; whoever holds the phone now may be another.

    A word is said only on a phone of their own. Who set a safe word is asked for it from here on.
    """
    state = scene.state
    if scene.channel.bot and not (state.hidden or state.closed):
        if state.kept and not state.ended and state.answers.get("device") == ("own",):
            scene.say("idle")
        scene.set(closed=True)
    scene.do("close")
    if state.safe_word is not None:
        scene.set(hidden=True)


def _knock(scene: Scene) -> None:
    """Somebody has written to them: say only something harmless, and wait for the safe word."""
    if scene.state.reach:
        scene.set(hidden=True)
        acts.hide(scene)


def _ask_feedback(scene: Scene) -> None:
    """The same, with three questions on the help that they got behind it."""
    if scene.state.reach:
        scene.set(pending=FEEDBACK)
        _knock(scene)


EVENTS: Mapping[str, Callable[[Scene], None]] = {
    "resumed": _resumed,
    "unlocked": _unlocked,
    "returned": _returned,
    "idle": _idle,
    "knock": _knock,
    "feedback": _ask_feedback,
    **{f"file_{end}": _tell(f"media_{end}") for end in FILE_ENDS},
}
