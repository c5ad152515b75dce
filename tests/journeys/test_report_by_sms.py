"""A feature phone, in French, with slips of all kinds; a doctor reads, answers, gives it back."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import Browser, Running

PHONE = "+99955501"
DOCTOR = "doctor@sample.example"
# What is typed, and a part of what the phone shows next.
WAY = (
    ("bonjour", "FRANÇAIS"),
    ("2", "en privé"),
    ("blablabla zzz", "Pardon"),
    ("1", "aide urgente"),
    ("non", "Pour qui"),
    ("1", "la ligne"),
    ("retour", "Pour qui"),
    ("1", "la ligne"),
    ("34 ans", "garder vos réponses"),
    ("passer", "nécessaire"),
    ("0", "ciel gris"),
    ("c'est qui?", "Ciel rouge"),
    ("reprendre", "garder vos réponses"),
    ("oui", "Votre numéro"),
    ("passer", "province"),
    ("7", "signes"),
    ("1", "Quelle aide"),
    ("1 et 2", "quels services"),
    ("2,3", "préférez-vous"),
    ("5", "ne doit pas"),
    ("1", "écrire de nouveau"),
    ("1", "l'envoyer maintenant"),
    ("1", "scellé"),
)


@pytest.fixture(scope="module")
def shown(running: Running) -> list[dict[str, Any]]:
    """What the phone showed of the whole report."""
    return running.chat([typed for typed, _ in WAY], phone=PHONE)


@pytest.fixture(scope="module")
def case(doctor: Browser, shown: list[dict[str, Any]]) -> str:
    """The path of the case that the doctor took."""
    assert shown
    doctor.get("/inbox")
    path = doctor.find(r'action="(/cases/[0-9a-f-]+)/claim"')
    doctor.post(f"{path}/claim")
    return path


def test_the_phone_shows_what_is_meant_at_each_step(shown: list[dict[str, Any]]) -> None:
    typed = [one["text"] for one in shown if one["from"] == "survivor"]
    assert typed == [line for line, _ in WAY]
    place = 0
    for line, expected in WAY:
        place = next(i for i in range(place, len(shown)) if shown[i]["text"] == line) + 1
        replies = []
        for one in shown[place:]:
            if one["from"] == "survivor":
                break
            replies.append(one["text"])
        assert expected in "\n".join(replies), line


def test_every_sms_is_short_and_cheap(shown: list[dict[str, Any]]) -> None:
    menu, *sent = [one for one in shown if one["from"] == "backup"]
    assert menu["encoding"] == "UCS-2"  # eight languages in their own scripts
    assert {one["encoding"] for one in sent} == {"GSM-7"}
    assert max(one["segments"] for one in (menu, *sent)) <= 3


def test_the_doctor_reads_the_report_in_her_language(doctor: Browser, case: str) -> None:
    page = doctor.get(case)
    assert "HIV prevention" in page
    assert "26 to 40" in page
    assert "Medical care" in page


def test_the_doctors_words_reach_the_same_phone(
    running: Running, doctor: Browser, case: str
) -> None:
    doctor.get(case)
    doctor.post(f"{case}/reply", text="Bonjour, ici le docteur.")
    shown = running.chat(["merci docteur"], phone=PHONE)
    assert [(one["from"], one["text"]) for one in shown] == [
        ("backup", "Bonjour, ici le docteur."),
        ("survivor", "merci docteur"),
    ]
    assert "merci docteur" in doctor.get(case)


def test_after_give_back_the_bot_answers_again(
    running: Running, doctor: Browser, case: str
) -> None:
    doctor.get(case)
    doctor.post(f"{case}/give-back")
    shown = running.chat(["allo"], phone=PHONE)
    assert "programme" in shown[0]["text"]
    assert shown[-1]["from"] == "backup"
    doctor.get(case)
    doctor.post(f"{case}/take")


def test_the_public_tool_opens_the_stored_report(
    running: Running, doctor: Browser, case: str, tmp_path: Path
) -> None:
    age = hybrid_age()
    doctor.get(case)
    reference = doctor.find(r">([A-Z0-9]{4}-[A-Z0-9]{4})<")
    exported = tmp_path / "exported"
    done = running.command(
        "export", reference, str(exported), "--as", DOCTOR,
        BACKUP_PASSWORD=running.password(DOCTOR), BACKUP_CODE=running.code(DOCTOR),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (report,) = exported.glob("*-report.age")
    opened = subprocess.run(  # noqa: S603 - the tool under test
        (age, "-d", "-i", str(exported / "case.key"), str(report)), capture_output=True, check=True
    )
    assert b'"age": ["age.a26_40"]' in opened.stdout


def test_the_custody_log_is_intact(running: Running, case: str) -> None:
    assert case
    done = running.command("verify")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("intact")


def hybrid_age() -> str:
    """An age on PATH that knows hybrid keys."""
    age = shutil.which("age")
    if age is None:
        pytest.skip("age is not installed")
    version = subprocess.run(  # noqa: S603
        (age, "--version"), capture_output=True, text=True, check=True
    ).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < (1, 3):
        pytest.skip(f"age {version} does not know hybrid keys; 1.3 does")
    return age
