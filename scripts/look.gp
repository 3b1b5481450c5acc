# look.gp - how the pictures look (loaded by the other .gp files): tones that
# read on white and on black, lines that differ by dash and mark as well as by
# colour. Where stages are compared, line types 1 to 3 are 3a, 3b and 3c.

INK = "#7d8590"
array COLOURS[4] = ["#e5534b", "#c98500", "#2f94d6", "#8b7fd6"]
set linetype 1 linewidth 2.6 pointtype 7 dashtype solid
set linetype 2 linewidth 2.6 pointtype 9 dashtype (10, 4)
set linetype 3 linewidth 2.6 pointtype 5 dashtype (3, 3)
set linetype 4 linewidth 2.6 pointtype 13 dashtype (10, 3, 3, 3)
set for [i = 1:4] linetype i linecolor rgb COLOURS[i] pointsize 1.1

set datafile separator "\t"
set border 3 linecolor rgb INK linewidth 1.2
set tics nomirror out textcolor rgb INK
set grid ytics linecolor rgb INK linewidth 0.8 dashtype (2, 4)
set key textcolor rgb INK

# An SVG without background, and a PNG of twice the size on white, for screens
# with fine pixels.
WIDE = 960
HIGH = 500
SVG = sprintf("svg size %d, %d dynamic font 'Helvetica,Arial,sans-serif,14'", \
    WIDE, HIGH)
PNG = sprintf("pngcairo size %d, %d background rgb 'white' font 'Sans,12' ", \
    2 * WIDE, 2 * HIGH) . "fontscale 2 linewidth 2 pointscale 2"
