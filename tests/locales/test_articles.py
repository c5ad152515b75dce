"""The information module: files that anyone can edit, and what is told when one is wrong."""

from pathlib import Path

import pytest
import smsutil

from locales import CatalogError, Catalogs
from locales.articles import read_articles
from locales.catalogs import HERE, INFO
from locales.languages import read_registry

LANGUAGES = tuple(read_registry(HERE / "languages.yml"))
COUNTRIES = sorted({path.name.split(".")[0] for path in HERE.glob("info/*/countries/*.md")})
ONE_REPLY = 1500
"""Characters that every channel takes in one message."""
ARTICLE = "---\ntitle: Water\nsms: Boil it.\nreview: {review}\n---\nBoil it.\n\nThen drink.\n"


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("country", [None, *COUNTRIES])
def test_articles_fit_every_channel(language: str, country: str | None) -> None:
    catalogs = Catalogs.load(strict=True, country=country)
    for topic in read_articles(HERE / INFO / "en", None):
        assert len(catalogs.text(language, f"say.info.{topic}")) <= ONE_REPLY
        short = catalogs.text(language, f"say.info.{topic}", sms=True)
        assert len(smsutil.split(short).parts) <= 3, topic
        assert len(catalogs.text(language, f"option.info.{topic}")) <= 24, topic


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_topic_and_nobody_has_reviewed_them(language: str) -> None:
    articles = read_articles(HERE / INFO / language, None)
    assert articles.keys() == read_articles(HERE / INFO / "en", None).keys()
    assert not any(article.review.reviewed for article in articles.values())


def test_a_country_has_its_own_words(tmp_path: Path) -> None:
    write(tmp_path, "water.md", ARTICLE.format(review="unreviewed"))
    own = ARTICLE.replace("Water", "Water here").format(review="{by: A sample, date: 2026-01-31}")
    write(tmp_path, "countries/xx.water.md", own)
    assert read_articles(tmp_path, None)["water"].title == "Water"
    assert read_articles(tmp_path, "yy")["water"].title == "Water"
    here = read_articles(tmp_path, "xx")["water"]
    assert (here.title, here.review.reviewer) == ("Water here", "A sample")


@pytest.mark.parametrize(
    "text",
    [
        "Boil it.",
        ARTICLE.format(review="fine"),
        ARTICLE.format(review="unreviewed").replace("sms:", "short:"),
        ARTICLE.format(review="unreviewed").replace("Then drink.", "Then {drink}."),
        ARTICLE.format(review="[").replace("title", "\ttitle"),
    ],
)
def test_what_is_no_article_is_named(text: str, tmp_path: Path) -> None:
    write(tmp_path, "water.md", text)
    with pytest.raises(CatalogError, match=r"water\.md"):
        read_articles(tmp_path, None)


def test_a_deployments_own_words_come_first(tmp_path: Path) -> None:
    write(tmp_path, "info/en/first_hours.md", ARTICLE.format(review="unreviewed"))
    header = 'msgid ""\nmsgstr ""\n"X-Review-Status: unreviewed\\n"\n\n'
    write(tmp_path, "en/LC_MESSAGES/chat.po", header + 'msgid "option.yes"\nmsgstr "Yes, please"\n')
    own = Catalogs.load(own=tmp_path)
    assert own.text("en", "say.info.first_hours").startswith("Boil it.")
    assert own.text("en", "option.yes") == "Yes, please"
    assert own.text("en", "option.no") == Catalogs.load().text("en", "option.no")
