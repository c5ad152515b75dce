"""Understanding free words: normalise, count character n-grams, rank the labels that fit."""
