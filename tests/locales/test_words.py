"""What every catalog must keep to, whatever the language."""

import re
from collections.abc import Iterator
from string import Formatter

import pytest
import smsutil

from dialogue.questionnaire import Question, load, message_ids, placeholders
from locales import Catalogs
from locales.catalogs import HERE
from locales.languages import read_registry
from locales.pofile import read_domain

QUESTIONNAIRE = load()
IDS = message_ids(QUESTIONNAIRE)
CATALOGS = Catalogs.load(strict=True)
LANGUAGES = tuple(read_registry(HERE / "languages.yml"))
WRITTEN = {
    code: {
        message_id: words.forms
        for message_id, words in read_domain(HERE / code / "LC_MESSAGES/chat.po").messages.items()
    }
    for code in LANGUAGES
}
"""All forms of all messages of the chat, as they stand in the files."""
GSM_7 = ("en", "fr", "sw", "ha", "rw")
"""Languages whose letters can all be chosen from the 7-bit alphabet of SMS."""
SMS_QUESTIONS = tuple(one for one in QUESTIONNAIRE.questions.values() if one.sms)
OWN_IDS = frozenset(
    {
        "say.neutral",
        "say.channel.telegram",
        "say.channel.whatsapp",
        "say.clear.telegram",
        "say.clear.whatsapp",
        "say.receipt",
    }
)
"""What the program says beside the questionnaire."""
VALUES = {
    "code": "1234 5678 9012",
    "receipts": "\n".join(["ABCD-EFGH-JKMN-PQRS"] * 3),
    "receipt": "ABCD-EFGH-JKMN-PQRS",
    "address": "https://help.example.org/receipt",
    "limit": "300",
    "answered": "24",
    "skipped": "11",
    "numbers": "Emergency line 112",
}
OWN_VALUES = frozenset({"receipt", "address"})
"""What the program fills in what it says beside the questionnaire."""
MENU = "language"
"""The one question whose options are in many scripts, whatever the language."""

SLIPS = {
    "en": r"rape|penetrat|vagina|penis|\banal|genital|semen|victim|virgin|\bconsent|resist|"
    r"wearing|why did you|should have|too late|guarantee|promise|will be safe|\bdoses?\b|"
    r"\d ?mg\b|tablet|\bpills?\b|blockchain",
    "fr": r"\bviol|pénétr|vagin|pénis|\banal|génita|sperme|victime|vierge|consent|résist|"
    r"portiez|pourquoi avez-vous|auriez dû|trop tard|garanti|promet|promis|\bdoses?\b|"
    r"\d ?mg\b|comprimé|pilule|blockchain",
    "uk": r"ґвалт|згвалт|проник|вагін|піхв|пеніс|(?<!\w)анал|геніта|статев|сперм|жертв|незайман|"
    r"цнот|опір|опирал|вдягнен|одягнен|чому ви(?!\w)|треба було|слід було|варто було|запізно|"
    r"гаранту|обіця|будете в безпеці|(?<!\w)доз[аиуі]?(?!\w)|\d ?мг(?!\w)|таблет|пігул|блокчейн",
    "sw": r"\bu?baka|mbaka|bakwa|\bkuma\b|\bmboo|\bu(?:ume|ke)\b|mkundu|shahawa|manii|athirika|"
    r"bikira|ridhaa|\bidhini|kinza|kupinga|ulivaa|kwa nini (?:uli|huku)|ungepaswa|ulipaswa|"
    r"mechelewa|dhamana|\bahidi|aahidi|utakuwa salama|\bdozi|\d ?mg\b|kidonge|vidonge|\btembe\b|"
    r"blockchain",
    "ru": r"изнасил|проник|вагин|влагал|пенис|(?<!\w)анал(?!из)|генитал|полово|полову|сперм|жертв|"
    r"девствен|сопротивл|одеты|одежду носи|почему вы(?!\w)|надо было|следовало|стоило бы|гарант|"
    r"поздно(?!\w)|обеща|будете в безопасности|(?<!\w)доз[аыуе]?(?!\w)|\d ?мг(?!\w)|таблет|пилюл|"
    r"блокчейн",
    "ha": r"fya[dɗ]e|jima'i|farji|azzakari|dubura|maniyyi|budurw|budurci|tsayayya|turje|sanye da|"
    r"me ya sa kuka|don me kuka|da kun|\bmakara\b|ya kure|al[kƙ]awari|lamuni|allura|[kƙ]wayoyi|"
    r"za ku kasance lafiya|\d ?mg\b|blockchain",
    "rw": r"ku ngufu|sambany|gitsina|\bimboro|\bigituba|amasohoro|masugi|isugi\b|nzirakarengane|"
    r"rwanyij|mwirwanaho|mwambaye|mwari mwambay|kuki mu|kubera iki mu|mwagombaga|mwari kuba|"
    r"mwatinze|byaratinze|byarangiye|sezeran|tubijeje|turabizeza|muzaba mutekanye|\bdoze\b|"
    r"\d ?mg\b|\bibinini|\bikinini|blockchain",
}
"""Graphic words, blame, promises, doses: none of them has a place in the chat."""

