"""Check labels that follow from paths against the content; wrong labels are dropped, not corrected.

| dropped | because |
|---|---|
| .m without a directive or type of Objective-C | MATLAB, or settings with an #include |
| .mm without C++, or without Objective-C | it is entirely in the other language |
| .cu, .cuh without any of Cuda's words | it is entirely C++ |
| .cpp, .hpp, .inl, … and .c with Cuda's qualifiers or launches | Cuda with another suffix |
| those and .h with the macros of Cuda's own libraries | Cuda behind macros |
| .js with `@flow` | Flow has type annotations, which JavaScript lacks |
| .h, C by its content, in a package with more C++ than C | its content does not decide |
| .h, of a language that no source file of its package has | nothing else confirms it |
| .html with `<%` | a template of ERB, JSP, Mason and others, half in another language |
| .html, .css, .js, .ts of more than 400 bytes per line on average | minified code |
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.languages.extension_groups import CPP, CUDA, OBJECTIVE_C
from codecorpus.filters.languages.strip_comments import strip_comments
from codecorpus.filters.masks import matches_pattern
from codecorpus.foundation.columns import ByteColumn

_OBJECTIVE = OBJECTIVE_C + r"|\[\w+ +\w+|@autoreleasepool|@\"|@selector|\bid *<|\bNSObject\b"
_CUDA_WORDS = (
    CUDA
    + r"|<<<|\b(?:threadIdx|blockIdx|blockDim|gridDim|__shared__|__syncthreads|__constant__|dim3)\b"
    + r"|\bcuda[A-Z]\w*|\bcu(?:blas|fft|rand|sparse|dnn|solver)\w*|\b(?:thrust|cub)::|\b__CUDA"
)
_CUDA_LIBRARY = r"\b(?:_CCCL_|_LIBCUDACXX_|THRUST_|CUB_)[A-Z]|\bnamespace (?:thrust|cub)\b"
_C_SUFFIXES = ("c", "cc", "cpp", "cxx", "c++", "hpp", "hh", "hxx", "inl", "ipp", "tcc", "tpp")
_WEB = ("HTML", "CSS", "JavaScript", "TypeScript")
_MAX_MEAN_LINE = 400


def check_labels(label: list[str], suffix: list[str], text: pa.Array) -> NDArray[np.bool_]:
    """Whether the label of each file of a package is right, bool[n].

    Args:
        label: the label from each path; see `gather`.
        suffix: of each file, in lower case.
        text: large_string.
    """
    labels, suffixes = np.array(label, object), np.array(suffix, object)
    code = strip_comments(ByteColumn.from_arrow(text), keep_guarded=False)
    objective, cpp = matches_pattern(code, _OBJECTIVE), matches_pattern(code, CPP)
    cuda, marked = matches_pattern(code, _CUDA_WORDS), matches_pattern(code, CUDA)
    flow = matches_pattern(pc.binary_slice(text.cast(pa.large_binary()), 0, 2048), r"@flow\b")
    drop = (suffixes == "m") & ~objective
    drop |= (suffixes == "mm") & ~(cpp & objective)
    drop |= np.isin(suffixes, ["cu", "cuh"]) & ~cuda
    drop |= np.isin(suffixes, _C_SUFFIXES) & marked
    drop |= np.isin(suffixes, [*_C_SUFFIXES, "h"]) & matches_pattern(code, _CUDA_LIBRARY)
    drop |= (labels == "JavaScript") & flow
    drop |= (labels == "HTML") & pc.match_substring(text, "<%").to_numpy(zero_copy_only=False)
    lines = pc.count_substring(text, "\n").to_numpy() + 1
    drop |= np.isin(labels, _WEB) & (pc.binary_length(text).to_numpy() > _MAX_MEAN_LINE * lines)
    good: NDArray[np.bool_] = ~(drop | _doubtful_headers(labels, suffixes))
    return good


def _doubtful_headers(
    labels: NDArray[np.object_], suffixes: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """The headers whose language the other files of the package do not confirm."""
    sources = suffixes != "h"
    count = {name: int((sources & (labels == name)).sum()) for name in set(labels)}
    cpp = count.get("C++", 0) + count.get("Cuda", 0)
    doubtful = [
        name for name in ("C++", "Cuda", "Objective-C", "Objective-C++") if not count.get(name)
    ]
    if cpp > count.get("C", 0):
        doubtful.append("C")
    unsure: NDArray[np.bool_] = ~sources & np.isin(labels, doubtful)
    return unsure
