"""`take_turn`: the dialogue as a pure function. Equal input gives equal output.

Invariants: over a professional the bot only obeys STOP, HIDE and DELETE, hears words of danger, and
tells what became of a file; a file is wanted only after the consent to keep it, but a recording
that answers a question counts as an answer, and whoever writes with a professional sends to them;
while hidden it only shows something harmless; a question that is asked once more after a second
misunderstanding comes with a way around it.
"""

from dataclasses import replace

from dialogue.flow import acts, commands
from dialogue.flow.answer import DONE, SAFE_WORD, answer, pick, text, unclear, voice
from dialogue.flow.channel import BOT, Channel
from dialogue.flow.events import FEEDBACK, happen, welcome_back
from dialogue.flow.order import codes_in, reachable
from dialogue.flow.scene import Scene
from dialogue.flow.state import State
from dialogue.flow.understand import UNCLEAR, Meaning, understand
from dialogue.flow.values import Heard, Turn
from dialogue.flow.words import normal
from dialogue.questionnaire.model import Questionnaire, split_key

OVER_OTHERS = ("stop", "hide", "delete")
HUMAN = "human"
FILES = ("photo", "video", "audio", "document")
"""Media that are files; a place or a sticker is none."""


def take_turn(
    questionnaire: Questionnaire, state: State | None, heard: Heard, channel: Channel
) -> Turn:
    """Take one turn; `state` is what the last one gave, None begins a conversation."""
    current = _current(questionnaire, state or State())
    if FEEDBACK in current.detours:
        channel = replace(channel, owner=BOT)
    scene = Scene(questionnaire, current, channel)
    if heard.kind == "event":
        happen(scene, heard.event)
    elif scene.state.hidden:
        _hidden(scene, heard)
    elif channel.bot:
        _open(scene, heard)
    else:
        _over_others(scene, heard)
    return scene.turn()


def _current(questionnaire: Questionnaire, state: State) -> State:
    """The state under this version of the questionnaire."""
    if state.version == questionnaire.version:
        return state
    known = state.asked is not None and split_key(state.asked)[0] in questionnaire.questions
    return replace(
        state,
        version=questionnaire.version,
        answers=reachable(questionnaire, state.answers),
        asked=state.asked if known else None,
        detours=tuple(name for name in state.detours if name in questionnaire.detours),
    )


def _meaning(scene: Scene, heard: Heard) -> Meaning:
    if heard.kind not in {"text", "choice"}:
        return UNCLEAR
    return understand(scene.questionnaire, scene.state, heard)


# -- the bot answers


def _open(scene: Scene, heard: Heard) -> None:
    meaning = _meaning(scene, heard)
    was_closed = scene.state.closed
    scene.set(closed=False)
    if meaning.kind in {"command", "safety"} and scene.state.language is None:
        _guess(scene, heard, meaning)
    if heard.kind == "media":
        _media(scene, heard.media)
    elif meaning.kind == "command":
        commands.command(scene, meaning.name)
    elif meaning.kind == "safety":
        _safety(scene, meaning.name)
    elif was_closed and heard.kind != "choice":
        welcome_back(scene)
    elif scene.state.asked is None:
        if heard.code:
            scene.say("code_unknown")
        _begin(scene, heard)
    else:
        _answered(scene, meaning, heard)


def _begin(scene: Scene, heard: Heard) -> None:
    """Ask what comes next; at the very first, perhaps in the language that was written."""
    if scene.state.language is None and _strange(scene, heard):
        acts.suggest(scene, heard.language)
    else:
        scene.go_on()


def _guess(scene: Scene, heard: Heard, meaning: Meaning) -> None:
    """What cannot wait for the menu is answered in the language that it seems to be in.

    Whether it is theirs is asked afterwards, unless they asked for the menu.
    """
    if not _strange(scene, heard):
        return
    scene.set(language=heard.language)
    scene.do("set_language", language=heard.language)
    if meaning.name != "language":
        acts.note_guess(scene, heard.language)


def _strange(scene: Scene, heard: Heard) -> bool:
    """Whether the words are in a language that is on offer, not in use, and not suggested yet."""
    known = {"", scene.state.language, *scene.state.guesses}
    offered = heard.language in scene.questionnaire.languages
    return offered and heard.language not in known and scene.channel.offers(heard.language)


def _answered(scene: Scene, meaning: Meaning, heard: Heard) -> None:
    if meaning.kind == "answer":
        answer(scene, meaning.codes)
    elif meaning.kind == "tap":
        pick(scene, meaning.codes[0])
    elif meaning.kind == "text":
        text(scene, heard.text)
    elif meaning.kind == "done" and scene.state.picked:
        answer(scene, ())
    elif meaning.kind == "small":
        unclear(scene, "thanks" if meaning.name == "thanks" else "greeting")
    elif heard.code:
        unclear(scene, "code_unknown")
    elif meaning.kind != "stale" and _strange(scene, heard):
        acts.suggest(scene, heard.language)
    else:
        unclear(scene, "stale" if meaning.kind == "stale" else "not_understood")