SHOWS_THE_SUBJECT = {
    "en": r"forc(?:e|ing)|sexual|\bsex\b|attack|weapon|beat|kill|violen|abus|assault|threat|danger|"
    r"survivor|soldier|rebel|crime",
    "fr": r"forc[ée]|sexuel|attaqu|\barmes?\b|frapp|\btu[ée]|violen|\babus|agress|menac|danger|"
    r"survivant|soldat|rebelle|crime",
    "uk": r"примус|примуш|секс|статев|напад|збро|побит|(?<!\w)(?:бил|бив)|вбив|вбит|убит|насил|"
    r"ґвалт|знущ|катув|погро|загро|небезпе|постражда|солдат|військ|бойов|злочин",
    "sw": r"lazimish|\bnguvu|ngono|\bbak[aw]|bakwa|shambuli|silaha|pigwa|\buaw?a|kuua|mauaji|"
    r"ukatili|unyanyas|dhulum|vitisho|hatari|manusura|askari|jeshi|waasi|uhalifu|\bjinai",
    "ru": r"принужд|принудит|секс|полово|напад|атак|оруж|избив|избит|побои|(?<!\w)бил|уби[влтй]|"
    r"насил|издев|пыт[ко]|угроз|угрож|(?<!з)опасн|пострада|выживш|солдат|военн|боеви|преступ",
    "ha": r"tilas|\b[kƙ]arfi|auren dole|fya[dɗ]e|jima'i|saduwa|lalata|\bhari\b|farmaki|makam|"
    r"bindig|\bbug[ua]\b|buge|doke|\bkash[ei]|\bkisa|zarafi|barazana|ha[dɗ]ari|\bsoj[ao]|"
    r"maya[kƙ]|tawaye|laifuk",
    "rw": r"gahato|\bguhat|ku ngufu|bitsina|gitsina|imibonano|sambany|gitero|\bbateye|ntwaro|"
    r"mbunda|kubit|kwica|\bbishe|hohoter|kangish|terabwoba|\bkaga\b|\bakaga|warokotse|"
    r"barokotse|sirikare|nyeshyamba|\bi(?:cy|by)aha|urugomo",
}
"""An SMS lies open on the phone."""


def all_words() -> Iterator[tuple[str, str, str]]:
    for language in LANGUAGES:
        for message_id, forms in WRITTEN[language].items():
            for words in forms:
                yield language, message_id, words


def is_variant(message_id: str) -> bool:
    stem = message_id.removesuffix(".sms")
    return stem != message_id and stem in CATALOGS.ids("en")


def shown_by_sms(language: str, question: Question) -> str:
    lines = [CATALOGS.text(language, f"ask.{question.id}", sms=True)]
    for number, option in enumerate(question.options, 1):
        lines.append(f"{number} {CATALOGS.text(language, f'option.{option.ref}', sms=True)}")
    return "\n".join(lines)


def said_by_sms(language: str) -> Iterator[tuple[str, str]]:
    for message_id in sorted(CATALOGS.ids("en")):
        if message_id.startswith(("say.channel.", "say.clear.")) and not is_variant(message_id):
            continue  # said in the apps only
        if message_id.startswith(("say.", "hide.")) and not is_variant(message_id):
            yield message_id, CATALOGS.text(language, message_id, sms=True, count=None, **VALUES)


def test_no_word_is_missing_in_any_language() -> None:
    assert CATALOGS.missing(IDS.chat | IDS.chat_sms | IDS.staff | OWN_IDS) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_left_over_from_an_older_questionnaire(language: str) -> None:
    known = IDS.chat | OWN_IDS
    words = {one for one in CATALOGS.ids(language) if not is_variant(one)}
    headings = re.compile(r"(?:name|block|reason|window)\..*")
    assert words <= known
    assert set(filter(headings.fullmatch, CATALOGS.ids(language, "dashboard"))) == IDS.staff


def test_a_short_wording_belongs_to_a_long_one() -> None:
    stray = {
        message_id
        for language, message_id, _ in all_words()
        if message_id.endswith(".sms") and message_id.removesuffix(".sms") not in IDS.chat | OWN_IDS
    }
    assert stray == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", ["chat", "dashboard"])
def test_headers_tell_that_nobody_has_reviewed_the_words_yet(language: str, domain: str) -> None:
    assert not CATALOGS.review(language, domain).reviewed


def test_no_id_stands_in_two_domains() -> None:
    for language in LANGUAGES:
        assert not CATALOGS.ids(language) & CATALOGS.ids(language, "dashboard")


def test_words_are_not_blank_and_have_no_stray_spaces() -> None:
    for language, message_id, words in all_words():
        lines = words.split("\n")
        assert all(line and line == " ".join(line.split()) for line in lines), (
            language,
            message_id,
        )


def test_only_what_the_program_fills_stands_in_braces() -> None:
    typed = {one.removeprefix("command.").upper() for one in IDS.chat if one.startswith("command.")}
    for language, message_id, words in all_words():
        say = message_id.removesuffix(".sms").removeprefix("say.")
        filled = placeholders(QUESTIONNAIRE, say) if say in QUESTIONNAIRE.says else OWN_VALUES
        used = {name for _, name, _, _ in Formatter().parse(words) if name is not None}
        assert used <= typed | filled, (language, message_id)


