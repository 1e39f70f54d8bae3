"""Characters that look right on paper, and what they stand for."""

from __future__ import annotations

LOOKALIKES = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "∙": "*", "•": "*",
    "÷": "/", "∕": "/", "⁄": "/", "≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "≠": "!=", "→": "->", "↦": "->",
    "⇒": "->", "←": "=", "≔": "=", "≡": "==", "∧": " and ", "∨": " or ", "¬": "not ", "∈": " in ", "∞": "inf",
    "∑": "sum", "∏": "prod", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "′": "'",
    "²": "**2", "³": "**3", "。": ".", "、": ",", "【": "[", "】": "]",
    **dict.fromkeys("\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\u00ad\u200e\u200f", ""),
    **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},  # of full width
}  # fmt: skip
# What closes, for typographic marks that open; any of these.
PARTNERS = {"“": "”", "„": "“”", "«": "»", "‘": "’", "‚": "‘’", "＂": "＂", "＇": "＇"}