def _safety(scene: Scene, name: str) -> None:
    """Answer words of danger at once; of suicide, ask, so that a mistake can be put right."""
    if name == "suicide":
        scene.say("urgent.suicide_ask")
        scene.numbers("suicide")
        scene.enter("suicide")
        scene.go_on()
        return
    acts.alarm(scene, name)
    acts.tell_help(scene, _told(scene, name))
    scene.enter("person_now")
    scene.go_on()


def _told(scene: Scene, name: str) -> str:
    rule = next(rule for rule in scene.questionnaire.rules if rule.id == name)
    return rule.tell or rule.id


def _media(scene: Scene, media: str) -> None:
    question = scene.question
    if _spoken(scene, media):
        voice(scene)
        return
    if media == "location":
        scene.say("location_off")
    elif "c6" not in scene.state.consents or not _takes(scene, media):
        scene.say(_refusal(scene, media))
    else:
        scene.do("keep_file", answering=not scene.state.ended)
        if question is not None and question.kind == "files":
            scene.show("say.media_received", (DONE,))
            return
        scene.say("media_received")
    scene.ask_again()


def _spoken(scene: Scene, media: str) -> bool:
    """Whether a recording answers the open question: answers may be kept, and need no typing."""
    question = scene.question
    return (
        media == "audio"
        and _takes(scene, media)
        and scene.state.kept
        and question is not None
        and question.open
        and question.id != SAFE_WORD
        and not _is_minor(scene)
    )


def _takes(scene: Scene, media: str) -> bool:
    return scene.channel.files and media in FILES


def _refusal(scene: Scene, media: str) -> str:
    never = _is_minor(scene) or not _takes(scene, media)
    return "media_never" if never else "media_not_kept"


def _is_minor(scene: Scene) -> bool:
    codes = codes_in(scene.questionnaire, scene.state.answers, 0)
    return scene.questionnaire.conditions["minor"].holds(codes)


# -- hidden, or somebody else answers


def _hidden(scene: Scene, heard: Heard) -> None:
    if _wakes(scene, heard):
        _wake(scene)
        return
    meaning = _meaning(scene, heard)
    scene.set(closed=False)
    if _erases(scene, meaning):
        acts.erase(scene)
    elif meaning == Meaning("command", "delete"):
        commands.command(scene, "delete")
    elif meaning == Meaning("command", "stop"):
        # Whoever answers an unasked message so does not want another.
        acts.withdraw(scene, acts.CONTACT, "ask.withdraw")
        acts.close(scene)
    else:
        if meaning.kind == "safety":
            acts.alarm(scene, meaning.name)
        _drop_delete(scene)
        acts.hide(scene)


def _wake(scene: Scene) -> None:
    scene.set(hidden=False, closed=False)
    scene.do("unhide")
    scene.say("awake")
    if scene.state.pending:
        scene.channel = replace(scene.channel, owner=BOT)
        scene.enter(scene.state.pending)
        scene.set(pending="")
        scene.go_on()
    else:
        scene.ask_again()


def _wakes(scene: Scene, heard: Heard) -> bool:
    if heard.kind != "text":
        return False
    if scene.state.safe_word is not None:
        return normal(heard.text) == scene.state.safe_word
    return "return" in heard.exact


def _over_others(scene: Scene, heard: Heard) -> None:
    meaning = _meaning(scene, heard)
    if _deleting(scene) and meaning.kind == "answer":
        answer(scene, meaning.codes)
        return
    _drop_delete(scene)
    if meaning.kind == "command" and meaning.name in OVER_OTHERS:
        commands.command(scene, meaning.name)
        return
    scene.understood = False
    if meaning.kind == "safety":
        acts.alarm(scene, meaning.name)
        acts.tell_help(scene, _told(scene, meaning.name))
    elif heard.kind == "media":
        _media_over_others(scene, heard.media)


def _media_over_others(scene: Scene, media: str) -> None:
    """A file for the person who answers goes to them; what doesn't arrive, nobody else would tell.

    While a person is only awaited it takes the consent that the bot had asked for.
    """
    wanted = scene.channel.owner == HUMAN or "c6" in scene.state.consents
    if media == "location":
        scene.say("location_off")
    elif wanted and _takes(scene, media):
        scene.do("keep_file", answering=False)
    else:
        scene.say("media_never")


def _deleting(scene: Scene) -> bool:
    return scene.state.asked == commands.DELETE_SURE


def _erases(scene: Scene, meaning: Meaning) -> bool:
    return _deleting(scene) and meaning.kind == "answer" and meaning.codes == ("yes",)


def _drop_delete(scene: Scene) -> None:
    """Whoever does not answer whether to clear the chat does not want it."""
    if _deleting(scene):
        scene.leave()
        scene.set(asked=None, shown=())
