r"""Patterns that decide between the languages of a shared extension.

The patterns are RE2 (linear time) and see the first `languages.PREFIX_BYTES` bytes only. A group is
an ordered list of tests: the first pattern that matches decides, for a language or for none of the
23; if no pattern matches, the group's default does:

| group | tests, in this order | default |
|---|---|---|
| .h | see `by_content` | C |
| .m | Objective-C's directives, C's #import and #include | unknown (MATLAB, Mathematica, …) |
| .mm | XML (a mind map) is unknown | Objective-C++ |
| .ts, .tsx, .rs | XML and RenderScript are unknown | TypeScript, Rust |
| .cls, .ins, .def, .fd, .ldf | a TeX command at the start of a line | unknown (VBA, Apex, …) |
| .r | Rebol's header is unknown | R |
| .inc | shebang, PHP, HTML, assembly, Pascal, C and C++, Fortran, SQL | unknown |
| .cgi, .fcgi | shebang, PHP | unknown |
| .php | `<?hh` is Hack, unknown; `<?` is PHP | unknown |
| .module, .theme, .engine, .profile | shebang, `<?php` at the start | unknown |
| .install | shebang, PHP; a package's functions are Shell | unknown |
| .sql, .tab, … | a statement at the start of a line | unknown |
| .f, .for | Forth's definitions and comments are unknown | Fortran |
| .pas, .pp | Puppet's classes and resources are unknown; a word of Pascal | unknown |
| .cs | Smalltalk's change sets and CoffeeScript are unknown | C# |
| .sc | SuperCollider is unknown | Scala |
"""

from typing import NamedTuple


class PatternTest(NamedTuple):
    """A pattern, and the language of texts that match it; None: a language outside the 23."""

    pattern: str
    language: str | None


class ExtensionGroup(NamedTuple):
    """Tests in the order in which they are tried, and the language if no pattern matches."""

    tests: tuple[PatternTest, ...]
    default: str | None = None
    shebang: bool = False
    """Whether a shebang decides before the tests."""


