"""`backup bench understanding`, with utterances of one's own."""

import json
from pathlib import Path

import pytest

from backup.__main__ import main

LINES = """\
en\t-\tplease hide this chat\thide
en\twhen\t2 days ago\td1_3
en\twhen\tbananas\tlt24h
en\tnowhere\tx\tyes
"""


def test_utterances_of_ones_own_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.tsv"
    file.write_text(LINES)

    assert main(["bench", "understanding", "--json", "--file", str(file)]) == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures["lines"] == 3
    assert figures["worst_language_accuracy"] == figures["accuracy"] == 0.6667
    assert figures["safety_recall"] == 1.0
    assert figures["safety_false_alarm"] == 0.0
    assert figures["unknown"] == ["lines.tsv:4: no question 'nowhere'"]


def test_a_file_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "understanding", "--file", str(tmp_path / "none.tsv")]) == 2
    assert "there is no file" in capsys.readouterr().err
