"""One file for each library that is asked to decode, or to write a program under the grammar."""
