"""The information module: short articles as Markdown files, by language and country.

    info/<language>/<topic>.md                       read everywhere
    info/<language>/countries/<country>.<topic>.md   read there instead (ISO 3166-1, two letters)

A file begins with `title`, `sms` (the short wording for phones without an app), `review`, and may
name a `picture` of `info/pictures/` for the apps. Whoever edits one needs no code. Articles become
messages of the chat: `say.info.<topic>`, and its title `option.info.<topic>`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from locales.pofile import CatalogError, Domain, Review, Words, placeholders

MARK = "---\n"
FIELDS = frozenset({"title", "sms", "review", "picture"})
NEEDED = FIELDS - {"picture"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One topic in one language; `picture` is a file's name or None."""

    topic: str
    title: str
    sms: str
    text: str
    review: Review
    picture: str | None = None

    def messages(self) -> Iterator[tuple[str, str]]:
        """The words of the chat that it brings, by message id."""
        yield f"option.info.{self.topic}", self.title
        yield f"say.info.{self.topic}", self.text
        yield f"say.info.{self.topic}.sms", self.sms


def read_articles(folder: Path, country: str | None) -> dict[str, Article]:
    """The articles of one language, by topic: those of the country before those of everywhere.

    Raises:
        CatalogError: a file is not an article; the message names it and what is wrong.
    """
    own = sorted((folder / "countries").glob(f"{country}.*.md")) if country else []
    paths = [*sorted(folder.glob("*.md")), *own]
    return {article.topic: article for article in map(_article, paths)}


def as_domain(articles: Mapping[str, Article]) -> Domain:
    """The articles as words of the chat; reviewed when each of them is."""
    messages = {
        key: Words(forms=(text,), plural=lambda _: 0)
        for article in articles.values()
        for key, text in article.messages()
    }
    unread = [article.review for article in articles.values() if not article.review.reviewed]
    last = max(
        (article.review for article in articles.values() if article.review.on),
        key=lambda review: str(review.on),
        default=Review(reviewed=False),
    )
    return Domain(messages=messages, review=unread[0] if unread else last)


def _article(path: Path) -> Article:
    name = "/".join(path.parts[-3:])
    try:
        _, head, body = path.read_text("utf-8").split(MARK, 2)
        fields = yaml.safe_load(head)
        if not (isinstance(fields, dict) and NEEDED <= fields.keys() <= FIELDS):
            raise ValueError("it begins with title, sms, review and perhaps picture")  # noqa: TRY301
        text = "\n".join(line.rstrip() for line in body.strip().splitlines())
        article = Article(
            topic=path.stem.rpartition(".")[2],
            title=str(fields["title"]).strip(),
            sms=str(fields["sms"]).strip(),
            text=text,
            review=_review(fields["review"]),
            picture=fields.get("picture"),
        )
    except (ValueError, yaml.YAMLError) as error:
        raise CatalogError(f"{name}: {error}") from error
    for key, words in article.messages():
        if any(not one.isupper() for one in placeholders(words)):
            raise CatalogError(f"{name}: {key} has a placeholder that nothing fills")
    return article


def _review(told: object) -> Review:
    """`unreviewed`, or who reviewed it and when: `{by: …, date: 2026-01-31}`."""
    match told:
        case "unreviewed":
            return Review(reviewed=False)
        case {"by": str(reviewer), "date": day}:
            return Review(reviewed=True, reviewer=reviewer, on=day)
    raise ValueError("review should be `unreviewed`, or `{by: name, date: 2026-01-31}`")
