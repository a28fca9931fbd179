"""Map the language labels of other data sets to the 23 names.

Knows the labels of github-linguist, `codeparrot/github-code` and data sets with Pygments' short
names. Ignores case and surrounding spaces, and treats `-` and `_` as spaces.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.languages.by_name import LANGUAGE_CODES, Lookup

_ALIASES = {
    "C#": "csharp,cs,c sharp",
    "C++": "cpp,cc,cxx,cplusplus,c plus plus",
    "CSS": "css3",
    "Cuda": "cu,cuda c,cuda c++",
    "Fortran": "fortran free form,f90",
    "Go": "golang",
    "HTML": "html5,xhtml",
    "JavaScript": "js,ecmascript,jsx,node",
    "Kotlin": "kt",
    "Objective-C": "objc,obj c,objectivec",
    "Objective-C++": "objc++,objcpp,obj c++,objectivec++",
    "PHP": "php3,php4,php5",
    "Pascal": "delphi,object pascal,objectpascal,delphi/objectpascal",
    "Python": "py,python2,python3",
    "R": "rlang",
    "Rust": "rs",
    "SQL": "plsql,plpgsql,tsql,pl/sql",
    "Shell": "sh,bash,zsh,ksh,shell script,shellscript",
    "TeX": "latex",
    "TypeScript": "ts,tsx",
}
"""Other names in lower case, with spaces for `-` and `_`."""


def by_label(labels: pa.Array) -> NDArray[np.int64]:
    """The index of each label in LANGUAGES, int64[n]; -1 for null and other languages.

    Args:
        labels: string.
    """
    spaced = pc.replace_substring_regex(pc.utf8_trim_whitespace(labels), "[-_]", " ")
    return _LABELS.codes(pc.ascii_lower(spaced))


_LABELS = Lookup(
    {name.replace("-", " ").lower(): code for name, code in LANGUAGE_CODES.items()}
    | {alias: LANGUAGE_CODES[name] for name, line in _ALIASES.items() for alias in line.split(",")}
)
