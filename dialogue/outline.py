"""`python -m dialogue.outline`: which words the questionnaire needs, as JSON, for who checks them.

`chat`, `chat_sms`, `staff`: message ids that need words. `questions`: each with the ids of its
options in order; `sms`: those of the SMS path. `filled`: what the program puts into a statement.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dialogue.paths import QUESTIONNAIRE
from dialogue.questionnaire import load, message_ids, placeholders
from dialogue.questionnaire.reader import QuestionnaireError


def main(arguments: list[str]) -> int:
    """Print the outline of the given questionnaire, or of the one that runs."""
    path = Path(arguments[0]) if arguments else QUESTIONNAIRE
    try:
        made = load(path)
    except (OSError, QuestionnaireError) as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return 1
    ids = message_ids(made)
    outline = {
        "chat": sorted(ids.chat),
        "chat_sms": sorted(ids.chat_sms),
        "staff": sorted(ids.staff),
        "questions": {
            one.id: [option.ref for option in one.options] for one in made.questions.values()
        },
        "sms": [one.id for one in made.questions.values() if one.sms],
        "filled": {say: sorted(placeholders(made, say)) for say in made.says},
    }
    print(json.dumps(outline))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