def test_what_the_program_fills_is_used_in_every_language() -> None:
    for language, message_id, words in all_words():
        say = message_id.removesuffix(".sms").removeprefix("say.")
        if say in QUESTIONNAIRE.says:
            assert placeholders(QUESTIONNAIRE, say) <= set(re.findall(r"{(\w+)}", words)), (
                language,
                message_id,
            )


def test_groups_of_digits_keep_their_order_in_words_from_right_to_left() -> None:
    # Without the mark, "1234 5678" after Arabic letters is shown as "5678 1234".
    registry = read_registry(HERE / "languages.yml")
    for language, message_id, words in all_words():
        if registry[language].direction == "rtl":
            unmarked = re.search(r"(?<!\N{LEFT-TO-RIGHT MARK}){(?:code|receipt)}", words)
            assert unmarked is None, message_id


def test_commands_are_never_written_out_but_put_in_by_the_program() -> None:
    for language, message_id, words in all_words():
        if not message_id.startswith(("command.", "option.")):
            plain = re.sub(r"{\w+}", "", words)
            for command in (one for one in IDS.chat if one.startswith("command.")):
                (typed,) = WRITTEN[language][command]
                assert not re.search(rf"\b{typed}\b", plain), (language, message_id, typed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_has_a_word_of_its_own(language: str) -> None:
    commands = [one for one in IDS.chat if one.startswith("command.")]
    for sms in (False, True):
        words = [CATALOGS.text(language, one, sms=sms) for one in commands]
        assert len(set(words)) == len(commands)
        assert all(len(word.split()) == 1 for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sms_asks_for_a_word_that_a_carrier_takes_for_itself(language: str) -> None:
    taken = r"\b(?:STOP|STOPALL|END|QUIT|CANCEL|UNSUBSCRIBE|REVOKE|OPTOUT|START|HELP|INFO)\b"
    for message_id, words in said_by_sms(language):
        assert not re.search(taken, words), message_id


def test_no_slip_of_the_pen() -> None:
    for language, message_id, words in all_words():
        if language in SLIPS:
            assert not re.search(SLIPS[language], words, re.IGNORECASE), (language, message_id)


@pytest.mark.parametrize("language", sorted(SHOWS_THE_SUBJECT))
def test_no_sms_shows_what_it_is_about(language: str) -> None:
    shown = [(one.id, shown_by_sms(language, one)) for one in SMS_QUESTIONS]
    for message_id, words in [*shown, *said_by_sms(language)]:
        assert not re.search(SHOWS_THE_SUBJECT[language], words, re.IGNORECASE), message_id


@pytest.mark.parametrize("language", GSM_7)
def test_an_sms_needs_no_more_than_the_seven_bit_alphabet(language: str) -> None:
    shown = [(one.id, shown_by_sms(language, one)) for one in SMS_QUESTIONS if one.id != MENU]
    for message_id, words in [*shown, *said_by_sms(language)]:
        beyond = {letter for letter in words if not smsutil.is_valid_gsm(letter)}
        assert not beyond, message_id


@pytest.mark.parametrize("language", GSM_7)
def test_an_sms_question_takes_two_segments_at_most(language: str) -> None:
    segments = [len(smsutil.split(shown_by_sms(language, one)).parts) for one in SMS_QUESTIONS]
    assert max(segments) <= 2
    assert segments.count(1) > len(segments) / 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sms_takes_three_segments_at_most(language: str) -> None:
    shown = [(one.id, shown_by_sms(language, one)) for one in SMS_QUESTIONS]
    for message_id, words in [*shown, *said_by_sms(language)]:
        assert len(smsutil.split(words).parts) <= 3, message_id


def test_hidden_lines_fit_one_sms_in_every_language() -> None:
    for language in LANGUAGES:
        lines = [words for one, words in said_by_sms(language) if one.startswith("hide.")]
        expected = len(QUESTIONNAIRE.topics) * QUESTIONNAIRE.hide_texts
        assert len(lines) == len(set(lines)) == expected
        assert all(len(smsutil.split(line).parts) == 1 for line in lines)


def test_labels_that_a_list_can_show_are_short_enough_for_it() -> None:
    # WhatsApp: ten entries of 24 characters; longer lists are numbered lines of text.
    for language in LANGUAGES:
        for question in QUESTIONNAIRE.questions.values():
            if len(question.options) <= 10:
                for option in question.options:
                    assert len(CATALOGS.text(language, f"option.{option.ref}")) <= 24, option.ref


def test_no_two_options_of_a_question_read_the_same() -> None:
    for language in LANGUAGES:
        for question in QUESTIONNAIRE.questions.values():
            for sms in (False, True):
                labels = [
                    CATALOGS.text(language, f"option.{option.ref}", sms=sms)
                    for option in question.options
                ]
                assert len(labels) == len(set(labels)), (language, question.id)
