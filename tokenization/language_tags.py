"""The line that names a file's language, at the beginning of every segment of it.

Spelled exactly as CodeGeeX spells them (THUDM/CodeGeeX, commit 2838420), mostly as a comment of the
language.
"""

from codecorpus.foundation.errors import UsageError

TAGS: dict[str, str] = {
    "C++": "// language: C++",
    "Python": "# language: Python",
    "Java": "// language: Java",
    "JavaScript": "// language: JavaScript",
    "C": "// language: C",
    "Go": "// language: Go",
    "HTML": "<!--language: HTML-->",
    "Shell": "# language: Shell",
    "PHP": "// language: PHP",
    "CSS": "/* language: CSS */",
    "TypeScript": "// language: TypeScript",
    "SQL": "-- language: SQL",
    "TeX": "% language: TeX",
    "Rust": "// language: Rust",
    "Objective-C": "// language: Objective-C",
    "Scala": "// language: Scala",
    "Kotlin": "// language: Kotlin",
    "Pascal": "// language: Pascal",
    "Fortran": "!language: Fortran",
    "R": "# language: R",
    "Cuda": "// language: Cuda",
    "C#": "// language: C#",
    "Objective-C++": "// language: Objective-C++",
}
"""CodeGeeX's 23 languages, those with the most tokens in its corpus (arXiv 2303.17568) first."""

LANGUAGES: tuple[str, ...] = tuple(TAGS)
"""The 23 in that order."""

_MORE_BY_COMMENT = {
    "//": ("Dart", "Lua", "Groovy", "ActionScript", "Solidity", "Cobol"),
    "#": ("Perl", "Ruby", "GDScript", "Julia", "Elixir", "PowerShell"),
    "%": ("Prolog", "Matlab", "Erlang"),
    ";": ("Lisp", "Scheme", "Assembly", "Clojure"),
    "--": ("Lean", "Haskell"),
    "'": ("Visual Basic", "Basic", "Excel"),
    "*": ("Abap",),
}

MORE_TAGS: dict[str, str] = {
    **{
        language: f"{comment} language: {language}"
        for comment, languages in _MORE_BY_COMMENT.items()
        for language in languages
    },
    "Swift": "// language: swift",
    "Vue": "<!--language: Vue-->",
    "Markdown": "<!--language: Markdown-->",
    "Delphi": "{language: Delphi}",
}
"""Languages that CodeGeeX has tags for beside the 23 of its corpus."""


def tag(language: str) -> str:
    r"""The tag of a language with its `\n`.

    Raises:
        UsageError: the language has none.
    """
    found = TAGS.get(language) or MORE_TAGS.get(language)
    if found is None:
        known = ", ".join([*TAGS, *MORE_TAGS])
        raise UsageError(f"language {language!r} has no tag; expected one of {known}")
    return f"{found}\n"
