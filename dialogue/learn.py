"""One training of stock Rasa, from generated files to a model."""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from dialogue import paths, project, quiet, without_tensorflow  # noqa: F401  before Rasa
from dialogue.nlu.phrases import read_all, read_phrases
from dialogue.questionnaire import load

quiet.silence()

from rasa.model_training import train  # noqa: E402  only now, see the two imports above


def learn(model: Path, say: Callable[[str], None]) -> None:
    """Write the project and the model learnt from it; `say` is told each stage."""
    questionnaire = load()
    phrases = read_phrases(paths.WORDS, project.taught_labels(questionnaire))
    project.write_project(paths.PROJECT, questionnaire, phrases, read_all(paths.LOCALES))
    say(f"learning {sum(map(len, phrases.values()))} phrases for {len(phrases)} labels")
    unfinished = model.with_name(f"unfinished-{model.name}")
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # progress bars
        train(
            domain=str(paths.PROJECT / "domain.yml"),
            config=str(paths.PROJECT / "config.yml"),
            training_files=[str(paths.PROJECT / name) for name in ("nlu.yml", "rules.yml")],
            output=str(paths.MODELS),
            fixed_model_name=unfinished.name,
            force_training=True,
        )
    unfinished.replace(model)
