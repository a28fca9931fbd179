"""The language tag: the line at the start of every segment that names the file's language.

The tags are CodeGeeX's, character for character (THUDM/CodeGeeX, commit 2838420); most are a
comment in the language.
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
"""The tags of CodeGeeX's 23 languages, by descending token count in its corpus (arXiv 2303.17568).
"""

TAGGED_LANGUAGES: tuple[str, ...] = tuple(TAGS)
"""The 23 in that order: the class labels of the shards, before `mixed`."""

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
"""Tags that CodeGeeX defines for languages outside its corpus."""


def language_tag(language: str) -> str:
    r"""The tag of a language, with its `\n`.

    Raises:
        UsageError: the language has no tag.
    """
    found = TAGS.get(language) or MORE_TAGS.get(language)
    if found is None:
        known = ", ".join([*TAGS, *MORE_TAGS])
        raise UsageError(f"language {language!r} has no tag; expected one of {known}")
    return f"{found}\n"
