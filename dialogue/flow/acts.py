"""What the dialogue does beside asking: close, hand over, submit, erase, hide, raise alarms."""

from collections.abc import Callable, Mapping

from dialogue.flow.report import facts
from dialogue.flow.scene import Scene
from dialogue.flow.state import State
from dialogue.flow.urgency import NOW, holding
from dialogue.flow.values import Json
from dialogue.questionnaire.messages import reason_told
from dialogue.questionnaire.model import LANGUAGE, Rule

CONTACT = "c7"
"""The consent to be written to."""
FEEDBACK = ("fb_reached", "fb_respected", "fb_safe")


def close(scene: Scene) -> None:
    """Be silent until they write."""
    scene.set(closed=True)
    scene.do("close")


def handoff(scene: Scene, reason: str) -> None:
    """Call a person, with what was kept so far, or with nothing of it."""
    if not scene.state.opened:
        be_honest(scene)
    scene.do("handoff", reason=reason, **facts(scene))
    scene.say("person")
    if not (scene.state.kept or scene.state.sent):
        scene.say("person_not_kept")
    _tell_how_it_comes(scene)
    left = tuple(name for name in scene.state.detours if name != "feedback")
    scene.set(asked=None, shown=(), detours=left)


def _tell_how_it_comes(scene: Scene) -> None:
    """An answer that comes late is not written to whoever holds the phone by then."""
    if not scene.state.reach:
        scene.say("contact_waits")


def withdraw(scene: Scene, consent: str, say: str) -> None:
    """Take back all that was agreed to under a question's name."""
    for one in scene.given(consent):
        scene.do("withdraw_consent", consent=one, say=say)
        scene.set(consents=tuple(left for left in scene.state.consents if left != one))
    if consent == CONTACT:
        reachable_at(scene, ())


def reachable_at(scene: Scene, times: tuple[str, ...]) -> None:
    """Let the gateway know when they may be written to unasked; never, if at no time."""
    if times != scene.state.reach:
        scene.set(reach=times)
        scene.do("contact", when=list(times))


def hide(scene: Scene) -> None:
    """Show something harmless of the chosen topic; the next of its texts at each message."""
    number = scene.state.hides % scene.questionnaire.hide_texts + 1
    topic = scene.state.topic or scene.questionnaire.topics[0]
    scene.set(hides=scene.state.hides + 1)
    scene.utter(f"hide.{topic}.{number}")


def erase(scene: Scene) -> None:
    """Forget everything, even the language; who hid stays hidden, in their language.

    The turns are counted on, so that no old button answers a question of the new conversation.
    """
    state = scene.state
    scene.do("erase")
    if state.hidden:
        scene.state = State(
            language=state.language,
            hidden=True,
            hides=state.hides,
            topic=state.topic,
            turn=state.turn,
        )
        hide(scene)
        return
    scene.say("erased")
    scene.say("clear")
    scene.state = State(turn=state.turn)


def raise_reasons(scene: Scene, rules: tuple[Rule, ...]) -> None:
    """Tell at once what helps and let the gateway know what cannot wait; each reason once."""
    raised = scene.state.raised
    new = [rule for rule in rules if rule.id not in raised]
    told = {rule.tell for rule in scene.questionnaire.rules if rule.id in raised}
    for tell in dict.fromkeys(rule.tell for rule in new):
        if tell is not None and tell not in told:
            tell_help(scene, tell)
    scene.set(raised=(*raised, *(rule.id for rule in new)))
    now = [rule.id for rule in new if rule.rank == NOW]
    if now:
        scene.do("urgent", urgency=NOW, reasons=now)


def tell_help(scene: Scene, tell: str) -> None:
    """Say what helps, and whom to call."""
    scene.say(reason_told(tell))
    scene.numbers(tell)


def speak(scene: Scene, language: str) -> None:
    """Use a language from here on; the first time, say who answers and who can read along."""
    scene.set(language=language)
    scene.do("set_language", language=language)
    if not scene.state.opened:
        scene.say("opening")
        be_honest(scene)


