"""Small data sets that tests make: what needs a download elsewhere is tried on these."""

from __future__ import annotations

import random
from pathlib import Path

PRAISE = ("wonderful", "moving", "funny", "clever", "tender", "gripping", "bright", "warm", "good")
BLAME = ("boring", "dull", "clumsy", "painful", "tired", "flat", "stale", "cold", "bad")
THINGS = ("plot", "cast", "ending", "music", "camera", "dialogue", "hero", "villain", "story", "script")
HEDGES = ("", "absolutely ", "painfully ", "quite ", "not only ", "on the whole ")
MORE = ("", " and i was there to the end", " , said a friend of mine who had seen it twice", " !")


def reviews(file: Path, count: int = 600) -> Path:
    """Write a table of different reviews in one line each, half of them positive, sorted by label; return its path."""
    chosen = random.Random(0)
    rows = ["text,label"]
    for label, words in (("negative", BLAME), ("positive", PRAISE)):
        texts = dict[str, None]()
        while len(texts) < count // 2:
            thing, other = chosen.sample(THINGS, 2)
            first, second = chosen.sample(words, 2)
            texts[
                f"this film has a {chosen.choice(HEDGES)}{first} {thing} and a {second} {other}{chosen.choice(MORE)}"
            ] = None
        rows += [f'"{text}",{label}' for text in texts]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def sentences(file: Path, count: int = 800) -> Path:
    """Write tagged sentences in CoNLL-U, whose nouns and verbs are known by their ends alone; return the path."""
    chosen = random.Random(0)
    pronouns, verbs = ("He", "She", "I", "They"), ("saw", "built", "sold", "found")
    rows: list[str] = []
    for _ in range(count):
        noun, other = (f"{_stem(chosen)}{chosen.choice(('tion', 'ness', 'boat'))}" for _ in range(2))
        subject = chosen.choice(
            [
                [("The", "DET"), (chosen.choice(("old", "young")), "ADJ"), (noun, "NOUN")],
                [(chosen.choice(pronouns), "PRON")],
                [(_stem(chosen).title(), "PROPN")],
            ]
        )
        verb = chosen.choice((chosen.choice(verbs), f"{_stem(chosen)}ed"))
        place = [(chosen.choice(("in", "near")), "ADP"), ("the", "DET"), ("house", "NOUN")]
        thing = [("the", "DET"), (chosen.choice(("man", "house", other)), "NOUN")]
        words = [*subject, (verb, "VERB"), *thing, *(place if chosen.random() < 0.5 else []), (".", "PUNCT")]
        lines = [f"{row}\t{word}\t_\t{tag}\t_\t_\t0\troot\t_\t_" for row, (word, tag) in enumerate(words, start=1)]
        rows += [*lines, ""]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def _stem(chosen: random.Random) -> str:
    return "".join(chosen.choice("bdfgklmnprst") + chosen.choice("aeiou") for _ in range(chosen.randint(2, 3)))
