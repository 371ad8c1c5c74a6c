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