_XML = r"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|!DOCTYPE (?:TS|map)|TS |map |tileset )"
_PHP = r"<\?(?:php|=|\s)"
_SQL = (
    r"(?im)^\s*(?:(?:create|alter|drop)\s+(?:or\s+replace\s+|global\s+|temporary\s+|temp\s+|"
    r"unique\s+|external\s+|materialized\s+|if\s+|force\s+|editionable\s+|clustered\s+|"
    r"nonclustered\s+|[^\s;]+=\S+\s+)*(?:table|view|index|database|schema|procedure|proc|function|"
    r"trigger|sequence|type|user|role|login|package|extension|domain|event|synonym|tablespace|"
    r"keyspace|policy|rule|aggregate|operator|cast|language|server|publication|statistics|"
    r"fulltext|keyspace|collation|assembly|certificate|column)\b|"
    r"select\s|insert\s+(?:ignore\s+|or\s+\w+\s+)?into\s|update\s+\S+\s+set\b|delete\s+from\s|"
    r"replace\s+into\s|merge\s+(?:into\s)?|truncate\s+table\s|grant\s+\w|revoke\s+\w|"
    r"with\s+(?:recursive\s+)?[\w\"`\[\]]+\s*(?:\([^()]*\)\s*)?as\s*\(|values\s*\(|"
    r"begin\s*(?:;|transaction|work|$)|commit\s*;|rollback\s*;|declare\s+[@\w]|"
    r"set\s+(?:@?[\w.]+)\s*(?:=|to\b|on\b|off\b)|use\s+[\w\[\]`]+\s*;?\s*$|exec(?:ute)?\s+[\w@\[]|"
    r"call\s+[\w.]+\s*\(|copy\s+[\w.\"]+.*\bfrom\b|comment\s+on\s|lock\s+tables?\s|pragma\s+\w|"
    r"explain\s|analyze\s|vacuum\b|attach\s+database|prompt\s|whenever\s+sqlerror|go\s*$)"
)
_TEX = (
    r"(?m)^\s*\\(?:NeedsTeXFormat|Provides\w+|documentclass|documentstyle|usepackage|Require\w+|"
    r"Declare\w+|newcommand|renewcommand|newenvironment|newif|newcount|def|let|input|begin|"
    r"LoadClass|ExecuteOptions|ProcessOptions|endinput|catcode|StartBabelCommands|LdfInit|"
    r"generate|batchinput|askforoverwrite\w+|keepsilent)\b"
)
_PASCAL = (
    r"(?im)^\s*(?:program\s+\w|unit\s+[\w.]+\s*;|library\s+\w+\s*;|package\s+\w+\s*;|uses\s+\w|"
    r"interface\s*$|implementation\s*$|procedure\s+[\w.]+\s*[(;]|function\s+[\w.]+\s*[(:]|"
    r"(?:constructor|destructor)\s+\w|begin\s*$|end\.\s*$|const\s*$|type\s*$|var\s*$|"
    r"\{\$\w+|\(\*\$|resourcestring\s*$)"
)
_INCLUDE = r"(?m)^[ \t]*#[ \t]*(?:include|import)[ \t]*[<\"]"
_DIRECTIVE = (
    r"(?m)^[ \t]*#[ \t]*(?:include[ \t]*[<\"]|define[ \t]+\w|ifdef[ \t]|ifndef[ \t]|pragma[ \t])"
)
OBJECTIVE_C = (
    r"(?m)^\s*@(?:interface|implementation|protocol|class|property|end|optional|required|import|"
    r"synthesize)\b|^[ \t]*#[ \t]*import[ \t]*[<\"][^>\"]*?(?:\.(?:h|hpp|hh)|[^.>\"]{4})[>\"]|"
    r"\bNS(?:String|Array|Dictionary|Error|Data|Set|URL) *\*|\bNS_(?:ENUM|OPTIONS)\(|"
    r"\bNS_ASSUME_NONNULL_BEGIN\b"
)
_ASSEMBLY = (
    r"(?im)^\s*(?:%(?:macro|define|include|ifdef|ifndef)\s|\.(?:macro|text|data|globl|global|equ|set|"
    r"byte|word|include|if|ifdef|section)\b|section\s+\.\w|(?:mov|push|pop|jmp|call|lda|sta|ldx)[lqb]?"
    r"\s+[%$#\w(\[]+\s*(?:,|;|$)|\w+:?\s+(?:equ|db|dw|dd|proc|macro)\b)"
)
CPP = (
    r"(?m)^\s*(?:template\s*<|(?:inline\s+)?namespace(?:\s+[\w:]+)*\s*(?:\{|$|=)|"
    r"using\s+(?:namespace\s|\w+\s*=|(?:typename\s+)?(?:\w+)?::)|"
    r"(?:public|private|protected)\s*(?:\w+\s*)?:|(?:typedef\s+|enum\s+|friend\s+)?class\s+[A-Za-z_]"
    r"[\w:<>, ]*\s*(?:\(\)\s*)?(?:[:{;]|$)|virtual\s+[\w~:]|explicit\s+\w+\s*\(|friend\s+\w|"
    r"(?:virtual\s+)?~\w+\s*\(\s*(?:void)?\s*\)\s*(?:[;{=]|noexcept|override)|"
    r"static_assert\s*\(std)|"
    r"\w::[A-Za-z_~]|\b(?:static|dynamic|reinterpret|const)_cast\s*<|\benum\s+class\b|"
    r"\bstruct\s+\w+\s*(?:final\s*)?:\s*(?:public|private|protected|virtual)\b|"
    r"\boperator\s*(?:==|!=|<=|>=|<<|>>|\+=|-=|\*=|/=|\+\+|--|->|\[\]|\(\)|[-+*/=<>!])\s*\(|"
    r"\)\s*(?:const\s*)?(?:noexcept|override|final)\b|\)\s*const\s*(?:[;{]|=\s*0)|"
    r"\bconst\s+[\w:]+(?:\s*<[^;{}()]*>)?\s*&\s*\w*\s*[,)]|"
    r"^\s*#\s*include\s*(?:<[^.>]+>|[<\"][^>\"]+\.(?:hpp|hh|hxx|ipp|inl|tcc)[>\"])"
)
EXTERN_C = r"(?m)^\s*extern\s*\"\"\s*[{\w]"
CUDA = r"\b__(?:global|device|host)__\s+\w|<<<\s*\w[^;]*>>>\s*\("
CODE = r"(?m)^[ \t]*[^#\s]"

