"""The corpus of CodeGeeX, for comparison: 158.7 B tokens by language (arXiv 2303.17568)."""

BILLION_TOKENS = {
    "C++": 45.2283,
    "Python": 42.3250,
    "Java": 25.3667,
    "JavaScript": 11.3165,
    "C": 10.6590,
    "Go": 7.4774,
    "HTML": 4.9355,
    "Shell": 2.7498,
    "PHP": 2.1698,
    "CSS": 1.5674,
    "TypeScript": 1.1667,
    "SQL": 1.1533,
    "TeX": 0.8257,
    "Rust": 0.5228,
    "Objective-C": 0.4526,
    "Scala": 0.3786,
    "Kotlin": 0.1707,
    "Pascal": 0.0839,
    "Fortran": 0.0770,
    "R": 0.0447,
    "Cuda": 0.0223,
    "C#": 0.0218,
    "Objective-C++": 0.0014,
}


def token_share(language: str) -> float:
    """The fraction of CodeGeeX's tokens in a language; 0 for other languages."""
    return BILLION_TOKENS.get(language, 0.0) / sum(BILLION_TOKENS.values())
