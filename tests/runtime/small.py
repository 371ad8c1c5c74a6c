"""A small Python grammar for tests of the decoder: calls, prints, loops and branches, two levels deep."""

SMALL_GBNF = r"""
root ::= top+
top ::= simple "\n" | "while True:\n" body | "for i in range(" number "):\n" body | "if " value ":\n" body
body ::= ("    " simple "\n")+
simple ::= name " = " value | name "." name "(" (value (", " value)*)? ")" | "print(" string ")"
value ::= number | string | name | "[" value "]"
name ::= "led" | "servo" | "time" | "i" | "x" [0-9]?
number ::= [1-9] [0-9]{0,3} | "0"
string ::= "\"" [^"\\\n]* "\""
"""

JSON_GBNF = r"""
root ::= value
value ::= object | array | string | number | "true" | "null"
object ::= "{" space ("\"name\": " string ("," space string ": " value)*)? "}"
array ::= "[" space (value ("," space value)*)? "]"
string ::= "\"" ([^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-f]{4}))* "\""
number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)?
space ::= " "?
"""
"""JSON without bounds on its depth, its strings and its numbers."""
