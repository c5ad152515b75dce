"""What can be typed at any moment."""

from collections.abc import Callable, Mapping

from dialogue.flow.acts import close, handoff, hide, withdraw
from dialogue.flow.answer import KEEP, answer, unclear
from dialogue.flow.scene import Scene
from dialogue.questionnaire.model import SKIP, TEXT, VOICE, split_key

DELETE_SURE = "delete_sure"
INFO = "info"


def command(scene: Scene, name: str) -> None:
    """Obey a command."""
    COMMANDS[name](scene)


def stop(scene: Scene) -> None:
    """Say good-bye; what is open stays open."""
    scene.say("stopped")
    close(scene)


def skip(scene: Scene) -> None:
    """Leave the open question out, unless nothing goes on without it."""
    question = scene.question
    if question is None or _is_answered(scene):
        scene.go_on()
    elif scene.state.picked:
        answer(scene, ())  # what was tapped is an answer; no more of it is wanted
    elif question.required:
        unclear(scene, "needed")
    else:
        answer(scene, (SKIP,))


def back(scene: Scene) -> None:
    """Open the last answer again; out of what no answer led to, just go on."""
    key = _last(scene)
    if _is_answered(scene) or (scene.state.detours and key is None):
        scene.leave()
        scene.go_on()
    elif key is None:
        unclear(scene, "no_back")
    else:
        _reopen(scene, key)
        scene.ask(key)


def help_(scene: Scene) -> None:
    """Tell whom to call and what can be typed."""
    scene.say("help")
    scene.numbers("all")
    scene.ask_again()


def go_into_hiding(scene: Scene) -> None:
    """At once, without a question or a word that betrays it."""
    scene.set(hidden=True)
    scene.do("hide")
    hide(scene)


def delete(scene: Scene) -> None:
    """Ask whether to clear the chat."""
    scene.enter("delete")
    scene.ask(DELETE_SURE)


def language(scene: Scene) -> None:
    """Show the languages by their own names."""
    scene.ask("language")


def person(scene: Scene) -> None:
    """Call a person."""
    handoff(scene, "person")


def info(scene: Scene) -> None:
    """Tell who runs this, and what can be read here without giving anything."""
    scene.say("about")
    scene.enter(INFO)
    scene.ask(INFO)


COMMANDS: Mapping[str, Callable[[Scene], None]] = {
    "stop": stop,
    "skip": skip,
    "back": back,
    "help": help_,
    "hide": go_into_hiding,
    "delete": delete,
    "language": language,
    "person": person,
    "info": info,
}


# -- the way back


def _is_answered(scene: Scene) -> bool:
    """Whether the open question has an answer already: LANGUAGE asks it again."""
    return scene.state.asked in scene.state.answers


def _last(scene: Scene) -> str | None:
    """The answer to open again: in a detour its own last one, or the one that led to it."""
    keys = [] if scene.state.ended else list(scene.state.answers)
    detour_of = scene.questionnaire.detour_of
    if not scene.state.detours:
        return next((key for key in reversed(keys) if key not in detour_of), None)
    detour = scene.state.detours[-1]
    inside = bool(keys) and (detour_of.get(keys[-1]) == detour or _led(scene, keys[-1], detour))
    return keys[-1] if inside else None


def _led(scene: Scene, key: str, detour: str) -> bool:
    question = scene.questionnaire.questions[split_key(key)[0]]
    return detour in (question.then, *(option.then for option in question.options))


def _reopen(scene: Scene, key: str) -> None:
    """Take an answer away, and those after it, with what they had given."""
    if scene.state.detours and _led(scene, key, scene.state.detours[-1]):
        scene.leave()
    answers = dict(scene.state.answers)
    while key in answers:
        last, codes = answers.popitem()
        question = scene.questionnaire.questions[split_key(last)[0]]
        if codes == (TEXT,):
            scene.do("drop_text", question=last)
        elif codes == (VOICE,):
            scene.do("drop_file", question=last)
        if question.kind == "consent":
            withdraw(scene, question.id, f"ask.{question.id}")
    scene.set(answers=answers, kept=KEEP in scene.state.consents)
