"""`python -m tests.support.transcripts`: play each language once, write down what the phone shows.

The pages are `docs/transcripts/<language>.md`; the plays are those of the journeys.
"""

from collections.abc import Iterator

from locales import Catalogs
from tests.support.plays import FOLDER, Play, Scene, perform, read_plays
from tests.support.running import ROOT, Running

PAGES = ROOT / "docs" / "transcripts"
HEAD = """\
# {name}

A conversation as the phone showed it, played against the running program by
`python -m tests.support.transcripts`. The person, the numbers to return with and the receipts are
made up. **No native practitioner has reviewed the words of this language yet**; whoever can, please
do. What is typed stands in bold, what can be chosen below it in small.

## {channel} · {who}
"""


def main() -> None:
    """Write one page a language."""
    PAGES.mkdir(exist_ok=True)
    catalogs = Catalogs.load()
    with Running.started(DASHBOARD_URL="https://backup.example") as program:
        for number, path in enumerate(sorted(FOLDER.glob("*.txt"))):
            play = read_plays(path)[0]
            scenes = perform(play, gateway=program.gateway, number=f"+999800{number:03d}")
            text = "\n\n".join(_page(play, catalogs, scenes))
            (PAGES / f"{play.language}.md").write_text(f"{text}\n", "utf-8")
            print(f"{play.language}: {len(play.lines)} lines typed")  # noqa: T201 - a tool's report


def _page(play: Play, catalogs: Catalogs, scenes: Iterator[Scene]) -> Iterator[str]:
    language = catalogs.language(play.language)
    yield HEAD.format(name=language.name, channel=play.channel, who=play.who).rstrip()
    yield f'<div dir="{language.direction}">'
    for scene in scenes:
        pressed = f" [{scene.typed.pressed.label}]" if scene.typed.pressed else ""
        yield f"**{_plain(scene.line.typed + pressed)}**"
        for delivery in scene.shown:
            lines = [_plain(line) for line in delivery.text.split("\n")]
            if delivery.choices and delivery.shape != "plain":
                labels = (f"[{_plain(choice.label)}]" for choice in delivery.choices)
                lines.append(f"<sub>{' '.join(labels)}</sub>")
            yield "<br>\n".join(f"> {line}" for line in lines)
    yield "</div>"


def _plain(text: str) -> str:
    """Nothing in it is a mark of the page."""
    return "".join(f"\\{one}" if one in r"\`*_<>[]#" else one for one in text)


if __name__ == "__main__":
    main()
