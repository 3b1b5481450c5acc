"""The parts of tests/tutorial.py, which runs TUTORIAL.md.

page       what stands in the file: chapters, sections, blocks, directives
notation   does this output match what the page shows?
processes  /proc, the burying of orphans, free ports
terminal   one bash on a pty for each terminal of a chapter
listings   blocks cut from the sources, and diffs between two of them
prose      links, and the names the text mentions: paths, targets, options
chapter    runs one chapter and collects what it finds
"""
