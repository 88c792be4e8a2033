"""The one exception that reaches a person."""


class CainrError(ValueError):
    """Bad input, told in one plain sentence: what is wrong and what would work."""