def be_honest(scene: Scene) -> None:
    """Say once who else can read this channel."""
    scene.set(opened=True)
    if not scene.channel.confidential:
        scene.say("opening_open_channel")


def suggest(scene: Scene, language: str) -> None:
    """Ask, in the language that their words seem to be in, whether it is theirs; once for each."""
    note_guess(scene, language)
    scene.go_on()


def note_guess(scene: Scene, language: str) -> None:
    """Have it asked next whether a language is theirs."""
    scene.set(guesses=(*scene.state.guesses, language))
    scene.enter("language_guess")


def alarm(scene: Scene, name: str) -> None:
    """Let the gateway know of words of danger, each time; they count in the report."""
    scene.set(alarms=tuple(dict.fromkeys((*scene.state.alarms, name))))
    scene.do("urgent", urgency=NOW, reasons=[name])


# -- the verbs of the questionnaire; true ends the turn


def _close(scene: Scene, _: str) -> bool:
    if scene.state.asked in scene.state.answers:
        scene.set(asked=None, shown=())
    close(scene)
    return True


def _end(scene: Scene, _: str) -> bool:
    scene.set(ended=True, asked=None, shown=(), detours=())
    return True


def _handoff(scene: Scene, _: str) -> bool:
    handoff(scene, scene.state.detours[-1] if scene.state.detours else "person")
    return True


def _submit(scene: Scene, _: str) -> bool:
    state = scene.state
    raise_reasons(scene, holding(scene.questionnaire, state.answers, scene.times))
    report = facts(scene)
    scene.do("submit", **report)
    if report["services"]:
        scene.do("handoff", reason="report", **report)
    scene.say(_received(report))
    if report["services"]:
        _tell_how_it_comes(scene)
    scene.set(
        answers={}, told={}, ended=True, sent=True, asked=None, shown=(), detours=(), alarms=()
    )
    return True


def _received(report: Json) -> str:
    """What becomes of the report; without a service to share it with nobody is asked to read it."""
    if not report["services"]:
        return "submitted_alone"
    return "submitted_p0" if report["urgency"] == NOW else "submitted"


def _erase(scene: Scene, _: str) -> bool:
    erase(scene)
    return True


def _again(scene: Scene, _: str) -> bool:
    state = scene.state
    scene.state = State(
        version=state.version,
        language=state.language,
        answers={LANGUAGE: (state.language or scene.questionnaire.languages[0],)},
        turn=state.turn,
        opened=True,
        hides=state.hides,
        safe_word=state.safe_word,
        topic=state.topic,
        reach=state.reach,
    )
    scene.go_on()
    return True


def _withdraw(scene: Scene, consent: str) -> bool:
    withdraw(scene, consent, "ask.withdraw")
    scene.say("withdrawn")
    return False


def _speak(scene: Scene, _: str) -> bool:
    language = scene.state.guesses[-1]
    scene.set(answers={**scene.state.answers, LANGUAGE: (language,)})
    speak(scene, language)
    return False


def _languages(scene: Scene, _: str) -> bool:
    scene.leave()
    scene.ask(LANGUAGE)
    return True


def _feedback(scene: Scene, _: str) -> bool:
    """Hand over how the help was, and forget it here."""
    answers = scene.state.answers
    given = {name: answers[name][0] for name in FEEDBACK if name in answers}
    scene.do("feedback", **{name.removeprefix("fb_"): code for name, code in given.items()})
    scene.say("feedback_thanks")
    left = {key: codes for key, codes in answers.items() if key not in given}
    scene.set(answers=left, asked=None, shown=())
    scene.leave()
    return True


VERBS: Mapping[str, Callable[[Scene, str], bool]] = {
    "close": _close,
    "end": _end,
    "handoff": _handoff,
    "submit": _submit,
    "erase": _erase,
    "again": _again,
    "withdraw": _withdraw,
    "speak": _speak,
    "languages": _languages,
    "feedback": _feedback,
}
