"""What a report says: the answers by question, and what the program makes of them."""

from dataclasses import asdict

from dialogue.flow.order import codes_in
from dialogue.flow.scene import Scene
from dialogue.flow.urgency import holding, open_windows, rank_of
from dialogue.flow.values import Json
from dialogue.questionnaire.model import Question, split_key

SERVICES = "c2"


def facts(scene: Scene) -> Json:
    """The report's fields; without the consent to keep answers there are none in it.

    `answers` maps a question, with `#2` for a second telling, to the ids of its options, to
    `dk`, `pns` or `skip`, or to `"@text"` for a sealed text.
    """
    state, questionnaire = scene.state, scene.questionnaire
    codes = codes_in(questionnaire, state.answers, 0)
    found = holding(questionnaire, state.answers, scene.times)
    rules = tuple(r for r in questionnaire.rules if r in found or r.id in state.alarms)
    return {
        "answers": _answers(scene) if state.kept else {},
        "consents": list(state.consents),
        "urgency": rank_of(rules),
        "reasons": [rule.id for rule in rules],
        "windows": [asdict(one) for one in open_windows(questionnaire, state.answers, scene.times)],
        "version": questionnaire.version,
        "rules_version": questionnaire.rules_version,
        "services": [one.partition(".")[2] for one in scene.given(SERVICES)],
        "minor": questionnaire.conditions["minor"].holds(codes),
        "role": next(iter(codes("role")), None),
        "language": state.language or questionnaire.languages[0],
        "sms": scene.channel.sms,
    }


def _answers(scene: Scene) -> Json:
    questions = scene.questionnaire.questions
    return {
        key: [_id(questions[split_key(key)[0]], code) for code in codes]
        for key, codes in scene.state.answers.items()
        if questions[split_key(key)[0]].kept
    }


def _id(question: Question, code: str) -> str:
    option = question.option(code)
    return code if option is None else option.ref
