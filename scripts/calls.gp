# calls.gp - draws calls of 3c's handler against the children it buried.
#
#   gnuplot -e "files='one.tsv many.tsv frozen.tsv'; out='calls'; \
#       titles='\"one at a time\" ...'" scripts/calls.gp
#
# Reads rows of two numbers, children buried and calls so far, a row a call.
# Writes out.svg and out.png.

load "scripts/look.gp"

set title "Calls of the handler, and whom they buried (3c)" \
    textcolor rgb INK font ",18"
set xlabel "children buried" textcolor rgb INK
set ylabel "calls of the handler" textcolor rgb INK
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35

# What it came to is written beside the end of each line.
n = words(files)
most = 0
do for [i = 1:n] {
    stats word(files, i) using (end_x = $1, calls = $2, $2) nooutput
    set label i sprintf("%d calls", calls) at end_x, calls offset 0.9, 0 \
        textcolor rgb COLOURS[i] font ",15"
    most = end_x > most ? end_x : most
}
set xrange [0 : most]
set yrange [-0.025 * most : 1.06 * most]
set rmargin 12

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 1:n] word(files, i) using 1:2 with lines linetype i notitle, \
         for [i = 1:n] word(files, i) using 1:2 \
             every (i < n ? 18 : 1)::1 with points linetype i notitle, \
         for [i = 1:n] NaN with linespoints linetype i title word(titles, i)
    unset output
}