EXTENSION_GROUPS: dict[str, ExtensionGroup] = {
    "objective_c": ExtensionGroup(
        (PatternTest(OBJECTIVE_C, "Objective-C"), PatternTest(_INCLUDE, "Objective-C"))
    ),
    "objective_cpp": ExtensionGroup((PatternTest(_XML, None),), "Objective-C++"),
    "typescript": ExtensionGroup((PatternTest(_XML, None),), "TypeScript"),
    "tsx": ExtensionGroup((PatternTest(_XML, None),), "TypeScript"),
    "tex_class": ExtensionGroup((PatternTest(_TEX, "TeX"),)),
    "r": ExtensionGroup(
        (PatternTest(r"(?i)\A\s*(?:;[^\n]*\n\s*)*(?:rebol|red)\b[^\[\n]*\[", None),), "R"
    ),
    "include": ExtensionGroup(
        (
            PatternTest(_PHP, "PHP"),
            PatternTest(
                r"(?i)\A\s*(?:<!--|<!doctype\s+html|<(?:html|head|body|div|table|ul|p)\b)", "HTML"
            ),
            PatternTest(_ASSEMBLY, None),
            PatternTest(_PASCAL, "Pascal"),
            PatternTest(_DIRECTIVE, "C"),
            PatternTest(
                r"(?im)^ {6,}(?:integer|real|double precision|common|parameter|logical)\b",
                "Fortran",
            ),
            PatternTest(r"(?im)^\s*(?:integer|real|logical|character)\b[^\n]*::", "Fortran"),
            PatternTest(_SQL, "SQL"),
        ),
        shebang=True,
    ),
    "script": ExtensionGroup((PatternTest(r"\A\s*" + _PHP, "PHP"),), shebang=True),
    "php": ExtensionGroup((PatternTest(r"\A\s*<\?hh\b", None), PatternTest(_PHP, "PHP"))),
    "drupal": ExtensionGroup((PatternTest(r"\A\s*" + _PHP, "PHP"),), shebang=True),
    "install": ExtensionGroup(
        (
            PatternTest(r"\A\s*" + _PHP, "PHP"),
            PatternTest(r"(?m)^(?:pre|post)_(?:install|upgrade|remove)[ \t]*\(\)", "Shell"),
        ),
        shebang=True,
    ),
    "sql": ExtensionGroup((PatternTest(_SQL, "SQL"),)),
    "fortran": ExtensionGroup(
        (
            PatternTest(
                r"(?im)^(?:: +[^\s]|\\ |\( [^)\n]*--[^)\n]*\)|(?:variable|constant|require) +\S+$)",
                None,
            ),
        ),
        "Fortran",
    ),
    "pascal": ExtensionGroup(
        (
            PatternTest(
                r"(?m)^\s*(?:class|define|node)\s+[\w:'\"./$-]+\s*(?:\([^{]*\)\s*|inherits\s[\w:\s]+)?\{",
                None,
            ),
            PatternTest(
                r"(?m)^\s*(?:include\s+::?\w|\$\w+\s*=|[\w:]+\s*\{\s*['\"$\[][^\n]*:\s*$)", None
            ),
            PatternTest(_PASCAL, "Pascal"),
        )
    ),
    "csharp": ExtensionGroup(
        (
            PatternTest(
                r"(?m)^[ \t]*(?:!\w[^\n]*methodsFor: *'|\"?'From [^\n]*(?:Squeak|Pharo|Cuis))", None
            ),
            PatternTest(r"(?m)^[\w.]+ *= *(?:\([^)\n]*\) *)?[-=]>\s*$", None),
        ),
        "C#",
    ),
    "rust": ExtensionGroup(
        (PatternTest(_XML, None), PatternTest(r"(?m)^\s*#\s*pragma\s+(?:version|rs)\b", None)),
        "Rust",
    ),
    "scala": ExtensionGroup(
        (
            PatternTest(
                r"(?m)^\s*(?:\(? *SynthDef|\+?\s*\w+\s*(?::\s*\w+\s*)?\{\s*(?:\*\s*new|var\s+<|"
                r"classvar)|~\w+\s*=|s\.boot)",
                None,
            ),
        ),
        "Scala",
    ),
}
"""The groups of `table.AMBIGUOUS` except `header`."""
