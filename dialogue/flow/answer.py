"""What an answer does: it is kept, consents are given, reasons to be quick arise, ways open."""

from dialogue.flow.acts import VERBS, raise_reasons, reachable_at, speak
from dialogue.flow.scene import Scene
from dialogue.flow.understand import CARRIER_STOP
from dialogue.flow.urgency import arisen
from dialogue.flow.words import normal
from dialogue.questionnaire.model import (
    LANGUAGE,
    SKIP,
    TEXT,
    TOPIC,
    UNTOLD,
    VOICE,
    Option,
    Question,
)

DONE = "done"
MISSES = 2
"""Not understood so often, a way around is offered."""
KEEP = "c1"
SAFE_WORD = "safe_word"
SAFE_WORD_LENGTH = range(3, 31)
REACH = ("device", "c7", "contact_how", "contact_when")
"""The questions that decide whether and when they may be written to unasked."""
ELSEWHERE = ("call", "message")
NO_CONSENT = ("no", "none", *UNTOLD)


def answer(scene: Scene, codes: tuple[str, ...]) -> None:
    """Take the answer to the open question and go on."""
    question, key = scene.question, scene.state.asked
    if question is None or key is None:
        scene.go_on()
        return
    codes = tuple(dict.fromkeys((*scene.state.picked, *codes)))
    options = tuple(option for option in question.options if option.code in codes)
    if len(codes) > 1 and any(option.alone for option in options):
        unclear(scene, "alone")
        return
    _store(scene, question, key, codes, options)
    _consent(scene, question, options)
    if question.id == LANGUAGE:
        speak(scene, codes[0])
    _contact(scene, question, codes)
    for option in options:
        if option.says is not None:
            scene.say(option.says)
            if option.says == "delete_tip":
                scene.say("clear")
    raise_reasons(scene, arisen(scene.questionnaire, scene.state.answers, scene.times, question.id))
    _follow(scene, question, options)


def pick(scene: Scene, code: str) -> None:
    """Take one tap in a list of several; the list closes by "done", or by what stands alone."""
    question = scene.question
    if question is None:
        return
    tapped = next(option for option in question.options if option.code == code)
    picked = tuple(dict.fromkeys((*scene.state.picked, code)))
    left = tuple(o.ref for o in question.options if o.code not in picked and not o.alone)
    scene.set(picked=() if tapped.alone else picked)
    if tapped.alone or not left:
        answer(scene, (code,))
        return
    scene.show("say.more", (*left, DONE))


def unclear(scene: Scene, say: str) -> None:
    """Tell why, and ask once more; after that, by number and with a way around."""
    misses, question = scene.state.misses + 1, scene.question
    scene.understood = False
    scene.set(misses=misses)
    if misses < MISSES:
        scene.say(say)
        scene.ask_again()
        return
    skippable = question is not None and not (question.required or question.open)
    scene.say("by_number")
    scene.ask_again(extras=(SKIP, "person") if skippable else ("person",))


def text(scene: Scene, words: str) -> None:
    """Take an open answer: the gateway seals it, the dialogue knows that it is there."""
    problem = _problem(scene, words)
    if problem is not None:
        unclear(scene, problem)
        return
    if scene.state.asked == SAFE_WORD:
        scene.set(safe_word=normal(words))
    scene.do("keep_text", question=scene.state.asked)
    answer(scene, (TEXT,))


def voice(scene: Scene) -> None:
    """Take a recording as an open answer: the gateway keeps it, nobody but a person hears it."""
    scene.do("keep_file", answering=True, question=scene.state.asked)
    answer(scene, (VOICE,))


def _problem(scene: Scene, words: str) -> str | None:
    if len(words) > scene.questionnaire.text_limit:
        return "text_long"
    if scene.state.asked != SAFE_WORD:
        return None
    word = normal(words)
    usable = len(word) in SAFE_WORD_LENGTH and not word.isnumeric() and word not in CARRIER_STOP
    return None if usable else "word_bad"


# -- the steps of an answer


def _store(
    scene: Scene,
    question: Question,
    key: str,
    codes: tuple[str, ...],
    options: tuple[Option, ...],
) -> None:
    stays_open = question.required and any(option.does == "close" for option in options)
    if not stays_open:
        scene.set(answers={**scene.state.answers, key: codes})
    if question in scene.questionnaire.clocks and scene.channel.now is not None:
        scene.set(told={**scene.state.told, key: scene.channel.now})
    scene.set(misses=0, picked=())


def _consent(scene: Scene, question: Question, options: tuple[Option, ...]) -> None:
    if question.kind != "consent":
        return
    for option in options:
        if option.code in NO_CONSENT:
            continue
        consent = question.id if option.code == "yes" else f"{question.id}.{option.code}"
        scene.do("give_consent", consent=consent, say=f"ask.{question.id}")
        scene.set(consents=(*scene.state.consents, consent))
    scene.set(kept=KEEP in scene.state.consents)


def _contact(scene: Scene, question: Question, codes: tuple[str, ...]) -> None:
    """Note the topic, and when they may be written to: agreed, own device, at a time they named."""
    if question.id == TOPIC and codes[0] in scene.questionnaire.topics:
        scene.set(topic=codes[0])
    if question.id not in REACH:
        return
    answers = scene.state.answers
    may = (
        answers.get("c7") == ("yes",)
        and answers.get("device", ("own",)) == ("own",)
        and answers.get("contact_how", ("chat",))[0] not in ELSEWHERE
    )
    named = tuple(c for c in answers.get("contact_when", ()) if c not in {SKIP, *UNTOLD})
    reachable_at(scene, named if may else ())


def _follow(scene: Scene, question: Question, options: tuple[Option, ...]) -> None:
    """Do what the answer wants, then take its detour, then go on; some verbs end the turn."""
    for does, code in (*((o.does, o.code) for o in options), (question.does, "")):
        if does is not None and VERBS[does](scene, code):
            return
    for then in (question.then, *(option.then for option in options)):
        if then is not None:
            scene.enter(then)
    scene.go_on()
