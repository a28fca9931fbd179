r"""What a text says where its name leaves several languages open.

Patterns are RE2's (linear in the text) and see the first `heads.HEAD` bytes only. A group is an
ordered list of tests: the first pattern that is found decides, for a language or for none of the
23; if none is found, the group's last word stands:

| group | tests, in this order | else |
|---|---|---|
| .h | see `by_content` | C |
| .m | Objective-C's directives, C's #import and #include | unknown (MATLAB, Mathematica, …) |
| .mm | XML (a mind map) is unknown | Objective-C++ |
| .ts, .tsx, .rs | XML and RenderScript are unknown | TypeScript, Rust |
| .cls, .ins, .def, .fd, .ldf | a command of TeX at a line's beginning | unknown (VBA, Apex, …) |
| .r | Rebol's header is unknown | R |
| .inc | shebang, PHP, HTML, assembly, Pascal, C and C++, Fortran, SQL | unknown |
| .cgi, .fcgi | shebang, PHP | unknown |
| .php | `<?hh` is Hack, unknown; `<?` is PHP | unknown |
| .module, .theme, .engine, .profile | shebang, `<?php` at the beginning | unknown |
| .install | shebang, PHP; a package's functions are Shell | unknown |
| .sql, .tab, … | a statement at a line's beginning | unknown |
| .f, .for | Forth's definitions and comments are unknown | Fortran |
| .pas, .pp | Puppet's classes and resources are unknown; a word of Pascal | unknown |
| .cs | Smalltalk's change sets and CoffeeScript are unknown | C# |
| .sc | SuperCollider is unknown | Scala |
"""

from typing import NamedTuple


class Test(NamedTuple):
    """A pattern, and the language that it proves; None proves that it is none of the 23."""

    pattern: str
    language: str | None


class Group(NamedTuple):
    """Tests in the order in which they are tried, and what holds when none succeeds."""

    tests: tuple[Test, ...]
    otherwise: str | None = None
    shebang: bool = False
    """Whether a shebang is looked at before the tests."""


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

GROUPS: dict[str, Group] = {
    "objective_c": Group((Test(OBJECTIVE_C, "Objective-C"), Test(_INCLUDE, "Objective-C"))),
    "objective_cpp": Group((Test(_XML, None),), "Objective-C++"),
    "typescript": Group((Test(_XML, None),), "TypeScript"),
    "tsx": Group((Test(_XML, None),), "TypeScript"),
    "tex_class": Group((Test(_TEX, "TeX"),)),
    "r": Group((Test(r"(?i)\A\s*(?:;[^\n]*\n\s*)*(?:rebol|red)\b[^\[\n]*\[", None),), "R"),
    "include": Group(
        (
            Test(_PHP, "PHP"),
            Test(
                r"(?i)\A\s*(?:<!--|<!doctype\s+html|<(?:html|head|body|div|table|ul|p)\b)", "HTML"
            ),
            Test(_ASSEMBLY, None),
            Test(_PASCAL, "Pascal"),
            Test(_DIRECTIVE, "C"),
            Test(
                r"(?im)^ {6,}(?:integer|real|double precision|common|parameter|logical)\b",
                "Fortran",
            ),
            Test(r"(?im)^\s*(?:integer|real|logical|character)\b[^\n]*::", "Fortran"),
            Test(_SQL, "SQL"),
        ),
        shebang=True,
    ),
    "script": Group((Test(r"\A\s*" + _PHP, "PHP"),), shebang=True),
    "php": Group((Test(r"\A\s*<\?hh\b", None), Test(_PHP, "PHP"))),
    "drupal": Group((Test(r"\A\s*" + _PHP, "PHP"),), shebang=True),
    "install": Group(
        (
            Test(r"\A\s*" + _PHP, "PHP"),
            Test(r"(?m)^(?:pre|post)_(?:install|upgrade|remove)[ \t]*\(\)", "Shell"),
        ),
        shebang=True,
    ),
    "sql": Group((Test(_SQL, "SQL"),)),
    "fortran": Group(
        (
            Test(
                r"(?im)^(?:: +[^\s]|\\ |\( [^)\n]*--[^)\n]*\)|(?:variable|constant|require) +\S+$)",
                None,
            ),
        ),
        "Fortran",
    ),
    "pascal": Group(
        (
            Test(
                r"(?m)^\s*(?:class|define|node)\s+[\w:'\"./$-]+\s*(?:\([^{]*\)\s*|inherits\s[\w:\s]+)?\{",
                None,
            ),
            Test(r"(?m)^\s*(?:include\s+::?\w|\$\w+\s*=|[\w:]+\s*\{\s*['\"$\[][^\n]*:\s*$)", None),
            Test(_PASCAL, "Pascal"),
        )
    ),
    "csharp": Group(
        (
            Test(
                r"(?m)^[ \t]*(?:!\w[^\n]*methodsFor: *'|\"?'From [^\n]*(?:Squeak|Pharo|Cuis))", None
            ),
            Test(r"(?m)^[\w.]+ *= *(?:\([^)\n]*\) *)?[-=]>\s*$", None),
        ),
        "C#",
    ),
    "rust": Group((Test(_XML, None), Test(r"(?m)^\s*#\s*pragma\s+(?:version|rs)\b", None)), "Rust"),
    "scala": Group(
        (
            Test(
                r"(?m)^\s*(?:\(? *SynthDef|\+?\s*\w+\s*(?::\s*\w+\s*)?\{\s*(?:\*\s*new|var\s+<|"
                r"classvar)|~\w+\s*=|s\.boot)",
                None,
            ),
        ),
        "Scala",
    ),
}
"""The groups of `table.AMBIGUOUS` but `header`."""
