"""Every word that a person reads, in every language; the code around it is small."""

from locales.catalogs import Catalogs
from locales.languages import Language
from locales.pofile import CatalogError, Review

__all__ = ["CatalogError", "Catalogs", "Language", "Review"]
